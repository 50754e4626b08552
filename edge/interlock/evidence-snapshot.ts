import type { TimeQuality } from '#contract/frame.ts'
import type { Millis } from '#contract/instant.ts'
import type { EvidenceSnapshot } from '#contract/order.ts'
import { gnssTrust, suspicionOf } from '../position/gnss-trust.ts'
import { calmFor, type Evidence, type Level } from './evidence.ts'
import { displacement, type FixTrack, fixAge, slowFor } from './fix-track.ts'

/** Pure. The evidence as a report shows it; what was not known is left out, never zeroed. */
export function evidenceSnapshot(
  evidence: Evidence,
  now: Millis,
  facts: { readonly timeQuality: TimeQuality; readonly software: string },
): EvidenceSnapshot {
  return {
    ...ofFix(evidence.fix, now),
    ...ofIgnition(evidence.ignition, now),
    ...ofMotion(evidence.motion, now),
    ...(evidence.drive === undefined ? {} : { drive: evidence.drive.word }),
    ...(evidence.sense === undefined ? {} : { sense: evidence.sense.word }),
    gnssTrust: gnssTrust(evidence.trust),
    ...ofSuspicion(evidence),
    timeQuality: facts.timeQuality,
    software: facts.software,
  }
}

function ofSuspicion({ trust }: Evidence): EvidenceSnapshot {
  const suspicion = suspicionOf(trust)
  return suspicion === undefined ? {} : { gnssReasons: [...suspicion.reasons] }
}

const tenth = (value: number): number => Math.round(value * 10) / 10

function ofFix(fix: FixTrack | undefined, now: Millis): EvidenceSnapshot {
  if (fix === undefined) return {}
  return {
    speedKmh: fix.newest.speedKmh,
    fixAgeMs: Math.round(fixAge(fix, now)),
    displacementM: tenth(displacement(fix)),
    slowForMs: Math.round(slowFor(fix)),
    ...(fix.newest.satellites === undefined ? {} : { satellites: fix.newest.satellites }),
    ...(fix.newest.accuracyM === undefined ? {} : { accuracyM: tenth(fix.newest.accuracyM) }),
  }
}

const ofIgnition = (level: Level | undefined, now: Millis): EvidenceSnapshot =>
  level === undefined
    ? {}
    : {
        ignition: level.on,
        ignitionAgeMs: Math.round(now - level.at),
        ignitionOffForMs: Math.round(calmFor(level)),
      }

const ofMotion = (level: Level | undefined, now: Millis): EvidenceSnapshot =>
  level === undefined
    ? {}
    : { motion: level.on, motionAgeMs: Math.round(now - level.at), stillForMs: Math.round(calmFor(level)) }
