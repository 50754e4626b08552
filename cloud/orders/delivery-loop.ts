import type { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import { downTopic } from '#contract/topics.ts'
import type { Broker } from '../broker/broker.ts'
import type { Log } from '../log.ts'
import { type GovernorWord, isNewsForRefused } from '../signer/governor-news.ts'
import type { SignerStatus, UnnumberedOrder } from '../signer/signer-message.ts'
import type { Signer } from '../signer/signer-service.ts'
import { type Bell, restUntilRung } from './bell.ts'
import { isFinal, sent } from './order-state.ts'
import type { OrderStore } from './order-store.ts'
import { type StoredOrder, stateOf } from './stored-order.ts'
import { createTurns, type Turns, type TurnsPace } from './turns.ts'
import type { UnsignedBecause } from './unsigned.ts'

/** `idle`: looks at every open order this often even when nobody rings. */
export type DeliveryPace = TurnsPace & {
  /** An order the gateway has not answered is published again after this; an unblock until it is verified. */
  readonly repeat: Millis
  /** A block that a silent gateway does not answer is published ever more rarely; this is the most rare. */
  readonly longestRepeat: Millis
  /** How long the broker may take to accept one message. */
  readonly publishLimit: Millis
}

/** Whose open order is to be looked at now, and because of what. The governor's word concerns every block. */
export type DeliveryNote =
  | { readonly gateway: GatewayId; readonly because: 'order-changed' | 'connected' }
  | { readonly because: 'governor-asked' }
  | { readonly because: 'governor-changed' }

type Deps = {
  readonly orders: Pick<
    OrderStore,
    'open' | 'openAt' | 'find' | 'move' | 'addStep' | 'highestSeqs' | 'keepSigned' | 'keepUnsigned' | 'keepPublished'
  >
  readonly signer: Pick<Signer, 'sign' | 'status'>
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

/** What this run of the loop remembers between its rounds. */
type Memory = {
  /** How often gateways were given their open order since we started, or since they last connected. */
  readonly reached: Map<GatewayId, { readonly order: OrderId; readonly times: number }>
  readonly turns: Turns
  /** Whose open order is to be looked at in this round. */
  looked: Set<GatewayId>
  sweptAt: Millis
  governor: GovernorWord
  governorAsked: boolean
}

/**
 * Publishes the open order of each vehicle, signed and retained, until the gateway has answered it or it is over: at
 * once, again at start, at each connect, and in between from time to time. Unblocks go first, and never wait longer for
 * having failed. An order is `sent` only after the broker took it. What cannot be signed now waits and says why. A round
 * reads the orders it was rung for, and every `idle` all of them: however many wait, a new one costs the same.
 */
export async function runDeliveryLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { bell, clock, pace } = deps
  const memory: Memory = {
    reached: new Map(),
    turns: createTurns(pace),
    looked: new Set(),
    sweptAt: millis(Number.NEGATIVE_INFINITY),
    governor: 'unasked',
    governorAsked: false,
  }
  while (!stop.aborted) {
    const rung = hearNotes(memory, deps)
    const open = await ordersToLookAt(memory, deps)
    if (open === undefined) {
      await restUntilRung(bell, clock, pace.idle, stop)
      continue
    }
    // Rung for: something about it has changed.
    for (const { id, gatewayId } of open) if (rung.has(gatewayId)) memory.turns.forget(id)
    const due = memory.turns.inTurn(oneOfEachGateway(open.filter((order) => isDue(order, memory, deps))))
    // Only so many before looking again: an unblock asked for meanwhile is then among the next.
    const now = due.slice(0, SIDE_BY_SIDE)
    const above = highestSeqs(now, deps)
    await Promise.all(now.map((order) => attempt(order, above, memory, deps, stop)))
    memory.looked = new Set(due.slice(SIDE_BY_SIDE).map(({ gatewayId }) => gatewayId))
    if (memory.looked.size > 0) continue
    await restUntilRung(bell, clock, millis(Math.max(1, memory.sweptAt + pace.idle - clock.steady())), stop)
  }
}

/** Answers the gateways that were rung for. */
function hearNotes(memory: Memory, deps: Deps): ReadonlySet<GatewayId> {
  const rung = new Set<GatewayId>()
  for (const note of deps.bell.take()) {
    if (note.because === 'governor-asked') askGovernor(memory, deps)
    else if (note.because === 'governor-changed')
      for (const gateway of memory.turns.forgetBlocks()) memory.looked.add(gateway)
    else {
      rung.add(note.gateway)
      memory.looked.add(note.gateway)
      if (note.because === 'connected') memory.reached.delete(note.gateway)
    }
  }
  return rung
}

/** Rings when refused blocks may be signed now. Nobody waits for the answer: no unblock is late for it. */
function askGovernor(memory: Memory, { signer, bell }: Deps): void {
  if (memory.governorAsked) return
  memory.governorAsked = true
  const heard = (said: SignerStatus | 'silent'): void => {
    if (isNewsForRefused(memory.governor, said)) bell.ring({ because: 'governor-changed' })
    memory.governor = said
    memory.governorAsked = false
  }
  // What the signer is asked to sign says that it is down, and is logged.
  signer.status().then(heard, () => heard('silent'))
}

/** Those of the gateways to be looked at, or all when it is time. Undefined when they cannot be read: all are read next. */
async function ordersToLookAt(memory: Memory, deps: Deps): Promise<readonly StoredOrder[] | undefined> {
  const { orders, clock, pace, log } = deps
  const now = clock.steady()
  try {
    if (now - memory.sweptAt < pace.idle) return memory.looked.size === 0 ? [] : await orders.openAt([...memory.looked])
    const open = await orders.open()
    memory.sweptAt = now
    memory.turns.sweepBegins(new Set(open.map(({ id }) => id)))
    if (memory.governor === 'unasked' || memory.turns.hasBlocks()) askGovernor(memory, deps)
    return open
  } catch (cause) {
    memory.sweptAt = millis(Number.NEGATIVE_INFINITY)
    log.warn({ err: cause }, 'delivery.orders-unreadable')
    return undefined
  }
}

async function attempt(order: StoredOrder, above: Above, memory: Memory, deps: Deps, stop: AbortSignal): Promise<void> {
  const { log, orders } = deps
  const { id, gatewayId: gateway } = order
  const { reached, turns } = memory
  try {
    const held = await deliver(order, above, deps, stop)
    if (held === undefined) {
      const before = reached.get(gateway)
      reached.set(gateway, { order: id, times: before?.order === id ? before.times + 1 : 1 })
      turns.forget(id)
      return
    }
    turns.cameToNothing(order, 'refused')
    if (held === order.unsignedBecause) return
    await orders.keepUnsigned(id, held)
    log.warn({ orderId: id, vehicleId: order.vehicleId, because: held }, 'order.unsigned')
    deps.changed(order.vehicleId)
  } catch (cause) {
    turns.cameToNothing(order, 'failed')
    log.warn({ err: cause, orderId: id, gatewayId: gateway }, 'delivery.failed')
  }
}

type Above = () => Promise<ReadonlyMap<GatewayId, number>>

/** One query for all of them, asked when the first has to be signed. */
function highestSeqs(orders: readonly StoredOrder[], deps: Deps): Above {
  let asked: ReturnType<Above> | undefined
  return () => {
    const unsigned = orders.filter(({ jws }) => jws === null)
    asked ??= deps.orders.highestSeqs(unsigned.map(({ gatewayId }) => gatewayId))
    return asked
  }
}

const oneOfEachGateway = (orders: readonly StoredOrder[]): readonly StoredOrder[] => {
  const seen = new Set<GatewayId>()
  return orders.filter(({ gatewayId }) => !seen.has(gatewayId) && seen.add(gatewayId))
}

/** A gateway we have not published to since we started, or since it last connected, gets its open order in any case. */
function isDue(order: StoredOrder, { reached, turns }: Memory, { clock, pace }: Deps): boolean {
  if (!turns.isTurnOf(order.id)) return false
  const given = reached.get(order.gatewayId)
  if (order.publishedAt === null || given === undefined) return true
  const silentFor = clock.now() - order.publishedAt
  if (order.action === 'unblock') return silentFor >= pace.repeat
  const times = given.order === order.id ? given.times : 1
  return !order.heard && silentFor >= Math.min(pace.repeat * 2 ** (times - 1), pace.longestRepeat)
}

/** Answers why it could not be signed, if it could not. */
async function deliver(
  order: StoredOrder,
  above: Above,
  deps: Deps,
  stop: AbortSignal,
): Promise<UnsignedBecause | undefined> {
  const { orders, log, clock } = deps
  const signed = order.jws === null ? await sign(order, above, deps) : { jws: order.jws }
  if ('because' in signed) return signed.because
  // Signing took a moment; what was superseded meanwhile must not become the retained message.
  const current = await orders.find(order.id)
  if (current === undefined || isFinal(current.state)) return undefined
  await withinLimit(deps.publish(downTopic(order.gatewayId, 'order'), signed.jws, { retain: true }), deps, stop)
  const now = clock.now()
  await orders.keepPublished(order.id, now)
  log.info({ orderId: order.id, gatewayId: order.gatewayId, vehicleId: order.vehicleId }, 'order.published')
  // Only a created order is moved by having been sent, and none is created again.
  if (current.state !== 'created') return undefined
  const latest = (await orders.find(order.id)) ?? current
  const next = sent(stateOf(latest), now)
  if (next.state === latest.state || !(await orders.move(latest, next, now))) return undefined
  await orders.addStep(latest, next)
  deps.changed(order.vehicleId)
  return undefined
}

async function sign(
  order: StoredOrder,
  above: Above,
  { orders, signer, fleetSize, log }: Deps,
): Promise<{ readonly jws: string } | { readonly because: UnsignedBecause }> {
  const highest = (await above()).get(order.gatewayId) ?? 0
  const answer = await signer
    .sign({ claims: claimsOf(order), above: highest, basis: { ...basisOf(order), fleetSize: fleetSize() } })
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
