import type { Installation } from '#contract/installation.ts'
import type { Millis } from '#contract/instant.ts'
import type { OrderAction, RefuseReason, WaitReason } from '#contract/order.ts'
import type { RelayDrive } from '../immobilizer/relay-output.ts'
import { gnssTrust } from '../position/gnss-trust.ts'
import { calmFor, type Evidence, type EvidenceSources, type Level } from './evidence.ts'
import { type FixTrack, fixAge, isUnrest, runFor, slowFor } from './fix-track.ts'
import type { InterlockPolicy } from './interlock-policy.ts'

export type Verdict =
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'wait'; readonly reason: WaitReason }
  | { readonly verdict: 'refuse'; readonly reason: RefuseReason | 'expired' }

export type Circuit = NonNullable<Installation['immobilizer']>['circuit']

/** What the gateway knows of its relay apart from the sensors: memory, faults and wear. */
export type RelayRecord = {
  /** The last state a read-back proved; `unknown` since a reboot, a silence or a fault. */
  readonly reported: RelayDrive | 'unknown'
  readonly fault: 'none' | 'latched'
  /** Monotonic moments of the last writes, oldest first. */
  readonly toggles: readonly Millis[]
}

/** Everything a verdict depends on. The order has been proved genuine, ours and new before it gets here. */
export type Question = {
  readonly action: OrderAction
  readonly expiry: 'running' | 'passed'
  readonly commissioning: 'sealed' | 'open'
  /** Absent when no immobilizer is installed. */
  readonly circuit?: Circuit
  readonly sources: EvidenceSources
  readonly evidence: Evidence
  readonly relay: RelayRecord
  readonly policy: InterlockPolicy
  readonly now: Millis
}

const PROCEED: Verdict = { verdict: 'proceed' }
const wait = (reason: WaitReason): Verdict => ({ verdict: 'wait', reason })
const refuse = (reason: RefuseReason | 'expired'): Verdict => ({ verdict: 'refuse', reason })

/**
 * Pure. May the relay be moved at this very moment? Source: edge notes §7.3, reliability notes I1. Anything missing,
 * stale, doubtful or contradictory is motion, and motion waits.
 */
export function judge(question: Question): Verdict {
  // Unblocking only gives control back: no interlock, no expiry, no commissioning.
  if (question.action === 'unblock') return PROCEED
  return refusal(question) ?? ignitionOff(question) ?? sensorStill(question) ?? standing(question) ?? rested(question)
}

function refusal({ expiry, commissioning, circuit, relay, policy }: Question): Verdict | undefined {
  if (expiry === 'passed') return refuse('expired')
  if (circuit === undefined || commissioning === 'open') return refuse('not-commissioned')
  if (circuit !== 'starter' && !policy.allowRunningCircuitCut) return refuse('circuit-not-allowed')
  if (relay.fault === 'latched') return refuse('relay-fault')
  return undefined
}

const fresh = (level: Level | undefined, maxAge: Millis, now: Millis): level is Level =>
  level !== undefined && now - level.at <= maxAge

/** Condition 2. The last look must be younger than an engine takes to start, the way to the contact included: I1. */
function ignitionOff({ evidence, sources, policy, now }: Question): Verdict | undefined {
  const { ignition } = evidence
  if (sources.ignition === undefined || !fresh(ignition, policy.ignitionMaxAge, now)) return wait('evidence-stale')
  if (ignition.on || calmFor(ignition) < policy.ignitionOff) return wait('ignition-on')
  return fresh(ignition, policy.ignitionFresh, now) ? undefined : wait('evidence-stale')
}

/** Condition 4, where a motion sensor is fitted. */
function sensorStill({ evidence, sources, policy, now }: Question): Verdict | undefined {
  if (sources.motion === undefined) return undefined
  if (!fresh(evidence.motion, policy.motionMaxAge, now)) return wait('evidence-stale')
  return calmFor(evidence.motion) < policy.motionStill ? wait('moving') : undefined
}

