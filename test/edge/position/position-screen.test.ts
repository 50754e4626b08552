import { describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { type PositionScreen, screenPosition, UNSCREENED } from '../../../edge/position/position-screen.ts'
import { createPositionService } from '../../../edge/position/position-service.ts'
import { frameFromReadings } from '../../../edge/profile/frame-from-readings.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { type Fixed, fix, ignition, reading, SOURCES } from '../../support/moments.ts'

type Look = Fixed & { readonly atMs: number; readonly wheelKmh?: number }
const look = (screen: PositionScreen, { atMs, wheelKmh, ...fixed }: Look) =>
  screenPosition(screen, fix(atMs, fixed), wheelKmh)
const screened = (looks: readonly Look[], from = UNSCREENED): PositionScreen =>
  looks.reduce((screen, one) => look(screen, one).screen, from)
const qualityOf = (readings: readonly Reading[], name: string) => {
  const { quality, reason } = readings.find((one) => one.name === name) ?? {}
  return { quality, reason }
}
const frameOf = (readings: readonly Reading[]) =>
  frameFromReadings(readings, { now: epochMs(1_795_000_100_000), timeQuality: 'ntp' })
/** Driving north at 10 m/s, a fix a second. */
const drive = (from: number, to: number): readonly Look[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    atMs: (from + index) * 1000,
    northM: (from + index) * 10,
    speedKmh: 36,
  }))

describe('what is refused never stands in a frame as if nothing were', () => {
  const known = screened(drive(1, 10))
  test.each([
    { name: 'zero', next: { atMs: 11_000, lat: 0, lon: 0 }, refusal: 'zero', place: 'absent', trust: 'ok' },
    {
      name: 'off the globe',
      next: { atMs: 11_000, lat: 8960, lon: 0 },
      refusal: 'range',
      place: 'absent',
      trust: 'ok',
    },
    { name: 'older', next: { atMs: 11_000, timeMs: 7000, northM: 70 }, refusal: 'late', place: 'absent', trust: 'ok' },
    {
      name: 'of the same time at another place',
      next: { atMs: 11_000, timeMs: 10_000, northM: 900 },
      refusal: 'repeated',
      place: 'told',
      trust: 'suspect',
    },
  ] as const)('a fix that is $name', ({ next, refusal, place, trust }) => {
    const seen = look(known, next)
    expect(seen.refusal).toBe(refusal)
    expect(seen.screen.counts[refusal]).toBe(1)
    const frame = frameOf(seen.readings)
    expect({ place: frame.lat === undefined ? 'absent' : 'told', trust: frame.gnssTrust }).toEqual({ place, trust })
  })
})

test('the same fix polled twice is no fault and is not counted', () => {
  const known = screened(drive(1, 10))
  const again = look(known, { atMs: 10_400, timeMs: 10_000, northM: 100, speedKmh: 36 })
  expect(again.refusal).toBeUndefined()
  expect(again.screen).toBe(known)
})

test('an older fix does not become the newest, so the next one goes on as if it had not been', () => {
  const known = screened([...drive(1, 10), { atMs: 11_000, timeMs: 5000, northM: 50, speedKmh: 36 }])
  expect(look(known, { atMs: 12_000, northM: 120, speedKmh: 36 }).refusal).toBeUndefined()
})

test('a receiver that was set back is believed again after ten fixes that go on from each other', () => {
  const known = screened(drive(1, 10))
  const back = Array.from({ length: 12 }, (_, index) => ({
    atMs: 11_000 + index * 1000,
    timeMs: -3_600_000 + index * 1000,
    northM: 110 + index * 10,
    speedKmh: 36,
  }))
  const refusals = back.map(
    (_, index) => look(screened(back.slice(0, index), known), back[index] ?? { atMs: 0 }).refusal,
  )
  expect(refusals).toEqual([...Array.from({ length: 9 }, () => 'late'), undefined, undefined, undefined])
})

describe('a frozen receiver', () => {
  const held = (count: number, more: Partial<Look>): readonly Look[] =>
    Array.from({ length: count }, (_, index) => ({ atMs: 11_000 + index * 1000, northM: 100, ...more }))
  const lastOf = (count: number, more: Partial<Look>) => {
    const looks = held(count, more)
    return look(screened(looks.slice(0, -1), screened(drive(1, 10))), looks.at(-1) ?? { atMs: 0 })
  }
  test('that claims to drive while its place stands still is doubted with the sixth such fix', () => {
    expect(lastOf(4, { speedKmh: 36 }).refusal).toBeUndefined()
    const caught = lastOf(7, { speedKmh: 36 })
    expect(caught.refusal).toBe('frozen')
    expect(qualityOf(caught.readings, 'lat')).toEqual({ quality: 'uncertain', reason: 'conflict' })
    expect(frameOf(caught.readings).gnssTrust).toBe('suspect')
  })
  test('that stands while the wheels turn is doubted too', () => {
    expect(lastOf(7, { speedKmh: 0, wheelKmh: 30 }).refusal).toBe('frozen')
  })
  test('that holds its place at standstill on purpose is left alone', () => {
    expect(lastOf(600, { speedKmh: 0, wheelKmh: 0 }).refusal).toBeUndefined()
    expect(lastOf(600, { speedKmh: 0 }).refusal).toBeUndefined()
  })
})

test('without a place and a time there is nothing to screen', () => {
  const readings = [ignition(true, 1000)]
  expect(screenPosition(UNSCREENED, readings, undefined)).toEqual({ screen: UNSCREENED, readings })
})

test('the gate screens the receiver alone, knows the wheels for three seconds, and counts', async () => {
  const clock = createManualClock()
  const gate = createPositionService({ ...(SOURCES.gnss === undefined ? {} : { gnss: SOURCES.gnss }), clock })
  const wheel = reading('relay', 'speed', 42, clock.steady(), { capability: 'vehicle.speed' })
  expect(gate.take([wheel])).toEqual([wheel])
  expect(gate.wheelKmh()).toBe(42)
  await clock.advance(3100)
  expect(gate.wheelKmh()).toBeUndefined()
  const mixed = gate.take([ignition(true, 4000), ...fix(4000, { lat: 0, lon: 0 })])
  expect(qualityOf(mixed, 'input1').quality).toBe('good')
  expect(qualityOf(mixed, 'lat')).toEqual({ quality: 'bad', reason: 'zero-position' })
  expect(gate.refusals()).toMatchObject({ zero: 1, late: 0 })
})
