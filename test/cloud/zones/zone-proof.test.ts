import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import type { GoodFix } from '../../../cloud/zones/good-fix.ts'
import { distanceM } from '../../../cloud/zones/place.ts'
import type { ZoneShape } from '../../../cloud/zones/zone.ts'
import { parseRoadGraph } from '../../../demo/road-graph.ts'
import { shortestPath } from '../../../demo/shortest-path.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { readTrace } from '../../support/trace.ts'
import {
  BORDER,
  drivenAlong,
  fixOf,
  homeOf,
  homeShape,
  MKAD,
  playFixes,
  RECEPTIONS,
  REGION,
  type Reception,
  received,
  START,
  straightOver,
  type Truth,
  trulyOutSince,
} from '../../support/zone-drive.ts'

const exits = (zone: ZoneShape, fixes: readonly GoodFix[]) =>
  playFixes(zone, fixes).crossings.filter(({ to }) => to === 'outside')

describe('a deceived or lost position makes no exit, with the policies as they are shipped', () => {
  const spoofed = [...readTrace('moscow-spoof-synthetic')]
  test.each(spoofed)('%s, towards the region and the ring road', (_, rows) => {
    const fixes = rows.flatMap((row) => fixOf(row))
    expect(exits(REGION, fixes)).toEqual([])
    expect(exits(MKAD, fixes)).toEqual([])
  })

  test('the same drives all along the border, the false place beyond it', () => {
    // The false place lies 0.156° south and 0.35° west of the Kremlin: moved so that it falls outside the region.
    let tried = 0
    for (const [n, [lon, lat]] of BORDER.entries()) {
      if (n % 60 !== 0) continue
      const shift = { lat: lat - 55.596 - 0.02, lon: lon - 37.267 - 0.04 }
      for (const [id, rows] of spoofed) {
        if (id.endsWith('-6')) continue
        const [first] = rows
        const isIn = REGION.inside((first?.lon ?? 0) + shift.lon, (first?.lat ?? 0) + shift.lat)
        const isFalseOut = !REGION.inside(37.267 + shift.lon, 55.596 + shift.lat)
        const truly = rows.filter(({ truth }) => truth?.spoofed !== true).flatMap((row) => fixOf(row, shift))
        if (!isIn || !isFalseOut || truly.some((fix) => !REGION.inside(fix.lon, fix.lat))) continue
        tried += 1
        expect(
          exits(
            REGION,
            rows.flatMap((row) => fixOf(row, shift)),
          ),
          `${id} at corner ${n}`,
        ).toEqual([])
      }
    }
    expect(tried).toBeGreaterThan(200)
  })

  test.each(['phones', 'bus-liverpool', 'bus-limerick', 'car-munich'] as const)(
    '%s: jumps, gaps, times that go back',
    (file) => {
      const traces = [...readTrace(file).values()]
      expect(traces.length).toBeGreaterThan(0)
      for (const rows of traces) {
        const fixes = rows.flatMap((row) => fixOf(row)).filter(({ at }) => Number.isFinite(at))
        expect(exits(homeShape(homeOf(fixes)), fixes)).toEqual([])
      }
    },
  )

  test('a drop-out of any length in which the car did not leave is no exit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 86_400 }), fc.integer({ min: 1, max: 30 }), (gap, every) => {
        const before = stillAt(55.75, 37.62, 0, 300, every)
        const after = stillAt(55.8, 37.5, 300 + gap, 600, every)
        expect(exits(REGION, [...before, ...after])).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

const stillAt = (
  lat: number,
  lon: number,
  from: number,
  seconds: number,
  every: number,
  odometerKm?: number,
): GoodFix[] =>
  Array.from({ length: Math.floor(seconds / every) }, (_, n) => ({
    at: epochMs(START + (from + n * every) * 1000),
    lat,
    lon,
    accuracyM: 8,
    odometerKm,
  }))

/** Null: this drive does not truly leave for three minutes. */
function judgedDrive(zone: ZoneShape, truth: readonly Truth[], reception: Reception) {
  const fixes = received(truth, reception)
  const outAt = trulyOutSince(zone, truth, Math.max(3, reception.noiseM * 1.5))
  const [first] = fixes
  if (outAt === undefined || first === undefined) return null
  // A car that was never clearly inside has not left.
  if (!zone.inside(first.lon, first.lat) || zone.borderDistanceM(first.lon, first.lat, 200) < 200) return null
  const found = exits(zone, fixes).map(({ confirmedAt }) => (confirmedAt - START) / 1000)
  return { outAt, foundAt: found.find((at) => at >= outAt - 300), found }
}

describe('every true exit is found within three minutes of passing the margin', () => {
  test('straight over the real border of the region, at 20 to 130 km/h', () => {
    let crossings = 0
    const late: unknown[] = []
    for (let n = 0; n < BORDER.length - 1; n += 32) {
      const kmh = 20 + ((n / 32) % 12) * 10
      const truth = straightOver(n, kmh)
      if (truth === undefined) continue
      const reception = { ...(RECEPTIONS[crossings % RECEPTIONS.length] ?? RECEPTIONS[0]), seed: n + 7 } as Reception
      const judged = judgedDrive(REGION, truth, reception)
      if (judged === null) continue
      crossings += 1
      if (judged.foundAt === undefined || judged.foundAt > judged.outAt + 180) late.push({ n, kmh, ...judged })
    }
    expect(late).toEqual([])
    expect(crossings).toBeGreaterThanOrEqual(200)
  })

  test('by real roads over the ring road', () => {
    const graph = parseRoadGraph(
      JSON.parse(readFileSync(new URL('../../../demo/data/moscow-drive-graph.json', import.meta.url), 'utf8')),
    )
    const random = seededRandom(11)
    const pick = (): number => Math.floor(random() * graph.nodes.length)
    let crossings = 0
    const late: unknown[] = []
    for (let tries = 0; tries < 20_000 && crossings < 60; tries += 1) {
      const [from, to] = [pick(), pick()]
      const [start, goal] = [graph.nodes[from], graph.nodes[to]]
      if (start === undefined || goal === undefined) continue
      const apart = distanceM(start, goal)
      if (apart < 5000 || apart > 12_000 || !MKAD.inside(start.lon, start.lat) || MKAD.inside(goal.lon, goal.lat))
        continue
      const roads = shortestPath(graph, from, to, 'length')
      if (roads === undefined) continue
      const truth = drivenAlong(
        roads.flatMap(({ points }) => points),
        30 + (crossings % 6) * 10,
        tries,
      )
      const reception = { ...(RECEPTIONS[crossings % RECEPTIONS.length] ?? RECEPTIONS[0]), seed: tries } as Reception
      const judged = judgedDrive(MKAD, truth, reception)
      if (judged === null) continue
      crossings += 1
      if (judged.foundAt === undefined || judged.foundAt > judged.outAt + 180) late.push({ from, to, ...judged })
    }
    expect(late).toEqual([])
    expect(crossings).toBe(60)
  }, 60_000)
})

describe('what no sequence of fixes can do', () => {
  const place = fc.record({
    lat: fc.double({ min: 54, max: 57, noNaN: true }),
    lon: fc.double({ min: 35, max: 41, noNaN: true }),
  })

  test('leaps, however many, make no exit as long as the car keeps coming back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.integer({ min: 1, max: 20 })), { maxLength: 30 }), (leaps) => {
        let second = 300
        const fixes = [...stillAt(55.75, 37.62, 0, 300, 5)]
        for (const [{ lat, lon }, length] of leaps) {
          fixes.push(...stillAt(lat, lon, second, length * 5, 5), ...stillAt(55.75, 37.62, second + length * 5, 5, 5))
          second += length * 5 + 5
        }
        expect(exits(REGION, fixes)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('no pull, however slow, takes a car out whose wheels do not turn', () => {
    const gate = BORDER[200] ?? [0, 0]
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 30, noNaN: true }),
        fc.double({ min: 0, max: 6.28, noNaN: true }),
        (ms, angle) => {
          const home = { lat: gate[1], lon: gate[0] }
          const start = [0, 1, 2, 3].map((n) => ({
            lat: home.lat + 0.045 * Math.sin(angle + (n * Math.PI) / 2),
            lon: home.lon + 0.08 * Math.cos(angle + (n * Math.PI) / 2),
          }))
          const from = start.find(
            ({ lat, lon }) => REGION.inside(lon, lat) && REGION.borderDistanceM(lon, lat, 2500) === Infinity,
          )
          fc.pre(from !== undefined)
          if (from === undefined) return
          const to = { lat: 2 * home.lat - from.lat, lon: 2 * home.lon - from.lon }
          const truth = drivenAlong([from, from, to, to], ms * 3.6, 5).map((one) => ({ ...one, drivenM: 0 }))
          const reception = { every: 5, noiseM: 4, lost: 0, dropOut: 0, odometer: 'whole', seed: 3 } as const
          expect(exits(REGION, received(truth, reception))).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  test('the same fixes again, or older ones, change nothing', () => {
    const truth = drivenAlong(
      [
        { lat: 55.387, lon: 36.733 },
        { lat: 55.0944, lon: 36.6122 },
      ],
      90,
      4,
    )
    const fixes = received(truth, { every: 5, noiseM: 4, lost: 0, dropOut: 0, odometer: 'fine', seed: 9 })
    const { track, crossings } = playFixes(REGION, fixes)
    expect(crossings).toHaveLength(1)
    const again = playFixes(REGION, fixes, track)
    expect(again.crossings).toEqual([])
    expect(again.track).toBe(track)
  })
})
