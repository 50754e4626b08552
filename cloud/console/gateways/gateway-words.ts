import type { Gateway } from '../api/gateway.ts'
import { ageWords, type Language, spanWords } from '../language/age.ts'
import type { Words } from '../language/language.ts'
import { dayWords } from '../language/moment.ts'

const DAY_MS = 86_400_000
/** Certificates live 90 days and are renewed long before; one that gets this old has a silent gateway. */
const SOON_MS = 14 * DAY_MS

export type Speech = { readonly t: Words; readonly language: Language; readonly now: number }
export type Remark = { readonly words: string; readonly urgent: boolean }

export function certificateWords(gateway: Gateway, { t, language, now }: Speech): Remark {
  if (gateway.certificateExpiresAt === null) return { words: t('gateway.noCertificate'), urgent: false }
  const ends = Date.parse(gateway.certificateExpiresAt)
  const at = dayWords(ends, now, language)
  if (ends <= now) return { words: t('gateway.certificateEnded', { at }), urgent: true }
  if (ends - now > SOON_MS) return { words: t('gateway.certificate', { at }), urgent: false }
  return { words: t('gateway.certificateEnds', { span: spanWords(ends - now, language) }), urgent: true }
}

export function linkWords(gateway: Gateway, { t, language, now }: Speech): string {
  if (gateway.online === null || gateway.state !== 'active') return t('vehicle.presenceUnknown')
  if (gateway.online) return t('vehicle.online')
  if (gateway.statusAt === null) return t('vehicle.offline')
  return t('vehicle.offlineFor', { span: spanWords(now - Date.parse(gateway.statusAt), language) })
}

export function sealWords(gateway: Gateway, { t, language, now }: Speech): Remark {
  if (gateway.sealed === null) return { words: t('gateway.notSealed'), urgent: gateway.state === 'active' }
  return {
    words: t('gateway.sealedAt', { at: ageWords(now - Date.parse(gateway.sealed.at), language) }),
    urgent: false,
  }
}
