import type { RelayWord } from '#contract/frame.ts'
import type { GatewayId } from '#contract/ids.ts'
import { type EpochMs, later, type Millis } from '#contract/instant.ts'
import type { HoldReason, OrderAction } from '#contract/order.ts'
import type { OrderState } from '../orders/order-state.ts'
import type { BlockAbility } from './can-block.ts'

/** The newest order of a vehicle, as far as the next decision needs it. */
export type NewestOrder = OrderState & {
  readonly action: OrderAction
  readonly gatewayId: GatewayId
  /** The gateway has spoken about it at least once. */
  readonly heard: boolean
  /** When it ceased to be open, by the cloud's clock; null while it is. */
  readonly closedAt: EpochMs | null
}

export type Situation = {
  /** Reasons of the holds that stand, oldest first. */
  readonly reasons: readonly HoldReason[]
  /** `running`: starts are permitted for a time although holds stand. */
  readonly grace: 'none' | 'running'
  /** `never-block`: it stands where no start is ever forbidden: on a bridge, in a tunnel. */
  readonly place?: 'anywhere' | 'never-block'
  /** The gateway that is in the vehicle now and in service. */
  readonly gateway: { readonly id: GatewayId; readonly online: boolean | null } | undefined
  readonly ability: BlockAbility
  readonly newest: NewestOrder | undefined
  /** The vehicle's own last word about its relay, from the gateway that is in it now. */
  readonly relay: { readonly word: RelayWord; readonly at: EpochMs } | undefined
}

export type Pace = {
  /** Between the end of a block that came to nothing and the next try. */
  readonly blockRetry: Millis
  readonly unblockRetry: Millis
}

export type Wanted =
  | { readonly order: 'none' }
  | { readonly order: OrderAction; readonly reasons: readonly HoldReason[] }
  /** Something is to be done, but not before this moment. */
  | { readonly order: 'later'; readonly at: EpochMs }

const NONE: Wanted = { order: 'none' }

/** Reports are stamped by the gateway's clock and frames by GNSS; closer than this they tell of the same moment. */
const SAME_MOMENT_MS = 5000

/**
 * Pure. Which order, if any, brings the vehicle from where it is to what its holds say. Blocking is wanted while at
 * least one hold stands, no grace runs and the vehicle can be blocked; unblocking when none does. Only the vehicle's own word ends it.
 */
export function wantedOrder(situation: Situation, pace: Pace, now: EpochMs): Wanted {
  const { gateway, reasons, newest } = situation
  if (gateway === undefined) return NONE
  const ours = newest?.gatewayId === gateway.id ? newest : undefined
  if (situation.place === 'never-block' && reasons.length > 0 && situation.grace === 'none') return wantedHere(ours)
  return reasons.length === 0 || situation.grace === 'running'
    ? wantedUnblock(ours, situation, pace, now)
    : wantedBlock(ours, gateway.online, situation, pace, now)
}

/** No block begins here, and one that only waits is called off; a vehicle that was blocked elsewhere stays so. */
function wantedHere(ours: NewestOrder | undefined): Wanted {
  const waits = ours?.action === 'block' && ours.closedAt === null && ours.state !== 'executing'
  return waits ? { order: 'unblock', reasons: [] } : NONE
}

function wantedBlock(
  ours: NewestOrder | undefined,
  online: boolean | null,
  { reasons, ability, relay }: Situation,
  pace: Pace,
  now: EpochMs,
): Wanted {
  if (!ability.canBlock) return NONE
  const block: Wanted = { order: 'block', reasons: [...new Set(reasons)] }
  if (ours === undefined || ours.action === 'unblock') return block
  if (ours.closedAt === null) return NONE
  // A vehicle that is away gets a fresh order when it is back; until then a new one could only expire too.
  if (ours.state === 'expired') return online === false && !ours.heard ? NONE : block
  // Open as ordered, or not heard of since. Closed again means that someone or something released it.
  if (ours.state === 'verified' && !contradicts(relay, 'closed', ours)) return NONE
  return due(block, later(ours.closedAt, pace.blockRetry), now)
}

function wantedUnblock(ours: NewestOrder | undefined, { relay }: Situation, pace: Pace, now: EpochMs): Wanted {
  const unblock: Wanted = { order: 'unblock', reasons: [] }
  if (ours === undefined) return relay?.word === 'open' ? unblock : NONE
  if (ours.action === 'block') return unblock
  if (ours.closedAt === null) return NONE
  if (ours.state === 'verified' && !contradicts(relay, 'open', ours)) return NONE
  return due(unblock, later(ours.closedAt, pace.unblockRetry), now)
}

/** Pure. Has the relay said the opposite since the order was verified? */
const contradicts = (relay: Situation['relay'], word: RelayWord, order: NewestOrder): boolean =>
  relay !== undefined && relay.word === word && relay.at > verifiedAt(order) + SAME_MOMENT_MS

/** By the gateway's clock, unless that ran ahead: it cannot have been later than we heard of it. */
const verifiedAt = ({ at, closedAt }: NewestOrder): number => Math.min(at, closedAt ?? at)

const due = (order: Wanted, at: EpochMs, now: EpochMs): Wanted => (now >= at ? order : { order: 'later', at })
