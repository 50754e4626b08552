import type { Policy, PolicyValue } from '../api/rulebook.ts'
import { dayCount } from '../inspections/inspection-words.tsx'
import type { Language } from '../language/age.ts'
import type { Words } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'

const LENGTHS = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const
export type LengthUnit = (typeof LENGTHS)[number]

/** Pure. The largest unit that tells a length without a remainder. */
export const unitOf = (ms: number): LengthUnit => LENGTHS.find((one) => ms !== 0 && ms % one.ms === 0) ?? LENGTHS[2]
export const LENGTH_UNITS = LENGTHS

/** Pure. A value as people write it. */
export function valueWords(policy: Pick<Policy, 'type'>, value: PolicyValue, t: Words, language: Language): string {
  if (typeof value === 'object') return value.join(', ')
  if (typeof value === 'string') {
    const known = t(`policy.choices.${value}`)
    return policy.type !== 'choice' || known === `policy.choices.${value}` ? value : known
  }
  if (policy.type === 'money') return moneyWords(value, language)
  if (policy.type !== 'duration') return value.toLocaleString(language === 'ru' ? 'ru-RU' : 'en-GB')
  const { unit, ms } = unitOf(value)
  if (unit === 'day') return dayCount(value / ms, language)
  return `${value / ms}\u00a0${t(`policy.units.${unit}`)}`
}

/** Pure. Within which bounds a value may lie; empty where there are none. */
export function boundWords(policy: Policy, t: Words, language: Language): string {
  const say = (value: number): string => valueWords(policy, value, t, language)
  const { min, max } = policy
  if (min !== null && max !== null) return t('policy.bounds', { min: say(min), max: say(max) })
  if (min !== null) return t('policy.atLeast', { min: say(min) })
  return max === null ? '' : t('policy.atMost', { max: say(max) })
}

/** Pure. A list as it was typed. */
export function listFrom(type: Policy['type'], typed: string): PolicyValue {
  const parts = typed
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return type === 'list<int>' ? parts.map(Number) : parts
}
