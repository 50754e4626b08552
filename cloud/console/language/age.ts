export type AgeUnit = 'now' | 'second' | 'minute' | 'hour' | 'day'
export type Age = { readonly unit: AgeUnit; readonly count: number }

/** Pure. An age in ms as a person says it: seconds below a minute, minutes below an hour, and so on. Never negative. */
export function ageOf(ms: number): Age {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 5) return { unit: 'now', count: 0 }
  if (seconds < 60) return { unit: 'second', count: seconds }
  if (seconds < 3600) return { unit: 'minute', count: Math.floor(seconds / 60) }
  if (seconds < 48 * 3600) return { unit: 'hour', count: Math.floor(seconds / 3600) }
  return { unit: 'day', count: Math.floor(seconds / 86_400) }
}

/** A number must not be parted from its unit by the end of a line. */
const NO_BREAK = '\u00a0'

export type Language = 'ru' | 'en'

// «мин», «с», «ч» do not change with the number, days do; English adds nothing either.
const DAYS: Record<Language, Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>> = {
  ru: { one: 'день', few: 'дня', many: 'дней', other: 'дня' },
  en: { one: 'day', other: 'days' },
}
const SHORT: Record<Language, Readonly<Record<'second' | 'minute' | 'hour', string>>> = {
  ru: { second: 'с', minute: 'мин', hour: 'ч' },
  en: { second: 's', minute: 'min', hour: 'h' },
}
const plurals: Record<Language, Intl.PluralRules> = { ru: new Intl.PluralRules('ru'), en: new Intl.PluralRules('en') }

/** Pure. A length of time: «47 мин», «2 ч», «3 дня». */
export function spanWords(ms: number, language: Language): string {
  const { unit, count } = ageOf(ms)
  if (unit === 'now') return `${Math.max(0, Math.floor(ms / 1000))}${NO_BREAK}${SHORT[language].second}`
  if (unit === 'day')
    return `${count}${NO_BREAK}${DAYS[language][plurals[language].select(count)] ?? DAYS[language].other ?? ''}`
  return `${count}${NO_BREAK}${SHORT[language][unit]}`
}

/** Pure. How long ago: «только что», «3 мин назад». */
export function ageWords(ms: number, language: Language): string {
  if (ageOf(ms).unit === 'now') return language === 'ru' ? 'только что' : 'just now'
  return language === 'ru' ? `${spanWords(ms, 'ru')} назад` : `${spanWords(ms, 'en')} ago`
}
