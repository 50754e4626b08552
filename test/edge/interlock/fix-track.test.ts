import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import { NO_EVIDENCE, observe } from '../../../edge/interlock/evidence.ts'
import { evidenceSnapshot } from '../../../edge/interlock/evidence-snapshot.ts'
import { type Delivery, type Fix, fixAge, followFix, noteSpeed, runFor } from '../../../edge/interlock/fix-track.ts'
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
const follow = (fixes: readonly Fix[], delivery: Delivery = 'polled') =>
  fixes.reduce<ReturnType<typeof followFix> | undefined>(
    (track, one) => followFix(track, one, UNTRIED, POLICY, delivery),
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

const SECONDS = [1, 2, 3, 4, 5, 6]
/** Asked every so often; each look shows the newest second that had been ready for `readyMs`. */
const looked = (everyMs: number, readyMs: number, lastMs = 6000): readonly Fix[] =>
  Array.from({ length: Math.floor(lastMs / everyMs) }, (_, index) => {
    const now = (index + 1) * everyMs
    return fixed(now, { time: epochMs(WALL + Math.floor((now - readyMs) / 1000) * 1000) })
  })

test('a fix that a receiver sends by itself is as old as its reception', () => {
  const track = follow(
    SECONDS.map((s) => fixed(s * 1000)),
    'sent',
  )
  expect(track && fixAge(track, millis(6040))).toBe(40)
})

test.each([
  { name: 'the moment it is ready', readyMs: 1 },
  { name: 'just before the next one', readyMs: 999 },
])('a fix read $name, once a second, may be older by the whole second and the answer', ({ readyMs }) => {
  const track = follow(looked(1000, readyMs))
  expect(track && fixAge(track, millis(6040))).toBeGreaterThanOrEqual(1100)
})

test('asked five times a second, a fix may be older by a fifth of it and the answer', () => {
  const track = follow(looked(200, 90))
  const age = track && fixAge(track, track.newest.at)
  expect(age).toBeGreaterThanOrEqual(110)
  expect(age).toBeLessThanOrEqual(310)
})

test('looks that begin to come faster find out at once how old a fix really is', () => {
  const slow = looked(1000, 990)
  const fast = looked(200, 190, 12_000).filter(({ at }) => at > 6000)
  const track = follow([...slow, ...fast])
  expect(track && fixAge(track, track.newest.at)).toBeLessThanOrEqual(310)
})

test('of a first look nobody knows how old its fix is', () => {
  const track = follow([fixed(1000)])
  expect(track && fixAge(track, millis(1000))).toBe(POLICY.fixMaxAge)
})

test('a fix handed over late is as old as its time says', () => {
  const onTime = SECONDS.map((s) => fixed(s * 1000))
  const late = follow([...onTime, fixed(9000, { time: epochMs(WALL + 7000) })], 'sent')
  expect(late && fixAge(late, millis(9000))).toBeCloseTo(2000, -1)
})

test('a lateness that turns out as such is not taken for the clocks’ difference', () => {
  const late = looked(200, 1390)
  const prompt = looked(200, 190, 12_000).filter(({ at }) => at > 6000)
  const again = looked(200, 1390, 18_000).filter(({ at }) => at > 13_400)
  const track = follow([...late, ...prompt, ...again])
  expect(track && fixAge(track, track.newest.at)).toBeGreaterThanOrEqual(1200)
})

/** The truth against what the track says: whatever the phase, the pace and their changes, never younger than it is. */
test('a prompt receiver’s fix is never taken for younger than it is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999 }),
      fc.array(fc.integer({ min: 20, max: 1400 }), { minLength: 3, maxLength: 120 }),
      fc.integer({ min: -1e6, max: 1e6 }),
      (phase, pauses, clocks) => {
        let now = 1000
        let track: ReturnType<typeof follow>
        for (const pause of pauses) {
          now += pause
          const second = Math.floor((now - phase) / 1000) * 1000
          const before = track
          track = followFix(track, fixed(now, { time: epochMs(WALL + second + clocks) }), UNTRIED, POLICY, 'polled')
          if (track.newest === before?.newest) continue
          expect(fixAge(track, millis(now))).toBeGreaterThanOrEqual(now - (second + phase))
        }
      },
    ),
    { numRuns: 300 },
  )
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
