import { describe, expect, test } from 'vitest'
import type { TrackPoint } from '../../../cloud/console/api/track.ts'
import { trackBounds, trackFeatures } from '../../../cloud/console/map/track-feature.ts'
import { growTail } from '../../../cloud/console/vehicles/live-tail.ts'
import { stretchesOf, trustRuns } from '../../../cloud/console/vehicles/track-stretch.ts'
import { fakeFleet } from './support/fake-fleet.ts'

const START = Date.parse('2026-11-24T11:00:00Z')
const point = (seconds: number, lon: number, trust: TrackPoint['trust'] = 'ok'): TrackPoint => ({
  readAt: new Date(START + seconds * 1000).toISOString(),
  lat: 55.75,
  lon,
  speedKmh: seconds === 0 ? null : 40,
  headingDeg: 90,
  ignition: true,
  trust,
})
const DAY = [
  point(0, 37.6),
  point(60, 37.61),
  point(120, 37.2, 'suspect'),
  point(180, 37.62),
  point(900, 37.7),
  point(960, 37.71),
]

test('a silence of more than three minutes cuts the way in two', () => {
  expect(stretchesOf(DAY).map((stretch) => stretch.length)).toEqual([4, 2])
  expect(stretchesOf([])).toEqual([])
})

test('a doubtful stretch is a run of its own, and the line stays whole', () => {
  const runs = trustRuns(DAY.slice(0, 4))
  expect(runs.map(({ trusted, points }) => [trusted, points.length])).toEqual([
    [true, 3],
    [false, 2],
    [true, 1],
  ])
})

test('the map shows way, doubt, gap and both ends', () => {
  const kinds = trackFeatures(DAY).features.map(({ properties }) => properties?.['kind'])
  expect(kinds).toEqual(['way', 'doubt', 'gap', 'way', 'start', 'end'])
})

test('one spoofed point does not stretch the picture', () => {
  expect(trackBounds(DAY)).toEqual([
    [37.6, 55.75],
    [37.71, 55.75],
  ])
  expect(trackBounds([])).toBeNull()
})

describe('the live tail', () => {
  const [car] = fakeFleet(START)
  if (car?.lastKnown === undefined || car.lastKnown === null) throw new Error('the first car has data')
  const known = car.lastKnown
  const saying = (seconds: number) => ({
    ...car,
    lastKnown: { ...known, readAt: new Date(START + seconds * 1000).toISOString() },
  })
  const seconds = (tail: readonly TrackPoint[]): number[] =>
    tail.map(({ readAt }) => (Date.parse(readAt) - START) / 1000)

  test('grows by every new position and by none twice', () => {
    const once = growTail([], saying(970), DAY)
    const twice = growTail(once, saying(971), DAY)
    expect(seconds(twice)).toEqual([970, 971])
    expect(growTail(twice, saying(971), DAY)).toBe(twice)
  })

  test('gives back what the track itself knows by now, and takes nothing older', () => {
    const tail = growTail(growTail([], saying(970), DAY), saying(980), DAY)
    expect(seconds(growTail(tail, saying(980), [...DAY, point(975, 37.72)]))).toEqual([980])
    expect(growTail([], saying(100), DAY)).toEqual([])
  })
})
