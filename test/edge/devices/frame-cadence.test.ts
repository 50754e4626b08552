import { describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { isFrameDue, type LastFrame, lastFrame, stamped } from '../../../edge/devices/frame-cadence.ts'
import { mileageNotice } from '../../../edge/devices/mileage-notice.ts'
import { noticesBetween } from '../../../edge/devices/vehicle-notices.ts'
import { odometerAt } from '../../../edge/odometer/odometer.ts'

const T0 = 1_795_000_000_000
const cadence = { movingMs: 1000, parkedMs: 60_000 }
const frame = (ms: number, more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  readAt: epochMs(T0 + ms),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: true,
  speedKmh: 40,
  ...more,
})
const parked = { ignition: false, speedKmh: 0 }
/** A standing car whose ignition input says nothing. */
const silent = (ms: number): Frame => {
  const { ignition: _unknown, ...rest } = frame(ms, { speedKmh: 0 })
  return rest
}
const last = (more: Partial<Frame> = {}): LastFrame => lastFrame(frame(0, more), frame(0, more), undefined, millis(0))

test.each([
  { name: 'the first', next: frame(0), before: undefined, ms: 0, due: true },
  { name: 'in use, a new fix', next: frame(1000), before: last(), ms: 900, due: true },
  { name: 'in use, the same fix again', next: frame(0), before: last(), ms: 5000, due: false },
  { name: 'in use, a fix too soon after the last', next: frame(500), before: last(), ms: 500, due: false },
  {
    name: 'in use without GNSS, a second later',
    next: frame(900, { timeQuality: 'ntp' }),
    before: last(),
    ms: 1000,
    due: true,
  },
  {
    name: 'in use without GNSS, at once',
    next: frame(900, { timeQuality: 'ntp' }),
    before: last(),
    ms: 900,
    due: false,
  },
  { name: 'in use, the first fix at all', next: frame(100), before: last({ timeQuality: 'ntp' }), ms: 100, due: true },
  {
    name: 'standing, the ignition silent since it was on, a new fix',
    next: silent(1000),
    before: lastFrame(silent(0), silent(0), last(), millis(500)),
    ms: 1000,
    due: true,
  },
  {
    name: 'standing, the ignition silent for ten minutes, a new fix',
    next: silent(600_000),
    before: lastFrame(silent(599_000), silent(599_000), last(), millis(599_000)),
    ms: 600_000,
    due: false,
  },
  { name: 'parked, a new fix', next: frame(30_000, parked), before: last(parked), ms: 30_000, due: false },
  { name: 'parked, a minute later', next: frame(60_000, parked), before: last(parked), ms: 60_000, due: true },
  { name: 'ignition off at the same fix', next: frame(0, parked), before: last(), ms: 200, due: true },
  {
    name: 'relay opened while parked',
    next: frame(0, { ...parked, relay: 'open' }),
    before: last(parked),
    ms: 200,
    due: true,
  },
  {
    name: 'towed: moving with the ignition off',
    next: frame(1000, { ignition: false }),
    before: last({ ignition: false }),
    ms: 1000,
    due: true,
  },
])('a frame is due: $name → $due', ({ next, before, ms, due }) => {
  expect(isFrameDue(next, before, millis(ms), cadence)).toBe(due)
})

test('a fix that a frame has already told is stamped by the clock, so each fix time stands once', () => {
  const clock = { now: epochMs(T0 + 250), quality: 'ntp' as const }
  expect(stamped(frame(0, parked), last(), clock)).toMatchObject({ readAt: T0 + 250, timeQuality: 'ntp' })
  expect(stamped(frame(1000), last(), clock).readAt).toBe(T0 + 1000)
  expect(stamped(frame(0, { timeQuality: 'estimated' }), undefined, clock).timeQuality).toBe('ntp')
})

test('the place of a told fix is not said again, so a track holds each fix once', () => {
  const clock = { now: epochMs(T0 + 250), quality: 'ntp' as const }
  const place = { lat: 55.75, lon: 37.62, accuracyM: 3 }
  expect(stamped(frame(1000, place), last(), clock)).toMatchObject(place)
  expect(stamped(frame(0, place), last(), clock)).toEqual({ ...frame(0), readAt: T0 + 250, timeQuality: 'ntp' })
})

test('ignition edges and doubts about the receiver become events', () => {
  const names = (before: Frame | undefined, after: Frame) =>
    noticesBetween(before, after, epochMs(T0), undefined).map(({ name }) => name)
  expect(names(undefined, frame(0))).toEqual([])
  expect(names(frame(0), frame(1000, parked))).toEqual(['ignition-off'])
  expect(names(frame(0, parked), frame(1000))).toEqual(['ignition-on'])
  expect(names(frame(0), frame(1000, { gnssTrust: 'jammed' }))).toEqual(['gnss-jam'])
  expect(names(frame(0, { gnssTrust: 'suspect' }), frame(1000))).toEqual(['gnss-trusted'])
})

test('a doubt says why, and how far off the receiver showed the car', () => {
  const suspicion = { reasons: ['jump', 'place'] as const, jumpM: 28_000, place: 'vnukovo' }
  const [notice] = noticesBetween(frame(0), frame(1000, { gnssTrust: 'suspect' }), epochMs(T0), suspicion)
  expect(notice).toMatchObject({ name: 'gnss-spoof', data: suspicion })
  const [bare] = noticesBetween(frame(0), frame(1000, { gnssTrust: 'suspect' }), epochMs(T0), undefined)
  expect(bare?.data).toEqual({ reasons: ['conflict'] })
})

describe('mileage once a day', () => {
  const at = (hours: number) => epochMs(Date.UTC(2026, 10, 21) + hours * 3_600_000)
  const counted = {
    ...odometerAt(12_345.6),
    errorM: 61.7,
    by: { ...odometerAt(0).by, doppler: 12_345.6 },
    engineMs: 5_400_000,
  }
  const before = { odometer: odometerAt(0), at: at(1), refusals: { zero: 1, late: 0 } }
  test('says kilometres, their error, their sources, engine hours and refused fixes', () => {
    const notice = mileageNotice(before, { odometer: counted, at: at(25), refusals: { zero: 4, late: 0 } })
    expect(notice).toMatchObject({
      name: 'mileage',
      data: {
        km: 12.346,
        errorKm: 0.062,
        bySourceKm: { doppler: 12.346 },
        engineHours: 1.5,
        refusedFixes: { zero: 3 },
      },
    })
  })
  test.each([
    { name: 'on the same day', now: { ...before, odometer: counted, at: at(23) } },
    { name: 'of a car that stood', now: { ...before, at: at(25) } },
  ])('says nothing $name', ({ now }) => {
    expect(mileageNotice(before, now)).toBeUndefined()
  })
})
