import { type Millis, millis, seconds } from '#contract/instant.ts'
import type { Capability, Profile } from '#contract/profile.ts'
import type { Reading } from './reading.ts'

const QUICK: ReadonlySet<Capability> = new Set(['ignition', 'motion', 'relay.drive', 'relay.sense'])

/** Pure. How old a reading may grow: ignition, motion and relay 3 s, position 10 s, all others twice their period. */
export function ageLimit(capability: Capability | undefined, periodMs: number): Millis {
  if (capability !== undefined && QUICK.has(capability)) return seconds(3)
  if (capability?.startsWith('position.') === true) return seconds(10)
  return millis(2 * periodMs)
}

/** Pure. The reading as it counts now: past its limit it is stale, whatever it was worth when it came. */
export function aged(reading: Reading, steadyNow: Millis, limit: Millis): Reading {
  if (reading.quality === 'bad' || reading.quality === 'stale') return reading
  return steadyNow - reading.steadyAt > limit ? { ...reading, quality: 'stale', reason: 'old' } : reading
}

const DEFAULT_PERIOD_MS = 1000

/** Pure. How often a profile has this reading made, in ms. */
export function readingPeriod(profile: Profile | undefined, name: string): number {
  const reading = profile?.readings[name]
  if (reading === undefined) return DEFAULT_PERIOD_MS
  if ('topic' in reading) return reading.everyMs ?? DEFAULT_PERIOD_MS
  return 'group' in reading ? (profile?.groups?.[reading.group]?.everyMs ?? DEFAULT_PERIOD_MS) : DEFAULT_PERIOD_MS
}
