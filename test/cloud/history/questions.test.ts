import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { later } from '#contract/instant.ts'
import { blanksOf, type Witness } from '../../../cloud/history/blank.ts'
import { metresBetween } from '../../../cloud/history/distance.ts'
import type { PastFrame } from '../../../cloud/history/history.ts'
import { oneLine } from '../../../cloud/history/source.ts'
import { breaksOf, placedFrames } from '../../../cloud/history/span.ts'
import { speedProfileOf } from '../../../cloud/history/speed.ts'
import { thinTrack } from '../../../cloud/history/track.ts'
import { trackWriter } from '../../../cloud/history/track-export.ts'
import { journeysOf } from '../../../cloud/history/trips.ts'
import { pastFrame, T0 } from './history-support.ts'

const MIN = 60_000
const NOTHING: Witness = { events: [], connections: [], fitted: [], outages: [] }

/** Every ten seconds: north at the given speed. */
function drive(fromMin: number, minutes: number, speedKmh: number, startLat: number, more: Partial<PastFrame> = {}) {
  return Array.from({ length: minutes * 6 }, (_, index) =>
    pastFrame(T0 + fromMin * MIN + index * 10_000, {
      position: { lat: startLat + (index * speedKmh) / 360 / 111.2, lon: 37, accuracyM: 3 },
      speedKmh,
      ignition: speedKmh > 0,
      ...more,
    }),
  )
}

describe('trips and stops', () => {
  const day = [
    ...drive(0, 20, 60, 55),
    ...drive(20, 2, 0, 55.18, { ignition: true }),
    ...drive(22, 10, 60, 55.18),
    ...drive(32, 30, 0, 55.27),
  ]

  test('a traffic light belongs to the trip, half an hour of standing is a stop', () => {
    const { trips, stops } = journeysOf(day, { dwellMs: 5 * MIN })
    expect(trips).toHaveLength(1)
    expect(trips[0]?.mileage.km).toBeCloseTo(30, 0)
    expect(trips[0]?.highestKmh).toBe(60)
    expect(stops).toMatchObject([{ ignition: 'off', open: true }])
    expect((stops[0]?.from ?? 0) - T0).toBe(32 * MIN)
  })
  test('a shorter dwell time makes the light a stop and two trips', () => {
    const { trips, stops } = journeysOf(day, { dwellMs: MIN })
    expect([trips.length, stops.length]).toEqual([2, 2])
    expect(stops[0]).toMatchObject({ ignition: 'on', open: false })
  })
  test('silence at the same place is standing; elsewhere it is a trip nobody saw', () => {
    const parked = drive(0, 5, 0, 55)
    expect(journeysOf([...parked, ...drive(60, 5, 0, 55)], { dwellMs: 5 * MIN }).trips).toEqual([])
    const moved = journeysOf([...parked, ...drive(60, 5, 0, 55.1)], { dwellMs: 5 * MIN })
    expect(moved.trips).toHaveLength(1)
    expect(moved.trips[0]?.mileage.gaps).toHaveLength(1)
  })
  test('of any frames: in order, without overlap', () => {
    const frame = fc.record({
      speed: fc.option(fc.integer({ min: 0, max: 120 }), { nil: null }),
      ignition: fc.option(fc.boolean(), { nil: null }),
      step: fc.integer({ min: 1, max: 1800 }),
    })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 60 }), (steps) => {
        let at = T0
        const frames = steps.map(({ speed, ignition, step }, index) => {
          at = later(at, step * 1000)
          return pastFrame(at, {
            speedKmh: speed,
            ignition,
            position: { lat: 55 + index / 500, lon: 37, accuracyM: 3 },
          })
        })
        const { trips, stops } = journeysOf(frames, { dwellMs: 5 * MIN })
        for (const list of [trips, stops])
          for (const [index, one] of list.entries()) {
            expect(one.to).toBeGreaterThanOrEqual(one.from)
            expect(one.from).toBeGreaterThanOrEqual(list[index - 1]?.to ?? 0)
          }
      }),
    )
  })
})

describe('a simplified track', () => {
  test('lies within the tolerance everywhere and never bridges a gap', () => {
    const wavy = Array.from({ length: 900 }, (_, index) =>
      pastFrame(T0 + index * 1000 + (index >= 400 ? 20 * MIN : 0), {
        position: { lat: 55 + index / 20_000, lon: 37 + Math.sin(index / 20) / 1000, accuracyM: 3 },
      }),
    )
    const points = placedFrames(wavy)
    const breaks = breaksOf(points)
    expect(breaks).toEqual([400])
    const line = thinTrack({ points, breaks }, { points: 100_000, toleranceM: 10 })
    expect(line.points.length).toBeLessThan(200)
    expect(line.points).toContain(points[399])
    expect(line.points[line.breaks[0] ?? -1]).toBe(points[400])
    for (const point of points)
      expect(Math.min(...line.points.map((kept) => metresBetween(kept, point)))).toBeLessThan(300)
  })
})

