import type { DeviceId } from '#contract/ids.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { FixField, FixReading, Profile } from '#contract/profile.ts'
import { type FreshnessState, judgeFreshness } from '../profile/freshness.ts'
import type { QualityReason, Reading } from '../profile/reading.ts'
import { mayBeEvidence, meanValue } from '../profile/reading-value.ts'
import type { NmeaFix } from './nmea-epoch.ts'

const valueIn = (fix: NmeaFix, field: FixField): number | string | undefined => {
  switch (field) {
    case 'speed':
      return fix.speedKmh
    case 'course':
      return fix.courseDeg
    case 'altitude':
      return fix.altitudeM
    case 'accuracy':
      return fix.accuracyM
    case 'lat':
    case 'lon':
    case 'time':
    case 'fix':
    case 'satellites':
    case 'hdop':
      return fix[field]
    default:
      return field satisfies never
  }
}

/** Pure. The profile's readings of a fix, by name. */
export const fixFields = (profile: Profile): readonly (readonly [string, FixReading])[] =>
  Object.entries(profile.readings).flatMap(([name, reading]) => ('field' in reading ? [[name, reading] as const] : []))

type Source = { readonly device: DeviceId; readonly profile: Profile }
type Look = { readonly now: EpochMs; readonly steadyAt: Millis; readonly notBefore: EpochMs }

const base = (source: Source, name: string, reading: FixReading, look: Pick<Look, 'now' | 'steadyAt'>) => ({
  device: source.device,
  name,
  ...(reading.capability === undefined ? {} : { capability: reading.capability }),
  evidence: mayBeEvidence(source.profile, name),
  readAt: look.now,
  steadyAt: look.steadyAt,
})

/** Pure. The readings of one fix, judged by the profile's freshness rule. */
export function readingsOfFix(
  state: FreshnessState,
  source: Source,
  fix: NmeaFix,
  look: Look,
): { readonly state: FreshnessState; readonly readings: readonly Reading[] } {
  const decoded = fixFields(source.profile).map(([name, reading]): Reading => {
    const meant = meanValue(valueIn(fix, reading.field), reading)
    return 'reason' in meant
      ? { ...base(source, name, reading, look), quality: 'bad', reason: meant.reason }
      : { ...base(source, name, reading, look), value: meant.value, quality: 'good' }
  })
  const rule = source.profile.freshness?.position
  return rule === undefined ? { state, readings: decoded } : judgeFreshness(state, decoded, rule, look)
}

/** Pure. Every reading of the device as bad, for a line that is silent or gone. */
export const readingsOfSilence = (
  source: Source,
  reason: QualityReason,
  look: Pick<Look, 'now' | 'steadyAt'>,
): readonly Reading[] =>
  fixFields(source.profile).map(([name, reading]) => ({
    ...base(source, name, reading, look),
    quality: 'bad',
    reason,
  }))
