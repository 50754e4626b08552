import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { thinTrack } from '../../../cloud/history/track.ts'

/** One piece without gaps. */
const thinned = <At extends { lat: number; lon: number }>(points: readonly At[], limit: number) =>
  thinTrack({ points, breaks: [] }, { points: limit, toleranceM: 0 }).points

const point = (lat: number, lon: number) => ({ lat, lon })

describe('a thinned track', () => {
  test('keeps first, last and the corner', () => {
    const east = Array.from({ length: 50 }, (_, index) => point(55, 37 + index / 1000))
    const north = Array.from({ length: 50 }, (_, index) => point(55 + index / 1000, 37.049))
    expect(thinned([...east, ...north], 3)).toEqual([point(55, 37), point(55, 37.049), point(55.049, 37.049)])
  })

  test('is the track itself when it is short enough', () => {
    const track = [point(1, 1), point(2, 2)]
    expect(thinned(track, 5)).toEqual(track)
    expect(thinned([], 5)).toEqual([])
  })

  test('never exceeds the limit, keeps both ends and the order', () => {
    const track = fc.array(
      fc.record({
        lat: fc.double({ min: 55, max: 56, noNaN: true }),
        lon: fc.double({ min: 37, max: 38, noNaN: true }),
      }),
      { minLength: 2, maxLength: 80 },
    )
    fc.assert(
      fc.property(track, fc.integer({ min: 2, max: 80 }), (all, limit) => {
        const kept = thinned(all, limit)
        expect(kept.length).toBe(Math.min(limit, all.length))
        expect([kept[0], kept.at(-1)]).toEqual([all[0], all.at(-1)])
        const places = kept.map((one) => all.indexOf(one))
        expect(places).toEqual(places.toSorted((a, b) => a - b))
      }),
    )
  })

  test('a month at one fix a second is thinned', () => {
    const month = Array.from({ length: 200_000 }, (_, index) =>
      point(55 + Math.sin(index / 900) / 10, 37 + index / 1e5),
    )
    expect(thinned(month, 2000)).toHaveLength(2000)
  })
})
