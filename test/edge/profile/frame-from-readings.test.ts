import { describe, expect, test } from 'vitest'
import { Frame } from '#contract/frame.ts'
import { DeviceId } from '#contract/ids.ts'
import { Installation } from '#contract/installation.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import { frameFromReadings } from '../../../edge/profile/frame-from-readings.ts'
import { type FreshnessState, followTime } from '../../../edge/profile/freshness.ts'
import { aged, ageLimit } from '../../../edge/profile/quality-age.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { bindReading } from '../../../edge/profile/reading-binding.ts'

const NOW = epochMs(1_795_289_123_456)
const device = DeviceId.parse('one')
const moment = { now: NOW, timeQuality: 'ntp' } as const

const reading = (capability: Capability, value: Reading['value'], over: Partial<Reading> = {}): Reading => ({
  device,
  name: capability,
  capability,
  ...(value === undefined ? {} : { value }),
  quality: 'good',
  evidence: true,
  readAt: NOW,
  steadyAt: millis(0),
  ...over,
})
const place = [reading('position.lat', 55.7512441), reading('position.lon', 37.6184239)]

describe('a frame says what is well known, and nothing else', () => {
  test('nothing known', () => {
    expect(frameFromReadings([], moment)).toEqual({
      kind: 'frame',
      readAt: NOW,
      timeQuality: 'ntp',
      fix: 'none',
      gnssTrust: 'ok',
      relay: 'unknown',
    })
  })

  test('everything known, rounded to the wire’s scales, and valid by the contract', () => {
    const frame = frameFromReadings(
      [
        ...place,
        reading('position.time', 1_795_289_123_000),
        reading('position.fix', '3d'),
        reading('position.speed', 50.0041),
        reading('position.course', 84.4),
        reading('position.satellites', 9),
        reading('position.accuracy', 4.56),
        reading('position.altitude', 151.23),
        reading('ignition', true),
        reading('motion', false),
        reading('odometer', 123_456.789),
        reading('engine.hours', 12.345),
        reading('supply.voltage', 12.6),
        reading('relay.drive', 'free'),
      ],
      moment,
    )
    expect(Frame.parse(frame)).toEqual({
      kind: 'frame',
      readAt: 1_795_289_123_000,
      timeQuality: 'gnss',
      lat: 55.751244,
      lon: 37.618424,
      fix: '3d',
      speedKmh: 50,
      headingDeg: 84,
      satellites: 9,
      accuracyM: 4.6,
      altitudeM: 151.2,
      ignition: true,
      motion: false,
      odometerKm: 123_456.79,
      engineHours: 12.35,
      supplyVolt: 12.6,
      gnssTrust: 'ok',
      relay: 'closed',
    })
  })

  test.each([
    { name: 'stale', over: { quality: 'stale', reason: 'old' }, expected: {} },
    { name: 'bad', over: { quality: 'bad', reason: 'range' }, expected: {} },
    {
      name: 'uncertain by its byte order',
      over: { quality: 'uncertain', reason: 'byte-order-unlocked' },
      expected: {},
    },
    {
      name: 'a weak fix',
      over: { quality: 'uncertain', reason: 'weak-fix' },
      expected: { lat: 55.751244, lon: 37.618424, fix: '2d' },
    },
    {
      name: 'a jump',
      over: { quality: 'uncertain', reason: 'jump' },
      expected: { lat: 55.751244, lon: 37.618424, fix: '2d', gnssTrust: 'suspect' },
    },
  ] as const)('a position that is $name', ({ over, expected }) => {
    const frame = frameFromReadings(
      place.map((one) => ({ ...one, ...over })),
      moment,
    )
    expect(frame).toEqual({
      kind: 'frame',
      readAt: NOW,
      timeQuality: 'ntp',
      fix: 'none',
      gnssTrust: 'ok',
      relay: 'unknown',
      ...expected,
    })
  })

  test.each([
    {
      name: 'sense outranks drive',
      readings: [reading('relay.drive', 'free'), reading('relay.sense', 'blocked')],
      relay: 'open',
    },
    {
      name: 'a stale sense leaves the word to the drive',
      readings: [reading('relay.drive', 'blocked'), reading('relay.sense', 'free', { quality: 'stale' })],
      relay: 'open',
    },
    {
      name: 'an old drive is unknown',
      readings: [reading('relay.drive', 'free', { quality: 'stale' })],
      relay: 'unknown',
    },
    { name: 'a value that is not a word', readings: [reading('relay.drive', 1)], relay: 'unknown' },
  ])('relay: $name', ({ readings, relay }) => {
    expect(frameFromReadings(readings, moment).relay).toBe(relay)
  })

  test('latitude without longitude is no position, and a value beyond the contract is left out', () => {
    const frame = frameFromReadings(
      [reading('position.lat', 55.7), reading('position.speed', 501), reading('ignition', 'on')],
      moment,
    )
    expect(frame).not.toHaveProperty('lat')
    expect(frame).not.toHaveProperty('speedKmh')
    expect(frame).not.toHaveProperty('ignition')
  })

  test('an uncertain or refused fix time never stamps a frame', () => {
    const jumped = reading('position.time', 1, { quality: 'uncertain', reason: 'jump' })
    expect(frameFromReadings([jumped], moment)).toMatchObject({ readAt: NOW, timeQuality: 'ntp', gnssTrust: 'suspect' })
  })

  test('without a word for the fix, four satellites make it 3D', () => {
    const fixWith = (satellites: number) =>
      frameFromReadings([...place, reading('position.satellites', satellites)], moment).fix
    expect([3, 4].map(fixWith)).toEqual(['2d', '3d'])
  })
})

