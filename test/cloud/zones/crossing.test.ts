import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import { type Crossing, judgeSighting, NEVER_SEEN, type ZoneState } from '../../../cloud/zones/crossing.ts'
import { goodFixOf } from '../../../cloud/zones/good-fix.ts'
import { distanceM, isWithin } from '../../../cloud/zones/place.ts'
import { createZoneShape, type ZoneShape } from '../../../cloud/zones/zone.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const geometries = (path: string) =>
  JSON.parse(read(path)).features.map((feature: { geometry: { coordinates: unknown } }) => feature.geometry.coordinates)
const region = createZoneShape(geometries('../../../cloud/zones/data/moscow-region.geojson'))
const mkad = createZoneShape([geometries('../../data/geo/moscow-rings.geojson')[0]])

const START = epochMs(1_795_289_000_000)
type Fix = { readonly second: number; readonly lat: number; readonly lon: number } & Partial<Frame>

const frameOf = ({ second, ...more }: Fix): Frame => ({
  kind: 'frame',
  readAt: epochMs(START + second * 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  accuracyM: 5,
  ...more,
})

/** Plays fixes as the service does; `second` of a crossing counts from START. */
function play(zone: ZoneShape, fixes: readonly Fix[], receivedAfterMs = 500) {
  let state: ZoneState = NEVER_SEEN
  const sides = new Set<ZoneState['side']>()
  const crossings: (Crossing & { readonly confirmedSecond: number })[] = []
  for (const fix of fixes) {
    const frame = frameOf(fix)
    const good = goodFixOf(frame, epochMs(frame.readAt + receivedAfterMs))
    if (good === undefined) continue
    const clear = zone.borderDistanceM(good.lon, good.lat, 50 + good.accuracyM) === Infinity
    const judged = judgeSighting(state, {
      ...good,
      side: zone.inside(good.lon, good.lat) ? 'inside' : 'outside',
      clear,
    })
    state = judged.state
    if (state.side !== 'unknown' || sides.size > 0) sides.add(state.side)
    if (judged.crossing)
      crossings.push({ ...judged.crossing, confirmedSecond: (judged.crossing.confirmedAt - START) / 1000 })
  }
  return { state, crossings, sides: [...sides] }
}

/** A straight drive with 4 m of noise, one fix every `every` seconds. */
function drive(
  from: readonly [number, number],
  to: readonly [number, number],
  kmh: number,
  every = 1,
  startSecond = 0,
): Fix[] {
  const random = seededRandom(7)
  const metresLat = 111_195
  const length = Math.hypot(
    (to[0] - from[0]) * metresLat,
    (to[1] - from[1]) * metresLat * Math.cos((from[0] * Math.PI) / 180),
  )
  const lasts = length / (kmh / 3.6)
  return Array.from({ length: Math.floor(lasts / every) }, (_, step) => {
    const part = (step * every) / lasts
    return {
      second: startSecond + step * every,
      lat: from[0] + (to[0] - from[0]) * part + ((random() - 0.5) * 8) / metresLat,
      lon: from[1] + (to[1] - from[1]) * part + ((random() - 0.5) * 8) / metresLat,
      speedKmh: kmh,
    }
  })
}
const standing = (lat: number, lon: number, from: number, seconds: number): Fix[] =>
  drive([lat, lon], [lat + 0.0001, lon], (0.0001 * 111.195 * 3600) / seconds, 1, from)

const NARO = [55.387, 36.733] as const
const OBNINSK = [55.0944, 36.6122] as const

describe('a real exit is found within three minutes', () => {
  test.each([
    { kmh: 90, every: 1 },
    { kmh: 20, every: 1 },
    { kmh: 130, every: 1 },
    { kmh: 60, every: 24 },
    { kmh: 90, every: 10 },
  ])('at $kmh km/h, a fix every $every s, and the return too', ({ kmh, every }) => {
    const out = drive(NARO, OBNINSK, kmh, every)
    const back = drive(OBNINSK, NARO, kmh, every, (out.at(-1)?.second ?? 0) + every)
    const { crossings } = play(region, [...out, ...back])
    expect(crossings.map(({ from, to }) => `${from} → ${to}`)).toEqual(['inside → outside', 'outside → inside'])
    const leftAt = out.findLast((fix) => region.inside(fix.lon, fix.lat))?.second ?? Number.NaN
    const cameAt = back.findLast((fix) => !region.inside(fix.lon, fix.lat))?.second ?? Number.NaN
    expect(crossings[0]?.confirmedSecond).toBeLessThanOrEqual(leftAt + 180)
    expect(crossings[1]?.confirmedSecond).toBeLessThanOrEqual(cameAt + 180)
  })

  test('after a tunnel of ten minutes without a fix', () => {
    const fixes = drive(NARO, OBNINSK, 90)
    const leftAt = fixes.findLast((fix) => region.inside(fix.lon, fix.lat))?.second ?? 0
    const { crossings } = play(
      region,
      fixes.filter(({ second }) => second < leftAt - 300 || second > leftAt + 300),
    )
    expect(crossings).toHaveLength(1)
    expect(crossings[0]?.confirmedSecond).toBeLessThanOrEqual(leftAt + 300 + 180)
  })
})

const rows = read('../../data/traces/moscow-spoof-synthetic.csv').trim().split('\n').slice(1)
const drives = Map.groupBy(
  rows.map((row) => row.split(',')),
  ([id = '']) => id,
)
const spoofed = [...drives].map(([id, cells]) => {
  const first = Date.parse(cells[0]?.[1] ?? '')
  const fixes = cells
    .filter((row) => row[7] === '1')
    .map(
      (row): Fix => ({
        second: (Date.parse(row[1] ?? '') - first) / 1000,
        lat: Number(row[2]),
        lon: Number(row[3]),
        accuracyM: Number(row[6]),
        satellites: Number(row[8]),
      }),
    )
  return {
    id,
    fixes,
    trulyOutside: cells.some((row) => !mkad.inside(Number(row[11]), Number(row[10]))),
    false: cells.filter((row) => row[14] === '1').length,
  }
})

describe('a deceived receiver, of which the gateway noticed nothing, makes no crossing', () => {
  test.each(spoofed)(
    '$id, $false false fixes: neither of the region nor of the ring road',
    ({ fixes, trulyOutside }) => {
      expect(trulyOutside).toBe(false)
      for (const zone of [region, mkad]) {
        const { crossings, sides } = play(zone, fixes)
        expect(crossings).toEqual([])
        expect(sides).toEqual(['inside'])
      }
    },
  )

  test('the false place is outside the ring road, so that the test could fail', () => {
    expect(mkad.inside(37.267, 55.596)).toBe(false)
    expect(
      spoofed.reduce((sum, { fixes }) => sum + fixes.filter((fix) => !mkad.inside(fix.lon, fix.lat)).length, 0),
    ).toBeGreaterThan(1000)
  })

  test('nor does a jump abroad that lasts a whole day of parking', () => {
    const { crossings } = play(region, [...standing(55.75, 37.62, 0, 300), ...standing(54.2, 37.6, 301, 86_400)])
    expect(crossings).toEqual([])
  })
})

describe('what is no crossing', () => {
  const outside = standing(55.2, 36.64, 700, 600)
  const leaving = drive(NARO, OBNINSK, 36)
  const leftAt = leaving.findLastIndex((fix) => region.inside(fix.lon, fix.lat))
  const atBorder = leaving.slice(leftAt - 30)
  test.each([
    { name: 'a first sight outside', fixes: outside },
    { name: 'three fixes outside', fixes: [...standing(55.387, 36.733, 0, 300), ...outside.slice(0, 3)] },
    { name: 'fifty seconds outside', fixes: [...standing(55.387, 36.733, 0, 300), ...outside.slice(0, 50)] },
    {
      name: 'three fixes outside, a minute apart',
      fixes: [...standing(55.387, 36.733, 0, 300), ...outside.filter((_, n) => n % 60 === 0).slice(0, 3)],
    },
    {
      name: 'every second fix outside, 600 m from the last',
      fixes: Array.from({ length: 600 }, (_, n) => {
        const fix = atBorder[n < 10 || n % 2 === 0 ? 0 : 60]
        if (fix === undefined) throw new Error('the drive does not reach the border')
        return { ...fix, second: n * 30 }
      }),
    },
    {
      name: 'backfilled frames',
      fixes: [...standing(55.387, 36.733, 0, 300), ...outside.map((fix) => ({ ...fix, backfill: true }))],
    },
    {
      name: 'suspect frames',
      fixes: [
        ...standing(55.387, 36.733, 0, 300),
        ...outside.map((fix) => ({ ...fix, gnssTrust: 'suspect' as const })),
      ],
    },
    {
      name: 'frames of an unset clock',
      fixes: [
        ...standing(55.387, 36.733, 0, 300),
        ...outside.map((fix) => ({ ...fix, timeQuality: 'estimated' as const })),
      ],
    },
    {
      name: 'frames with an error of half a kilometre',
      fixes: [...standing(55.387, 36.733, 0, 300), ...outside.map((fix) => ({ ...fix, accuracyM: 500 }))],
    },
  ])('$name', ({ fixes }) => {
    expect(play(region, fixes).crossings).toEqual([])
  })

  test('late frames', () => {
    expect(play(region, drive(NARO, OBNINSK, 90), minutes(3)).crossings).toEqual([])
  })

  test('older frames after newer ones', () => {
    const inside = standing(55.387, 36.733, 1000, 600)
    const { state } = play(region, inside)
    const { state: after } = judgeSighting(state, {
      at: epochMs(START + 1_000),
      lat: 55.2,
      lon: 36.64,
      accuracyM: 5,
      side: 'outside',
      clear: true,
    })
    expect(after).toBe(state)
  })

  test('a drive along the border within the error of the receiver', () => {
    const border = geometries('../../../cloud/zones/data/moscow-region.geojson')[0][0] as [number, number][]
    const random = seededRandom(3)
    const fixes = border.slice(0, 3000).map(([lon, lat], n) => ({
      second: n * 10,
      lat: lat + (random() - 0.5) * 4e-4,
      lon: lon + (random() - 0.5) * 6e-4,
    }))
    expect(play(region, fixes).crossings).toEqual([])
  })
})

test('a first false place is left for the true one once it has proved itself, without a crossing', () => {
  const { crossings, state } = play(mkad, [
    ...standing(55.596, 37.267, 0, 300),
    ...standing(55.752, 37.6175, 301, 6 * 3600),
  ])
  expect(crossings).toEqual([])
  expect(state.side).toBe('inside')
})

test('a receiver that settles after a first fix 300 m off does not hide the exit that follows', () => {
  const settled = drive(NARO, OBNINSK, 90, 1, 30)
  const first = standing(NARO[0] + 0.0027, NARO[1], 0, 30)
  const { crossings } = play(region, [...first, ...settled])
  const leftAt = settled.findLast((fix) => region.inside(fix.lon, fix.lat))?.second ?? Number.NaN
  expect(crossings.map(({ to }) => to)).toEqual(['outside'])
  expect(crossings[0]?.confirmedSecond).toBeLessThanOrEqual(leftAt + 180)
})

test('a place is within a distance exactly when it is no further, however quickly that is seen', () => {
  const random = seededRandom(4)
  for (let round = 0; round < 5000; round += 1) {
    const span = 10 ** -(random() * 6)
    const from = { lat: random() * 170 - 85, lon: random() * 360 - 180 }
    const to = { lat: from.lat + (random() - 0.5) * span, lon: from.lon + (random() - 0.5) * span }
    const apart = distanceM(from, to)
    for (const factor of [0.5, 0.999, 1.001, 1.5, 3])
      expect(isWithin(from, to, apart * factor)).toBe(apart <= apart * factor)
  }
  expect(isWithin({ lat: 0, lon: 179.999 }, { lat: 0, lon: -179.999 }, 300)).toBe(true)
})
