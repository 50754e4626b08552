import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import { NO_EVIDENCE, observe } from '../../../edge/interlock/evidence.ts'
import { evidenceSnapshot } from '../../../edge/interlock/evidence-snapshot.ts'
import { displacement, type Fix, type FixTrack, isUnrest } from '../../../edge/interlock/fix-track.ts'
import { fix, reading, SOURCES, withMotion } from '../../support/moments.ts'
import { POLICY } from '../../support/parked.ts'

const fixAt = (lat: number, lon: number, second = 0): Fix => ({
  lat,
  lon,
  time: epochMs(1_795_000_000_000 + second * 1000),
  at: millis(second * 1000),
  speedKmh: 0,
  valid: true,
})
const trackOf = (recent: readonly Fix[]): FixTrack => ({
  newest: recent.at(-1) ?? fixAt(55.75, 37.62),
  lag: millis(0),
  lookedAt: millis(0),
  offset: { floor: 0, ceiling: 0 },
  recent,
})

test.each([
  { name: 'no fix at all', places: [], unrest: false },
  {
    name: 'a fix and its noise',
    places: [
      [55.75, 37.62],
      [55.7501, 37.6201],
    ],
    unrest: false,
  },
  {
    name: '40 m to the north',
    places: [
      [55.75, 37.62],
      [55.75036, 37.62],
    ],
    unrest: true,
  },
  {
    name: 'out and back again',
    places: [
      [55.75, 37.62],
      [55.75036, 37.62],
      [55.75018, 37.62],
    ],
    unrest: true,
  },
  {
    name: '20 m across the equator',
    places: [
      [-0.00009, 37.62],
      [0.00009, 37.62],
    ],
    unrest: false,
  },
  {
    name: '40 m across the equator',
    places: [
      [-0.00018, 37.62],
      [0.00018, 37.62],
    ],
    unrest: true,
  },
  {
    name: '20 m across the date line',
    places: [
      [55.75, 179.99984],
      [55.75, -179.99984],
    ],
    unrest: false,
  },
  {
    name: '60 m across the date line',
    places: [
      [55.75, 179.9995],
      [55.75, -179.9995],
    ],
    unrest: true,
  },
  {
    name: 'another country',
    places: [
      [55.75, 37.62],
      [59.9, 30.3],
    ],
    unrest: true,
  },
  {
    name: 'another hemisphere',
    places: [
      [55.75, 37.62],
      [-33.9, 37.62],
    ],
    unrest: true,
  },
])('unrest: $name', ({ places, unrest }) => {
  const fixes = places.map(([lat = 0, lon = 0], second) => fixAt(lat, lon, second))
  expect(isUnrest(trackOf(fixes), POLICY)).toBe(unrest)
})

test('the cheap looks never differ from measuring every pair', () => {
  const metres = fc.double({ min: -45, max: 45, noNaN: true })
  const base = fc.tuple(fc.double({ min: -80, max: 80, noNaN: true }), fc.double({ min: -179, max: 179, noNaN: true }))
  fc.assert(
    fc.property(base, fc.array(fc.tuple(metres, metres), { minLength: 1, maxLength: 12 }), ([lat, lon], steps) => {
      const wide = 111_320 * Math.cos((lat * Math.PI) / 180)
      const track = trackOf(steps.map(([north, east]) => fixAt(lat + north / 111_320, lon + east / wide)))
      expect(isUnrest(track, POLICY)).toBe(displacement(track) > POLICY.displacementM)
    }),
    { numRuns: 500 },
  )
})

test.each([
  { name: 'a number is what the wheels say', value: 12, expected: 12 },
  { name: 'a word says nothing', value: 'fast', expected: undefined },
])('wheels: $name', ({ value, expected }) => {
  const wheels = reading('relay', 'wheels', value, 1000, { capability: 'vehicle.speed' })
  expect(observe(NO_EVIDENCE, [wheels], SOURCES, POLICY).wheel?.speedKmh).toBe(expected)
})

test('a report says why the receiver was doubted', () => {
  const facts = { timeQuality: 'ntp', software: 'test' } as const
  const jumped = [fix(1000), fix(2000, { lat: 56.9, lon: 40 })].reduce(
    (seen, readings) => observe(seen, readings, SOURCES, POLICY),
    NO_EVIDENCE,
  )
  expect(evidenceSnapshot(jumped, millis(2000), facts)).toMatchObject({ gnssTrust: 'suspect' })
  expect(evidenceSnapshot(jumped, millis(2000), facts).gnssReasons?.length).toBeGreaterThan(0)
})

test('wheels that stand beside a receiver that stands leave it trusted', () => {
  const wheels = reading('relay', 'wheels', 0, 900, { capability: 'vehicle.speed' })
  const seen = observe(observe(NO_EVIDENCE, [wheels], SOURCES, POLICY), fix(1000), SOURCES, POLICY)
  expect(evidenceSnapshot(seen, millis(1000), { timeQuality: 'ntp', software: 'test' })).toMatchObject({
    gnssTrust: 'ok',
    speedKmh: 0,
  })
})

test.each(['input1', 'input2'])('an input %s that gives a word is neither on nor off', (name) => {
  const seen = observe(NO_EVIDENCE, [reading('relay', name, 'odd', 1000)], withMotion, POLICY)
  expect([seen.ignition, seen.motion]).toEqual([undefined, undefined])
})
