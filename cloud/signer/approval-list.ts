import { z } from 'zod'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import type { UnnumberedOrder } from './signer-message.ts'

/** A block as a person stands by it; an order that differs in any of this is another one. */
export const ListedBlock = z.strictObject({
  orderId: OrderId,
  vehicleId: VehicleId,
  gatewayId: GatewayId,
  reasons: z.array(HoldReason).min(1).max(6).readonly(),
  notAfter: EpochMs,
})
export type ListedBlock = z.infer<typeof ListedBlock>

/** What a person signs: which cars, why and until when, how many, and as whom. `wish` is random, so no two are alike. */
export type ApprovalList = {
  readonly v: 1
  readonly wish: string
  readonly approver: string
  readonly count: number
  /** The last moment at which one of the blocks may still be executed. */
  readonly until: EpochMs
  readonly blocks: readonly ListedBlock[]
}

/** Pure. The list of these blocks, in an order of its own. */
export function listOf(wish: string, approver: string, blocks: readonly ListedBlock[]): ApprovalList {
  const sorted = blocks
    .map(({ orderId, vehicleId, gatewayId, reasons, notAfter }) => ({
      orderId,
      vehicleId,
      gatewayId,
      reasons,
      notAfter,
    }))
    .sort((one, other) => (one.orderId < other.orderId ? -1 : 1))
  const until = EpochMs.parse(Math.max(...sorted.map(({ notAfter }) => notAfter)))
  return { v: 1, wish, approver, count: sorted.length, until, blocks: sorted }
}

/** Pure. Is this the very block that the person stood by? */
export const isListed = (block: ListedBlock, claims: UnnumberedOrder): boolean =>
  claims.action === 'block' &&
  claims.orderId === block.orderId &&
  claims.vehicleId === block.vehicleId &&
  claims.aud === block.gatewayId &&
  claims.notAfter === block.notAfter &&
  claims.reasons.length === block.reasons.length &&
  claims.reasons.every((reason, index) => reason === block.reasons[index])
