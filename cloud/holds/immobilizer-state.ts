import type { RelayWord } from '#contract/frame.ts'
import type { OrderAction } from '#contract/order.ts'
import type { OrderState } from '../orders/order-state.ts'

export type ImmobilizerState = 'permitted' | 'blockWaiting' | 'blocked' | 'unblockWaiting' | 'unknown'

type NewestOrder = { readonly action: OrderAction } & Pick<OrderState, 'state'>

/** Words that only the gateway can have put there, about an order it has not finished. */
const UNDER_WAY = new Set<OrderState['state']>(['received', 'waiting', 'executing'])

/**
 * Pure. What the vehicle itself last said. An order that was merely asked for or sent changes nothing; without a word
 * about the relay nothing is claimed.
 */
export function immobilizerState(relay: RelayWord, newest: NewestOrder | undefined): ImmobilizerState {
  if (relay === 'unknown') return 'unknown'
  const underWay = newest !== undefined && UNDER_WAY.has(newest.state) ? newest.action : undefined
  if (relay === 'open') return underWay === 'unblock' ? 'unblockWaiting' : 'blocked'
  return underWay === 'block' ? 'blockWaiting' : 'permitted'
}