/**
 * Condition 3 or 5. The second is asked even while there are fixes, so that losing them never helps; a receiver that
 * lately contradicted standstill forbids it.
 */
function standing(question: Question): Verdict | undefined {
  const { evidence, policy, now } = question
  const { fix } = evidence
  const believed =
    fix?.runSince !== undefined && fixAge(fix, now) <= policy.fixMaxAge && gnssTrust(evidence.trust) === 'ok'
  const withoutGnss = standingWithoutGnss(question)
  if (!believed || withoutGnss === undefined) return withoutGnss
  return standingByGnss(question, fix)
}

function standingByGnss(question: Question, fix: FixTrack): Verdict | undefined {
  const { policy, circuit } = question
  const least = circuit === 'starter' ? policy.standstill : policy.runningStandstill
  if (fix.slowSince === undefined || slowFor(fix) < least || isUnrest(fix, policy)) return wait('moving')
  // Positions of less than a full window prove no displacement: what was not seen may have been motion.
  if (runFor(fix) < policy.displacementWindow) return wait('evidence-stale')
  return reach(question, fix)
}

/**
 * Condition 7 and I1: the speed the car could have by the time the contact moves. It binds a running circuit always,
 * and a starter circuit where the fix is the only witness of standstill; a motion sensor, still till now, lifts it.
 */
function reach({ policy, now, circuit, sources }: Question, fix: FixTrack): Verdict | undefined {
  const age = fixAge(fix, now)
  const running = circuit !== 'starter'
  if (
    running &&
    fix.newest.speedKmh + gained(policy.drivingKmhPerS, age + policy.runningActuation) > policy.hardLimitKmh
  )
    return wait('moving')
  if (!running && sources.motion !== undefined) return undefined
  // A receiver's speed has an error of its own, and a car that has just begun to roll is where it matters.
  const safeKmh = Math.min(policy.standstillKmh, policy.safeKmh) - policy.speedErrorKmh
  if (fix.newest.speedKmh + gained(policy.rollingKmhPerS, policy.actuation) > safeKmh) return wait('moving')
  const atContact = fix.newest.speedKmh + gained(policy.rollingKmhPerS, age + policy.actuation)
  // Not "moving": a newer fix may well prove standstill, and is judged the moment it comes.
  return age > policy.loneFixMaxAge || atContact > safeKmh ? wait('evidence-stale') : undefined
}

const gained = (kmhPerS: number, length: number): number => (kmhPerS * length) / 1000

/** Condition 5: a garage or jamming. Ignition off and a motion sensor still, both for long; never on a running circuit. */
function standingWithoutGnss({ evidence, sources, policy, circuit }: Question): Verdict | undefined {
  const { ignition, motion, unrestAt } = evidence
  if (circuit !== 'starter') return wait('evidence-stale')
  if (sources.motion === undefined || motion === undefined || ignition === undefined) return wait('no-motion-evidence')
  const untroubled = unrestAt === undefined ? Number.POSITIVE_INFINITY : Math.min(ignition.at, motion.at) - unrestAt
  const calm = Math.min(calmFor(ignition), calmFor(motion), untroubled)
  return calm < policy.withoutGnss ? wait('evidence-stale') : undefined
}

const HOUR_MS = 3_600_000

/** Condition 6: the relay is as we left it, and has rested. */
function rested({ evidence, relay, policy, now }: Question): Verdict {
  const { drive } = evidence
  if (drive === undefined || now - drive.at > policy.relayMaxAge) return wait('evidence-stale')
  if (drive.word !== relay.reported) return wait('relay-resting')
  const last = relay.toggles.at(-1)
  if (last !== undefined && now - last < policy.relayRest) return wait('relay-resting')
  const lately = relay.toggles.filter((at) => now - at < HOUR_MS)
  return lately.length >= policy.togglesPerHour ? wait('relay-resting') : PROCEED
}