test.each([
  { capability: 'ignition', period: 500, limit: 3000 },
  { capability: 'relay.drive', period: 500, limit: 3000 },
  { capability: 'position.speed', period: 1000, limit: 10_000 },
  { capability: 'clock', period: 60_000, limit: 120_000 },
  { capability: undefined, period: 60_000, limit: 120_000 },
] as const)('$capability grows old after $limit ms', ({ capability, period, limit }) => {
  expect(ageLimit(capability, period)).toBe(limit)
  const young = reading('ignition', true)
  expect(aged(young, millis(limit), millis(limit))).toBe(young)
  expect(aged(young, millis(limit + 1), millis(limit))).toMatchObject({ quality: 'stale', reason: 'old', value: true })
  const bad = reading('ignition', undefined, { quality: 'bad', reason: 'timeout' })
  expect(aged(bad, millis(1e9), millis(limit))).toBe(bad)
})

describe('a fix time against the monotonic clock', () => {
  const follow = (marks: readonly (readonly [number, number])[]): readonly boolean[] => {
    let state: FreshnessState = {}
    return marks.map(([time, steadyAt]) => {
      const next = followTime(state, { time, steadyAt })
      state = next.state
      return next.isJump
    })
  }
  test.each([
    {
      name: 'steady',
      marks: [
        [1000, 0],
        [2000, 1000],
        [3000, 2000],
      ],
      expected: [false, false, false],
    },
    {
      name: 'a gap of an hour on both',
      marks: [
        [1000, 0],
        [3_601_000, 3_600_000],
      ],
      expected: [false, false],
    },
    {
      name: 'an hour ahead',
      marks: [
        [1000, 0],
        [3_602_000, 1000],
      ],
      expected: [false, true],
    },
    {
      name: 'back in time',
      marks: [
        [100_000, 0],
        [90_000, 1000],
      ],
      expected: [false, true],
    },
    {
      name: 'ahead and back again',
      marks: [
        [1000, 0],
        [3_602_000, 1000],
        [3000, 2000],
      ],
      expected: [false, true, false],
    },
    {
      name: 'the same moment again, while in doubt',
      marks: [
        [1000, 0],
        [3_602_000, 1000],
        [3_602_000, 2000],
      ],
      expected: [false, true, true],
    },
  ] as const)('$name', ({ marks, expected }) => {
    expect(follow(marks)).toEqual(expected)
  })

  test('a receiver that was set right is believed after ten fixes that agree', () => {
    const after = Array.from({ length: 12 }, (_, at) => [3_600_000 + at * 1000, 1000 + at * 1000] as const)
    expect(follow([[1000, 0], ...after]).indexOf(false, 1)).toBe(10)
  })
})

describe('what a reading means in this vehicle', () => {
  const installation = Installation.parse({
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    devices: [{ id: 'one', profile: 'x', port: { kind: 'nmeaTcp', host: 'a', port: 1 } }],
    ignition: { device: 'board', reading: 'input1' },
    pulses: { device: 'board', reading: 'counter', perKm: 5000 },
    immobilizer: {
      device: 'board',
      circuit: 'starter',
      contact: 'normally-closed',
      sense: { device: 'board', reading: 'input2' },
    },
  })
  const board = DeviceId.parse('board')
  const { capability: _, ...input } = reading('ignition', true, { device: board, name: 'input1' })

  test.each([
    { name: 'the wired input is the ignition', from: input, expected: 'ignition' },
    { name: 'another device’s ignition is not', from: reading('ignition', true), expected: undefined },
    { name: 'the bound sense is the sense', from: { ...input, name: 'input2' }, expected: 'relay.sense' },
    {
      name: 'the immobilizer’s drive is the drive',
      from: reading('relay.drive', 'free', { device: board }),
      expected: 'relay.drive',
    },
    { name: 'another relay is not', from: reading('relay.drive', 'free'), expected: undefined },
    { name: 'a position is a position', from: reading('position.lat', 1), expected: 'position.lat' },
    { name: 'the bound counter is the odometer', from: { ...input, name: 'counter' }, expected: 'odometer' },
    { name: 'another device’s odometer is not', from: reading('odometer', 45_000), expected: undefined },
    { name: 'motion nobody bound keeps its own meaning', from: reading('motion', true), expected: 'motion' },
  ])('$name', ({ from, expected }) => {
    expect(bindReading(from, installation).capability).toBe(expected)
  })
})
