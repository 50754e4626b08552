import { expect, test } from 'vitest'
import { Frame, roundFrame } from '#contract/frame.ts'
import { epochMs, Instant, later, millis, minutes, seconds } from '#contract/instant.ts'

test('an instant crosses REST as RFC 3339 and comes back', () => {
  const at = epochMs(1_795_289_123_456)
  expect(Instant.encode(at)).toBe('2026-11-21T19:25:23.456Z')
  expect(Instant.decode('2026-11-21T22:25:23.456+03:00')).toBe(at)
})

test.each(['yesterday', '2026-11-21', '2026-11-21 19:45', 12])('refuses %s as an instant', (text) => {
  expect(Instant.safeParse(text).success).toBe(false)
})

test('lengths of time are milliseconds', () => {
  expect([seconds(2), minutes(2), millis(2), later(epochMs(5), seconds(1))]).toEqual([2000, 120_000, 2, 1005])
})

test('an epoch is a whole number', () => {
  expect(() => epochMs(1.5)).toThrow()
})

test('a frame is rounded once, to the scales of the wire', () => {
  const frame = Frame.parse({
    kind: 'frame',
    readAt: 1,
    timeQuality: 'gnss',
    fix: '3d',
    gnssTrust: 'ok',
    relay: 'closed',
    lat: 55.7512444444,
    lon: -0.00000001,
    speedKmh: 43.2499,
    headingDeg: 359.7,
    accuracyM: 2.449,
    altitudeM: -0.04,
    odometerKm: 128_450.126,
    engineHours: 1.005,
    supplyVolt: 12.345,
  })
  expect(roundFrame(frame)).toEqual({
    ...frame,
    lat: 55.751244,
    lon: 0,
    speedKmh: 43.2,
    headingDeg: 0,
    accuracyM: 2.4,
    altitudeM: 0,
    odometerKm: 128_450.13,
    engineHours: 1,
    supplyVolt: 12.35,
  })
})

test('rounding leaves out what is not there', () => {
  const bare = Frame.parse({
    kind: 'frame',
    readAt: 1,
    timeQuality: 'rtc',
    fix: 'none',
    gnssTrust: 'ok',
    relay: 'open',
  })
  expect(roundFrame(bare)).toEqual(bare)
})