describe('gaps and their causes', () => {
  const before = drive(0, 5, 50, 55)
  const after = drive(65, 5, 50, 55.4)
  const [end, back] = [before.at(-1)?.readAt ?? T0, after[0]?.readAt ?? T0]
  const range = { from: T0, to: after.at(-1)?.readAt ?? T0 }
  test.each([
    { name: 'nothing known', witness: NOTHING, cause: 'unknown' },
    {
      name: 'it started afterwards',
      witness: { ...NOTHING, events: [{ name: 'gateway-started', at: later(back, 5000) }] },
      cause: 'gateway-off',
    },
    {
      name: 'its power was cut',
      witness: { ...NOTHING, events: [{ name: 'power-cut', at: later(end, -5000) }] },
      cause: 'gateway-off',
    },
    {
      name: 'it threw records away',
      witness: { ...NOTHING, events: [{ name: 'frames-thinned', at: back }] },
      cause: 'thinned',
    },
    {
      name: 'a full outbox threw records of this time away, days later',
      witness: {
        connections: [{ at: later(end, 60_000), online: false }],
        events: [{ name: 'gap', at: later(back, 3000 * MIN), lost: { since: T0, until: later(back, MIN) } }],
        fitted: [],
        outages: [],
      },
      cause: 'thinned',
    },
    {
      name: 'a full outbox threw records of another time away in it',
      witness: {
        ...NOTHING,
        events: [
          { name: 'gap', at: later(end, MIN), lost: { since: later(T0, -90 * MIN), until: later(T0, -60 * MIN) } },
        ],
      },
      cause: 'unknown',
    },
    {
      name: 'its gateway was taken out, and another came in with the car back',
      witness: {
        ...NOTHING,
        connections: [{ at: later(end, 60_000), online: false }],
        events: [{ name: 'gateway-started', at: back }],
        fitted: [
          { from: T0, to: later(end, 60_000) },
          { from: later(back, -60_000), to: null },
        ],
      },
      cause: 'no-gateway',
    },
    {
      name: 'what its gateway had read before it was claimed came later',
      witness: { ...NOTHING, fitted: [{ from: later(back, MIN), to: null }] },
      cause: 'unknown',
    },
    {
      name: 'its gateway was taken out near the end of it, and something else was heard',
      witness: { ...NOTHING, fitted: [{ from: T0, to: later(back, -MIN) }] },
      cause: 'no-gateway',
    },
    {
      name: 'its gateway was taken for another one within a minute',
      witness: {
        ...NOTHING,
        events: [{ name: 'gateway-started', at: back }],
        fitted: [
          { from: T0, to: later(end, 60_000) },
          { from: later(end, 120_000), to: null },
        ],
      },
      cause: 'gateway-off',
    },
    {
      name: 'its clock was ahead, and its connection was lost',
      witness: {
        ...NOTHING,
        connections: [{ at: later(end, 60_000), online: false }],
        events: [{ name: 'clock-ahead', at: later(end, 30_000) }],
      },
      cause: 'clock-wrong',
    },
    {
      name: 'its connection was lost',
      witness: { ...NOTHING, connections: [{ at: later(end, 60_000), online: false }] },
      cause: 'no-contact',
    },
    {
      name: 'its whole district fell silent, and it came back with it',
      witness: {
        ...NOTHING,
        connections: [{ at: later(end, 60_000), online: false }],
        outages: [{ from: later(end, 30_000), to: back }],
      },
      cause: 'area-outage',
    },
    {
      name: 'its district fell silent hours before, and it came back from that meanwhile',
      witness: {
        ...NOTHING,
        connections: [{ at: later(end, 60_000), online: false }],
        outages: [{ from: later(end, -120 * MIN), to: later(end, -60 * MIN) }],
      },
      cause: 'no-contact',
    },
  ])('a silence, $name: $cause', ({ witness, cause }) => {
    expect(blanksOf([...before, ...after], range, witness)).toMatchObject([{ from: end, to: back, cause }])
  })
  test.each([
    { more: { trust: 'jammed' as const }, cause: 'jammed' },
    { more: { trust: 'suspect' as const }, cause: 'deceived' },
    { more: { fix: 'none' as const, position: null }, cause: 'no-fix' },
  ])('frames without a trusted place: $cause', ({ more, cause }) => {
    const frames = [...before, ...drive(5, 10, 50, 55.1, more), ...drive(15, 5, 50, 55.2)]
    expect(blanksOf(frames, { from: T0, to: later(T0, 20 * MIN) }, NOTHING)).toMatchObject([{ cause }])
  })
})

