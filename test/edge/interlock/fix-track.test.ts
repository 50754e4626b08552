import { expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import { NO_EVIDENCE, observe } from '../../../edge/interlock/evidence.ts'
import { evidenceSnapshot } from '../../../edge/interlock/evidence-snapshot.ts'
import { type Fix, fixAge, followFix, noteSpeed, runFor } from '../../../edge/interlock/fix-track.ts'
import { UNTRIED } from '../../../edge/position/gnss-trust.ts'
import { readPosition } from '../../../edge/position/position-readings.ts'
import { drive, fix, ignition, motion, reading, SOURCES, withMotion } from '../../support/moments.ts'
import { asked, at, POLICY } from '../../support/parked.ts'

const WALL = 1_795_000_000_000
const fixed = (atMs: number, more: Partial<Fix> = {}): Fix => ({
  lat: 55.75,
  lon: 37.62,
  time: epochMs(WALL + atMs),
  at: millis(atMs),
  speedKmh: 0,
  valid: true,
  ...more,
})
const follow = (fixes: readonly Fix[]) =>
  fixes.reduce<ReturnType<typeof followFix> | undefined>(
    (track, one) => followFix(track, one, UNTRIED, POLICY),
    undefined,
  )

test('ten fixes a second are kept one a second, and the newest always', () => {
  const track = follow(Array.from({ length: 700 }, (_, index) => fixed(index * 100)))
  expect(track?.recent.length).toBeLessThanOrEqual(70)
  expect(track?.recent.at(-1)?.at).toBe(69_900)
})

test('a fix that is not acceptable begins no run', () => {
  const track = follow([fixed(0), fixed(1000, { valid: false })])
  expect(track && runFor(track)).toBe(0)
})

test('a fix handed over late is as old as its time says, beyond one polling second', () => {
  const onTime = [1, 2, 3, 4, 5].map((s) => fixed(s * 1000))
  const late = follow([...onTime, fixed(9000, { time: epochMs(WALL + 6000) })])
  expect(late && fixAge(late, millis(9000))).toBeCloseTo(2000, -1)
})

test('a speed above the limit ends slowness once; a slow one and no track change nothing', () => {
  const track = follow([fixed(0), fixed(1000)])
  expect(noteSpeed(track, 3, POLICY)).toBe(track)
  const ended = noteSpeed(track, 30, POLICY)
  expect(ended?.slowSince).toBeUndefined()
  expect(noteSpeed(ended, 30, POLICY)).toBe(ended)
  expect(noteSpeed(undefined, 30, POLICY)).toBeUndefined()
})

test('a word that is no trust is no trust', () => {
  const strange = reading('gps', 'trust', 'maybe', 1000, { capability: 'position.trust' })
  expect(observe(NO_EVIDENCE, [strange], SOURCES, POLICY).trust.told).toBeUndefined()
})

test('a position needs place and time, all good', () => {
  expect(readPosition(fix(1000))).toMatchObject({ lat: 55.75, speedKmh: 0, valid: true, proof: true })
  expect(readPosition(fix(1000, { satellites: 7, accuracyM: 3 }))).toMatchObject({ satellites: 7, accuracyM: 3 })
  for (const name of ['lat', 'lon', 'time'])
    expect(readPosition(fix(1000).filter((one) => one.name !== name))).toBeUndefined()
  expect(readPosition(fix(1000, { more: { quality: 'stale' } }))).toBeUndefined()
})

const facts = { timeQuality: 'ntp', software: '1.2.3' } as const

test('a snapshot leaves out what was not known', () => {
  expect(evidenceSnapshot(NO_EVIDENCE, millis(0), facts)).toEqual({ gnssTrust: 'ok', ...facts })
})

test('a snapshot shows ages, durations and the relay words', () => {
  const { evidence } = asked({
    sources: withMotion,
    gps: (s) => fix(at(s), { satellites: 8, accuracyM: 2.53 }),
  })
  const sources = { ...withMotion, sense: { device: drive('free', 0).device, reading: 'sense' } }
  const sensed = observe(evidence, [reading('relay', 'sense', 'blocked', at(100))], sources, POLICY)
  expect(evidenceSnapshot(sensed, millis(at(100) + 40), facts)).toEqual({
    speedKmh: 0,
    fixAgeMs: 40,
    displacementM: 0,
    slowForMs: 99_000,
    satellites: 8,
    accuracyM: 2.5,
    ignition: false,
    ignitionAgeMs: 40,
    ignitionOffForMs: 99_000,
    motion: false,
    motionAgeMs: 40,
    stillForMs: 99_000,
    drive: 'free',
    sense: 'blocked',
    gnssTrust: 'ok',
    ...facts,
  })
})

test('while moving a snapshot says so', () => {
  const moving = observe(
    observe(NO_EVIDENCE, fix(1000, { speedKmh: 50 }), SOURCES, POLICY),
    [ignition(true, 1000), motion(true, 1000)],
    SOURCES,
    POLICY,
  )
  expect(evidenceSnapshot(moving, millis(1000), facts)).toMatchObject({
    speedKmh: 50,
    slowForMs: 0,
    ignition: true,
    ignitionOffForMs: 0,
  })
})
