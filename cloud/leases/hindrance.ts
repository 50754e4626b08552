import type { HoldReason } from '#contract/order.ts'

const REASONS: Readonly<Record<HoldReason, string>> = {
  zone: 'вне зоны',
  balance: 'баланс',
  inspection: 'ТО',
  papers: 'документы',
  manual: 'вручную',
  theft: 'угон',
}

/** Pure. Why a vehicle with these standing holds is not handed out: one sentence for each reason. */
export const holdHindrances = (holds: readonly { readonly reason: HoldReason }[]): readonly string[] =>
  [...new Set(holds.map(({ reason }) => reason))].map(
    (reason) => `Стоит причина блокировки «${REASONS[reason]}». Сначала снимите её`,
  )
