import type { RelayWord } from '#contract/frame.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { OrderReport, ReportedState } from '#contract/order.ts'

/** Who said it: the gateway's word is a fact, the cloud's is what the cloud did or has to assume. */
export type SaidBy = 'cloud' | 'gateway'

export type OrderState = {
  readonly state: 'created' | 'sent' | ReportedState
  readonly at: EpochMs
  readonly by: SaidBy
  readonly reason: string | null
  readonly relay: RelayWord | null
}
export type OrderStateWord = OrderState['state']

const FINAL: ReadonlySet<OrderStateWord> = new Set(['verified', 'refused', 'failed', 'expired', 'superseded'])

/** Pure. A final order is no longer open: nothing more will be done for it. */
export const isFinal = (state: OrderStateWord): boolean => FINAL.has(state)

/** Pure. The state of an order that has only been asked for. */
export const created = (at: EpochMs): OrderState => ({ state: 'created', at, by: 'cloud', reason: null, relay: null })

/** Pure. The broker has taken the order; a state the gateway has already spoken about stays. */
export const sent = (current: OrderState, at: EpochMs): OrderState =>
  current.state === 'created' ? { ...current, state: 'sent', at } : current

/**
 * Pure. The cloud gives an open order up: its time is over, or a newer one took its place. An assumption: the gateway
 * may have acted before it heard of it, and its later word still counts.
 */
export const givenUp = (current: OrderState, state: 'expired' | 'superseded', at: EpochMs): OrderState =>
  isFinal(current.state) ? current : { ...current, state, at, by: 'cloud', reason: null }

/**
 * Pure. Applies what the gateway said. Reports may come late, twice or out of order: a final state that the gateway
 * itself gave never moves again, an older report never overtakes a newer one, and an order the cloud gave up is moved
 * only by the gateway's final word.
 */
export function advance(current: OrderState, report: OrderReport): OrderState {
  if (isFinal(report.state)) return isFinal(current.state) && current.by === 'gateway' ? current : told(report)
  if (isFinal(current.state)) return current
  if (current.by === 'cloud') return told(report)
  // `received` opens every story, so it can only be late here.
  if (report.state === 'received' || report.at < current.at) return current
  return told(report)
}

/** Pure. What a report says, taken by itself. */
export const told = (report: OrderReport): OrderState => ({
  state: report.state,
  at: report.at,
  by: 'gateway',
  reason: 'reason' in report ? report.reason : null,
  relay: report.relay,
})