test('speed: time in bands adds up, and a deceived receiver says nothing', () => {
  const profile = speedProfileOf(
    [...drive(0, 10, 50, 55), ...drive(10, 10, 0, 55.1), ...drive(20, 10, 95, 55.1, { trust: 'suspect' })],
    50,
  )
  expect([profile.movingS, profile.standingS, profile.unknownS]).toEqual([600, 600, 590])
  expect(profile.highest?.kmh).toBe(50)
  expect(profile.points.length).toBeLessThanOrEqual(50)
})

test('a tracker fills only what the gateway has not told', () => {
  const tracker = GatewayId.parse('gw-tracker00000001')
  const own = drive(0, 10, 50, 55)
  const phone = [...drive(5, 5, 50, 55.5, { source: tracker }), ...drive(60, 5, 50, 56, { source: tracker })]
  const line = oneLine([...phone, ...own])
  expect(line.filter(({ source }) => source === tracker).map(({ readAt }) => readAt - T0)).toEqual(
    phone.slice(30).map(({ readAt }) => readAt - T0),
  )
})

describe('files', () => {
  const pieces = [placedFrames(drive(0, 1, 50, 55)), placedFrames(drive(30, 1, 50, 55.4)).slice(0, 1)]
  const file = (format: 'csv' | 'gpx' | 'geojson') => {
    const writer = trackWriter(format)
    return (
      writer.head('А001АА77 & <co>') + pieces.map((piece, index) => writer.piece(piece, index)).join('') + writer.tail
    )
  }
  test('CSV has a header and a row for each position', () => {
    const rows = file('csv').trimEnd().split('\r\n')
    expect(rows).toHaveLength(8)
    expect(rows.every((row) => row.split(',').length === 12)).toBe(true)
  })
  test('GeoJSON parses, a line for two and more positions, a point for one', () => {
    const { type, features } = JSON.parse(file('geojson'))
    expect(type).toBe('FeatureCollection')
    expect(features.map((one: { geometry: { type: string } }) => one.geometry.type)).toEqual(['LineString', 'Point'])
    expect(features[0].geometry.coordinates[0]).toEqual([37, 55])
    expect(features[0].properties.times).toHaveLength(6)
  })
  test('GeoJSON leads no line around the earth: over the antimeridian it is cut', () => {
    const frames = [179.98, 179.99, -179.99, -179.98, 179.99].map((lon, index) =>
      pastFrame(T0 + index * 10_000, { position: { lat: 55, lon, accuracyM: 3 } }),
    )
    const features = JSON.parse(`[${trackWriter('geojson').piece(placedFrames(frames), 0)}]`)
    const lines = features.map((one: { geometry: { coordinates: unknown } }) => one.geometry.coordinates)
    expect(lines).toEqual([
      [
        [179.98, 55],
        [179.99, 55],
      ],
      [
        [-179.99, 55],
        [-179.98, 55],
      ],
      [179.99, 55],
    ])
  })
  test('GPX 1.1 has no longitude of 180, no exponent and no sign that XML cannot write', () => {
    const { head, piece } = trackWriter('gpx')
    const [frame] = placedFrames(drive(0, 1, 50, 55))
    if (frame === undefined) throw new Error('a drive has frames')
    const point = (lat: number, lon: number) => piece([{ ...frame, lat, lon }], 0)
    expect(point(1e-7, 180)).toContain('lat="0" lon="-180"')
    expect(point(-0.000001, 179.999999)).toContain('lat="-0.000001" lon="179.999999"')
    expect(head('А\u0001001\ud800\ufffe\u{1f697}\t')).toContain('<name>А001\u{1f697}\t</name>')
  })
  test('GPX 1.1 keeps the schema’s order of elements, escaped, a segment for each piece', () => {
    const text = file('gpx')
    expect(text).toContain('А001АА77 &amp; &lt;co&gt;')
    expect(text.match(/<trkseg>/g)).toHaveLength(2)
    // gpx.xsd, wptType: ele, time, …, cmt, …, fix in this order; attributes lat and lon.
    for (const point of text.match(/<trkpt.*?<\/trkpt>/g) ?? [])
      expect(point).toMatch(
        /^<trkpt lat="-?[\d.]+" lon="-?[\d.]+"><time>[\dT:.Z-]+<\/time>(<cmt>\w+<\/cmt>)?<fix>(none|2d|3d)<\/fix><\/trkpt>$/,
      )
  })
})
