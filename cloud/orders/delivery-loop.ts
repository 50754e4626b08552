import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Clock, Millis } from '#contract/instant.ts'
import { downTopic } from '#contract/topics.ts'
import type { Broker } from '../broker/broker.ts'
import type { Log } from '../log.ts'
import type { Signer, UnnumberedOrder } from '../signer/signer-service.ts'
import { type Bell, restUntilRung } from './bell.ts'
import { isFinal, sent } from './order-state.ts'
import type { OrderStore } from './order-store.ts'
import { type StoredOrder, stateOf } from './stored-order.ts'

export type DeliveryPace = {
  /** Looks for work this often even when nobody rings. */
  readonly idle: Millis
  /** An order the gateway has not answered is published again after this; an unblock until it is verified. */
  readonly repeat: Millis
  /** How long the broker may take to accept one message. */
  readonly publishLimit: Millis
}

type Deps = {
  readonly orders: OrderStore
  readonly signer: Pick<Signer, 'sign'>
  readonly publish: Broker['publish']
  /** Rung for each new order, and with its id when a gateway has come back. */
  readonly bell: Bell<GatewayId>
  readonly clock: Clock
  readonly log: Log
  readonly pace: DeliveryPace
  readonly changed: (vehicle: VehicleId) => void
}

/**
 * Publishes the open order of each vehicle, signed and retained, until the gateway has answered it or it is over: at
 * once, again at start, at each connect, and in between from time to time. One order at a time, so the newest of a
 * gateway is also the last one published. An order is `sent` only after the broker took it.
 */
export async function runDeliveryLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const reached = new Set<GatewayId>()
  while (!stop.aborted) {
    for (const gateway of deps.bell.take()) reached.delete(gateway)
    for (const order of await openOrders(deps)) {
      if (stop.aborted) return
      if (!isDue(order, reached, deps)) continue
      try {
        await deliver(order, deps, stop)
        reached.add(order.gatewayId)
      } catch (cause) {
        // The others are not to wait for this one; it is tried again in the next round.
        deps.log.warn({ err: cause, orderId: order.id, gatewayId: order.gatewayId }, 'delivery.failed')
      }
    }
    await restUntilRung(deps.bell, deps.clock, deps.pace.idle, stop)
  }
}

async function openOrders({ orders, log }: Deps): Promise<readonly StoredOrder[]> {
  try {
    return await orders.open()
  } catch (cause) {
    log.warn({ err: cause }, 'delivery.orders-unreadable')
    return []
  }
}

/** A gateway we have not published to since we started, or since it last connected, gets its open order in any case. */
function isDue(order: StoredOrder, reached: ReadonlySet<GatewayId>, { clock, pace }: Deps): boolean {
  if (order.publishedAt === null || !reached.has(order.gatewayId)) return true
  const answered = order.action === 'block' && order.heard
  return !answered && clock.now() - order.publishedAt >= pace.repeat
}

async function deliver(order: StoredOrder, deps: Deps, stop: AbortSignal): Promise<void> {
  const { orders, log, clock } = deps
  const jws = order.jws ?? (await sign(order, deps))
  // Signing took a moment; what was superseded meanwhile must not become the retained message.
  const current = await orders.find(order.id)
  if (current === undefined || isFinal(current.state)) return
  await withinLimit(deps.publish(downTopic(order.gatewayId, 'order'), jws, { retain: true }), deps, stop)
  const now = clock.now()
  await orders.keepPublished(order.id, now)
  log.info({ orderId: order.id, gatewayId: order.gatewayId, vehicleId: order.vehicleId }, 'order.published')
  const latest = (await orders.find(order.id)) ?? current
  const next = sent(stateOf(latest), now)
  if (next.state === latest.state || !(await orders.move(latest, next, now))) return
  await orders.addStep(latest, next, null)
  deps.changed(order.vehicleId)
}

async function sign(order: StoredOrder, { orders, signer }: Deps): Promise<string> {
  const signed = await signer.sign(claimsOf(order), await orders.highestSeq(order.gatewayId))
  await orders.keepSigned(order.id, signed)
  return signed.jws
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
