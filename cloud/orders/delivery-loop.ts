import type { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import { downTopic } from '#contract/topics.ts'
import type { Broker } from '../broker/broker.ts'
import type { Log } from '../log.ts'
import type { UnnumberedOrder } from '../signer/signer-message.ts'
import type { Signer } from '../signer/signer-service.ts'
import { type Bell, restUntilRung } from './bell.ts'
import { isFinal, sent } from './order-state.ts'
import type { OrderStore } from './order-store.ts'
import { type StoredOrder, stateOf } from './stored-order.ts'
import type { UnsignedBecause } from './unsigned.ts'

export type DeliveryPace = {
  /** Looks at every open order this often even when nobody rings, and asks the signer again no sooner. */
  readonly idle: Millis
  /** An order the gateway has not answered is published again after this; an unblock until it is verified. */
  readonly repeat: Millis
  /** How long the broker may take to accept one message. */
  readonly publishLimit: Millis
}

/** Whose open order is to be looked at now, and because of what. */
export type DeliveryNote = { readonly gateway: GatewayId; readonly because: 'order-changed' | 'connected' }

type Deps = {
  readonly orders: Pick<
    OrderStore,
    'open' | 'openAt' | 'find' | 'move' | 'addStep' | 'highestSeq' | 'keepSigned' | 'keepUnsigned' | 'keepPublished'
  >
  readonly signer: Pick<Signer, 'sign'>
  readonly publish: Broker['publish']
  /** Vehicles in service: the governor's share is of these. */
  readonly fleetSize: () => number
  readonly bell: Bell<DeliveryNote>
  readonly clock: Clock
  readonly log: Log
  readonly pace: DeliveryPace
  readonly changed: (vehicle: VehicleId) => void
}

/** Orders worked on side by side; each of another gateway, so the newest of a gateway is also its last published. */
const SIDE_BY_SIDE = 16

/** So long for each block that the signer has refused: a thousand that wait for a second person are no load. */
const REFUSED_APART_MS = 100

/** What this run of the loop remembers between its rounds. */
type Memory = {
  /** Gateways that have been given their open order since we started, or since they last connected. */
  readonly reached: Set<GatewayId>
  /** Orders that came to nothing, such as blocks that the signer refused: asking earlier than `at` is in vain. */
  readonly later: Map<OrderId, { readonly gateway: GatewayId; readonly at: Millis }>
  /** Whose open order is to be looked at in this round. */
  looked: Set<GatewayId>
  sweptAt: Millis
}

/**
 * Publishes the open order of each vehicle, signed and retained, until the gateway has answered it or it is over: at
 * once, again at start, at each connect, and in between from time to time. Unblocks go first. An order is `sent` only
 * after the broker took it. What cannot be signed now waits and says why. A round reads the orders it was rung for, and
 * every `idle` all of them: however many wait, a new one costs the same.
 */
export async function runDeliveryLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { bell, clock, pace } = deps
  const memory: Memory = {
    reached: new Set(),
    later: new Map(),
    looked: new Set(),
    sweptAt: millis(Number.NEGATIVE_INFINITY),
  }
  while (!stop.aborted) {
    const rung = new Set<GatewayId>()
    for (const { gateway, because } of bell.take()) {
      rung.add(gateway)
      memory.looked.add(gateway)
      if (because === 'connected') memory.reached.delete(gateway)
    }
    for (const [id, { gateway, at }] of memory.later) {
      if (at > clock.steady()) continue
      memory.later.delete(id)
      memory.looked.add(gateway)
    }
    const open = await ordersToLookAt(memory, deps)
    if (open === undefined) {
      await restUntilRung(bell, clock, pace.idle, stop)
      continue
    }
    // Rung for: something about it has changed.
    for (const { id, gatewayId } of open) if (rung.has(gatewayId)) memory.later.delete(id)
    const due = oneOfEachGateway(open.filter((order) => isDue(order, memory, deps)))
    // Only so many before looking again: an unblock asked for meanwhile is then among the next.
    await Promise.all(due.slice(0, SIDE_BY_SIDE).map((order) => attempt(order, memory, deps, stop)))
    memory.looked = new Set(due.slice(SIDE_BY_SIDE).map(({ gatewayId }) => gatewayId))
    if (memory.looked.size > 0) continue
    const next = Math.min(memory.sweptAt + pace.idle, ...[...memory.later.values()].map(({ at }) => at))
    await restUntilRung(bell, clock, millis(Math.max(1, next - clock.steady())), stop)
  }
}

/** Those of the gateways to be looked at, or all when it is time. Undefined when they cannot be read: all are read next. */
async function ordersToLookAt(
  memory: Memory,
  { orders, clock, pace, log }: Deps,
): Promise<readonly StoredOrder[] | undefined> {
  const now = clock.steady()
  try {
    if (now - memory.sweptAt < pace.idle) return memory.looked.size === 0 ? [] : await orders.openAt([...memory.looked])
    const open = await orders.open()
    memory.sweptAt = now
    const ids = new Set(open.map(({ id }) => id))
    for (const id of memory.later.keys()) if (!ids.has(id)) memory.later.delete(id)
    return open
  } catch (cause) {
    memory.sweptAt = millis(Number.NEGATIVE_INFINITY)
    log.warn({ err: cause }, 'delivery.orders-unreadable')
    return undefined
  }
}

