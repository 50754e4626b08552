import type { OrderRequested } from '../decisions/decision.ts'
import type { OrderRow } from '../postgres/fleet-tables.ts'
import type { Approval } from '../signer/signer-message.ts'
import type { OrderState } from './order-state.ts'

/** An order as stored; its state as `stateOf` reads it. */
export type StoredOrder = Omit<OrderRow, 'number' | 'reasons' | 'approvals'> & {
  readonly number: number
  readonly reasons: OrderRequested['reasons']
  readonly approvals: readonly Approval[]
}

/** Pure. */
export const stateOf = (order: StoredOrder): OrderState => ({
  state: order.state,
  at: order.stateAt,
  by: order.stateBy,
  reason: order.stateReason,
  relay: order.relay,
})
