import type { Profile, ProfileReading, Unit } from '#contract/profile.ts'
import type { QualityReason, ReadingValue } from './reading.ts'

/** A value of a reading, or why there is none. `defaulted` marks the assumed value of an omitted member. */
export type Meant =
  | { readonly value: ReadingValue; readonly defaulted?: true }
  | { readonly reason: Extract<QualityReason, 'missing' | 'decode' | 'range'> }

type Meaning = Pick<ProfileReading, 'scale' | 'offset' | 'unit' | 'map' | 'missing' | 'range'>

/** What one unit of the device is in the house's unit. */
const FACTORS: Readonly<Partial<Record<Unit, number>>> = {
  kn: 1.852,
  'm/s': 3.6,
  mph: 1.609344,
  '0.1 km': 0.1,
  mi: 1.609344,
  mV: 0.001,
}

/** IEEE 754 float32 maximum, which many devices use for "no value". */
const FLOAT_LIMIT = 3.4e38
/** An epoch above this is milliseconds: as seconds it would be the year 5138. */
const EPOCH_MS_FROM = 1e11

const isNumberText = (raw: unknown): raw is string => typeof raw === 'string' && /^[+-]?\d+(\.\d+)?$/.test(raw)

function isMissing(raw: unknown, declared: Meaning['missing']): boolean {
  if (raw === undefined || raw === null || raw === '') return true
  if (typeof raw === 'number' && (Number.isNaN(raw) || Math.abs(raw) >= FLOAT_LIMIT)) return true
  return (
    declared?.some((one) => one === raw || (typeof one === 'number' && isNumberText(raw) && one === Number(raw))) ??
    false
  )
}

function mapped(raw: string | number | boolean, map: NonNullable<Meaning['map']>): Meant {
  const keys = typeof raw === 'boolean' ? [String(raw), raw ? '1' : '0'] : [String(raw)]
  const key = keys.find((candidate) => Object.hasOwn(map, candidate))
  const value = key === undefined ? undefined : map[key]
  return value === undefined ? { reason: 'decode' } : { value }
}

/**
 * Pure. A raw value to the house's units: missing values, map, scale and offset, unit, range (which is said in the
 * house's units). A text that reads as a number counts as one wherever a number is wanted.
 */
export function meanValue(raw: unknown, meaning: Meaning): Meant {
  if (isMissing(raw, meaning.missing)) return { reason: 'missing' }
  if (typeof raw !== 'number' && typeof raw !== 'string' && typeof raw !== 'boolean') return { reason: 'decode' }
  if (meaning.map !== undefined) return mapped(raw, meaning.map)
  const wantsNumber =
    meaning.scale !== undefined ||
    meaning.offset !== undefined ||
    meaning.unit !== undefined ||
    meaning.range !== undefined
  if (!wantsNumber) return { value: raw }
  const number = isNumberText(raw) ? Number(raw) : raw
  if (typeof number !== 'number') return { reason: 'decode' }
  const value = inHouseUnit(number * (meaning.scale ?? 1) + (meaning.offset ?? 0), meaning.unit)
  if (meaning.range !== undefined && (value < meaning.range[0] || value > meaning.range[1])) return { reason: 'range' }
  return { value }
}

function inHouseUnit(value: number, unit: Unit | undefined): number {
  if (unit === undefined) return value
  if (unit === 'epoch') return value > EPOCH_MS_FROM ? Math.round(value) : Math.round(value * 1000)
  return value * (FACTORS[unit] ?? 1)
}

/** Pure. May this reading be evidence for the interlock, as far as its profile goes? */
export const mayBeEvidence = (profile: Profile, name: string): boolean =>
  profile.status !== 'experimental' &&
  !(profile.caveats ?? []).some((caveat) => caveat.evidence === false && (caveat.readings ?? []).includes(name))