async function attempt(order: StoredOrder, memory: Memory, deps: Deps, stop: AbortSignal): Promise<void> {
  const { clock, log, pace, orders } = deps
  const { id, gatewayId: gateway } = order
  const notBefore = (): void => {
    const wait = order.action === 'unblock' ? pace.idle : Math.max(pace.idle, memory.later.size * REFUSED_APART_MS)
    memory.later.set(id, { gateway, at: millis(clock.steady() + wait) })
  }
  // Whatever comes of it, the others are looked at before this one is tried again.
  notBefore()
  try {
    const held = await deliver(order, deps, stop)
    if (held === undefined) {
      memory.reached.add(gateway)
      memory.later.delete(id)
      return
    }
    notBefore()
    if (held === order.unsignedBecause) return
    await orders.keepUnsigned(id, held)
    log.warn({ orderId: id, vehicleId: order.vehicleId, because: held }, 'order.unsigned')
    deps.changed(order.vehicleId)
  } catch (cause) {
    log.warn({ err: cause, orderId: id, gatewayId: gateway }, 'delivery.failed')
  }
}

const oneOfEachGateway = (orders: readonly StoredOrder[]): readonly StoredOrder[] => {
  const seen = new Set<GatewayId>()
  return orders.filter(({ gatewayId }) => !seen.has(gatewayId) && seen.add(gatewayId))
}

/** A gateway we have not published to since we started, or since it last connected, gets its open order in any case. */
function isDue(order: StoredOrder, { reached, later }: Memory, { clock, pace }: Deps): boolean {
  if (later.has(order.id)) return false
  if (order.publishedAt === null || !reached.has(order.gatewayId)) return true
  const answered = order.action === 'block' && order.heard
  return !answered && clock.now() - order.publishedAt >= pace.repeat
}

/** Answers why it could not be signed, if it could not. */
async function deliver(order: StoredOrder, deps: Deps, stop: AbortSignal): Promise<UnsignedBecause | undefined> {
  const { orders, log, clock } = deps
  const signed = order.jws === null ? await sign(order, deps) : { jws: order.jws }
  if ('because' in signed) return signed.because
  // Signing took a moment; what was superseded meanwhile must not become the retained message.
  const current = await orders.find(order.id)
  if (current === undefined || isFinal(current.state)) return undefined
  await withinLimit(deps.publish(downTopic(order.gatewayId, 'order'), signed.jws, { retain: true }), deps, stop)
  const now = clock.now()
  await orders.keepPublished(order.id, now)
  log.info({ orderId: order.id, gatewayId: order.gatewayId, vehicleId: order.vehicleId }, 'order.published')
  const latest = (await orders.find(order.id)) ?? current
  const next = sent(stateOf(latest), now)
  if (next.state === latest.state || !(await orders.move(latest, next, now))) return undefined
  await orders.addStep(latest, next)
  deps.changed(order.vehicleId)
  return undefined
}

async function sign(
  order: StoredOrder,
  { orders, signer, fleetSize, log }: Deps,
): Promise<{ readonly jws: string } | { readonly because: UnsignedBecause }> {
  const above = await orders.highestSeq(order.gatewayId)
  const answer = await signer
    .sign({ claims: claimsOf(order), above, basis: { ...basisOf(order), fleetSize: fleetSize() } })
    .catch((cause: unknown) => {
      log.warn({ err: cause, orderId: order.id }, 'signer.unavailable')
      return undefined
    })
  if (answer === undefined) return { because: 'signer-unavailable' }
  if (answer.outcome === 'refused') return { because: answer.reason }
  await orders.keepSigned(order.id, answer)
  return { jws: answer.jws }
}

/** Pure. On whose word the signer is asked. */
export function basisOf({ askerId, askerName, issuedAt, approvals }: StoredOrder) {
  const asker = askerId === null ? [] : [{ id: askerId, name: askerName ?? '', at: issuedAt }]
  return { asker: askerId === null ? 'rule' : 'person', approvals: [...asker, ...approvals] } as const
}

/** Pure. What the signer is asked to sign. */
export function claimsOf(order: StoredOrder): UnnumberedOrder {
  const base = {
    orderId: order.id,
    aud: order.gatewayId,
    vehicleId: order.vehicleId,
    iat: order.issuedAt,
    by: order.requestedBy,
    reasons: [...order.reasons],
  }
  return order.notAfter === null
    ? { ...base, action: 'unblock' }
    : { ...base, action: 'block', notAfter: order.notAfter }
}

async function withinLimit(publishing: Promise<void>, { clock, pace }: Deps, stop: AbortSignal): Promise<void> {
  const done = new AbortController()
  const over = clock.sleep(pace.publishLimit, AbortSignal.any([stop, done.signal])).then(() => {
    throw new Error('the broker did not take the order in time')
  })
  try {
    await Promise.race([publishing, over])
  } finally {
    done.abort()
  }
}
