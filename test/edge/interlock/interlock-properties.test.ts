import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Millis, millis } from '#contract/instant.ts'
import { type Evidence, NO_EVIDENCE, observe } from '../../../edge/interlock/evidence.ts'
import type { FixTrack } from '../../../edge/interlock/fix-track.ts'
import { judge, type Question } from '../../../edge/interlock/interlock.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { drive, fix, ignition, motion, SOURCES, withMotion } from '../../support/moments.ts'

/** The rule with shorter waits, so that a short life can end in proceed by either path. */
const policy = {
  ...interlockPolicy({ ignitionOffMs: 30_000, relayRestMs: 0, relayTogglesPerHour: 3600 }),
  displacementWindow: millis(25_000),
  motionStill: millis(30_000),
  withoutGnss: millis(40_000),
}
const quality = fc.constantFrom('good', 'good', 'good', 'good', 'stale', 'bad', 'uncertain') as fc.Arbitrary<
  Reading['quality']
>

type Second = {
  readonly ignition: boolean
  readonly motion: boolean
  readonly speedKmh: number
  readonly northM: number
  readonly quality: Reading['quality']
  readonly heard: boolean
  readonly trust: 'ok' | 'jammed' | undefined
}

/** Mostly calm seconds, so that a good part of the lives ends in proceed, with every kind of trouble strewn in. */
const second: fc.Arbitrary<Second> = fc.record({
  ignition: fc.oneof({ weight: 300, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  motion: fc.oneof({ weight: 300, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  speedKmh: fc.oneof(
    { weight: 150, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 60, noNaN: true }) },
  ),
  northM: fc.oneof(
    { weight: 150, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 60, noNaN: true }) },
  ),
  quality: fc.oneof({ weight: 40, arbitrary: fc.constant('good' as const) }, { weight: 1, arbitrary: quality }),
  heard: fc.oneof({ weight: 60, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  trust: fc.oneof(
    { weight: 100, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('ok' as const, 'jammed' as const) },
  ),
})

const life = fc.record({
  seconds: fc.array(second, { minLength: 35, maxLength: 90, size: 'max' }),
  motionFitted: fc.boolean(),
  gnssFitted: fc.boolean(),
  afterMs: fc.integer({ min: 0, max: 600 }),
})
type Life = typeof life extends fc.Arbitrary<infer Of> ? Of : never

function questionOf(
  { seconds, motionFitted, gnssFitted, afterMs }: Life,
  action: Question['action'] = 'block',
): Question {
  const sources = motionFitted ? withMotion : SOURCES
  let evidence: Evidence = NO_EVIDENCE
  for (const [index, now] of seconds.entries()) {
    const at = (index + 1) * 1000
    const more = { quality: now.quality }
    const readings = [ignition(now.ignition, at, more), motion(now.motion, at, more), drive('free', at, more)]
    evidence = observe(evidence, readings, sources, policy)
    const trust = now.trust === undefined ? {} : { trust: now.trust }
    if (gnssFitted && now.heard)
      evidence = observe(
        evidence,
        fix(at, { speedKmh: now.speedKmh, northM: now.northM, ...trust, more }),
        sources,
        policy,
      )
  }
  return {
    action,
    expiry: 'running',
    commissioning: 'sealed',
    circuit: 'starter',
    sources,
    evidence,
    relay: { reported: 'free', fault: 'none', toggles: [] },
    policy,
    now: millis(seconds.length * 1000 + afterMs),
  }
}

const without = (evidence: Evidence, key: 'ignition' | 'motion' | 'fix' | 'drive' | 'sense'): Evidence => {
  const { [key]: _gone, ...rest } = evidence
  return rest
}

const earlier = (at: Millis, by: number): Millis => millis(at - by)
const agedLevel = <Of extends { at: Millis; calmSince?: Millis }>(level: Of, by: number): Of => ({
  ...level,
  at: earlier(level.at, by),
  ...(level.calmSince === undefined ? {} : { calmSince: earlier(level.calmSince, by) }),
})
const agedFix = (track: FixTrack, by: number): FixTrack => ({
  ...track,
  newest: { ...track.newest, at: earlier(track.newest.at, by) },
  ...(track.runSince === undefined ? {} : { runSince: earlier(track.runSince, by) }),
  ...(track.slowSince === undefined ? {} : { slowSince: earlier(track.slowSince, by) }),
  recent: track.recent.map((one) => ({ ...one, at: earlier(one.at, by) })),
})

const aged = (evidence: Evidence, key: 'ignition' | 'motion' | 'fix' | 'drive', by: number): Evidence => {
  const { [key]: part, ...rest } = evidence
  if (part === undefined) return rest
  if (key === 'fix') return evidence.fix === undefined ? rest : { ...rest, fix: agedFix(evidence.fix, by) }
  if (key === 'drive')
    return evidence.drive === undefined
      ? rest
      : { ...rest, drive: { ...evidence.drive, at: earlier(evidence.drive.at, by) } }
  const level = evidence[key]
  return level === undefined ? rest : { ...rest, [key]: agedLevel(level, by) }
}

const RUNS = { numRuns: 150, endOnFailure: true }

test('losing any source never turns wait into proceed', () => {
  const seen = { proceed: 0, wait: 0 }
  fc.assert(
    fc.property(life, fc.constantFrom('ignition', 'motion', 'fix', 'drive', 'sense'), (lived, key) => {
      const question = questionOf(lived)
      const before = judge(question).verdict
      if (before !== 'refuse') seen[before] += 1
      const after = judge({ ...question, evidence: without(question.evidence, key) }).verdict
      return before === 'proceed' || after !== 'proceed'
    }),
    RUNS,
  )
  // The property would say nothing about lives that all end alike.
  expect(seen.proceed).toBeGreaterThan(20)
  expect(seen.wait).toBeGreaterThan(20)
})

test('evidence that grows older never turns wait into proceed', () => {
  fc.assert(
    fc.property(
      life,
      fc.constantFrom('ignition', 'motion', 'fix', 'drive'),
      fc.integer({ min: 1, max: 20_000 }),
      (lived, key, by) => {
        const question = questionOf(lived)
        const after = judge({ ...question, evidence: aged(question.evidence, key, by) }).verdict
        return judge(question).verdict === 'proceed' || after !== 'proceed'
      },
    ),
    RUNS,
  )
})

test('a second of trouble at the end is never followed by proceed', () => {
  fc.assert(
    fc.property(
      life,
      fc.constantFrom({ ignition: true }, { motion: true }, { speedKmh: 12 }, { northM: 45 }),
      (lived, trouble) => {
        const calm: Second = {
          ignition: false,
          motion: false,
          speedKmh: 0,
          northM: 0,
          quality: 'good',
          heard: true,
          trust: undefined,
        }
        // A receiver that calls itself jammed is not believed in its displacement either.
        const seconds = [...lived.seconds.map((one) => ({ ...one, trust: undefined })), { ...calm, ...trouble }]
        const troubled = { ...lived, gnssFitted: true, seconds }
        const relevant = !('motion' in trouble) || lived.motionFitted
        return !relevant || judge(questionOf(troubled)).verdict !== 'proceed'
      },
    ),
    RUNS,
  )
})

test('unblocking always proceeds, whatever has been seen and whatever is forbidden', () => {
  fc.assert(
    fc.property(
      life,
      fc.record({
        expiry: fc.constantFrom('running', 'passed'),
        commissioning: fc.constantFrom('sealed', 'open'),
        circuit: fc.constantFrom('starter', 'ignition', 'fuel-pump'),
        fault: fc.constantFrom('none', 'latched'),
      }),
      (lived, { fault, ...forbidden }) => {
        const question = questionOf(lived, 'unblock')
        return judge({ ...question, ...forbidden, relay: { ...question.relay, fault } }).verdict === 'proceed'
      },
    ),
    { numRuns: 100 },
  )
})

test('no setting moves a number past its floor or ceiling', () => {
  const anything = fc.oneof(fc.double(), fc.integer())
  fc.assert(
    fc.property(
      fc.record(
        {
          ignitionOffMs: anything,
          standstillKmh: anything,
          standstillMs: anything,
          relayRestMs: anything,
          relayTogglesPerHour: anything,
        },
        { requiredKeys: [] },
      ),
      (settings) => {
        const made = interlockPolicy(settings)
        expect(made.ignitionOff).toBeGreaterThanOrEqual(30_000)
        expect(made.standstillKmh).toBeLessThanOrEqual(17)
        expect(made.standstillKmh).toBeGreaterThanOrEqual(0)
        expect(made.standstill).toBeGreaterThanOrEqual(10_000)
        expect(made.relayRest).toBeGreaterThanOrEqual(0)
        expect(made.togglesPerHour).toBeLessThanOrEqual(3600)
        expect(made.safeKmh).toBe(5)
        expect(made.allowRunningCircuitCut).toBe(false)
      },
    ),
  )
})
