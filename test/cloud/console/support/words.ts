import { createInstance } from 'i18next'
import type { Language } from '../../../../cloud/console/language/age.ts'
import { en } from '../../../../cloud/console/language/en.ts'
import type { Words } from '../../../../cloud/console/language/language.ts'
import { ru } from '../../../../cloud/console/language/ru.ts'

/** The console's real words, without a page around them. */
export function wordsOf(language: Language): Words {
  const instance = createInstance()
  void instance.init({
    lng: language,
    fallbackLng: false,
    initAsync: false,
    resources: { ru: { translation: ru }, en: { translation: en } },
    interpolation: { escapeValue: false },
    nsSeparator: false,
  })
  return (key, values) => instance.t(key, { ...values })
}
