import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { Language } from './age.ts'
import { en } from './en.ts'
import { ru } from './ru.ts'

const STORED = 'kordon.language'

const asLanguage = (text: string | null | undefined): Language => (text === 'en' ? 'en' : 'ru')

/** Both languages are in the bundle: together they weigh less than one more request. Russian unless chosen otherwise. */
export function startLanguage(): void {
  const language = asLanguage(localStorage.getItem(STORED))
  document.documentElement.lang = language
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { ru: { translation: ru }, en: { translation: en } },
    interpolation: { escapeValue: false },
    // Problem codes contain a slash and reasons a dash; only the dot separates levels.
    keySeparator: '.',
    nsSeparator: false,
    returnNull: false,
  })
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(STORED, language)
  document.documentElement.lang = language
  void i18next.changeLanguage(language)
}

export type Words = (key: string, values?: Readonly<Record<string, string | number>>) => string

/** The words of the chosen language, and which language that is. */
export function useWords(): { readonly t: Words; readonly language: Language } {
  const { t, i18n } = useTranslation()
  return { t: (key, values) => t(key, { ...values }), language: asLanguage(i18n.resolvedLanguage) }
}

/** Pure. The sentence for a word of the wire, or the general one that names it, when the wire has grown faster than we. */
export function wordOr(
  t: Words,
  group: string,
  word: string,
  values: Readonly<Record<string, string | number>>,
): string {
  const key = `${group}.${word}`
  const said = t(key, values)
  return said === key ? t(`${group}.other`, values) : said
}
