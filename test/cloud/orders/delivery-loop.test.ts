import { expect, test } from 'vitest'
import { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { epochMs, minutes, seconds } from '#contract/instant.ts'
import { createBell } from '../../../cloud/orders/bell.ts'
import { type DeliveryNote, runDeliveryLoop } from '../../../cloud/orders/delivery-loop.ts'
import type { StoredOrder } from '../../../cloud/orders/stored-order.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const gatewayOf = (number: number): GatewayId => GatewayId.parse(`gw-${String(number).padStart(8, '0')}`)
const uuidOf = (head: number, number: number): string =>
  `${String(head).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`

function orderOf(number: number, action: 'block' | 'unblock' = 'block'): StoredOrder {
  const at = epochMs(1_795_289_123_456)
  return {
    id: OrderId.parse(uuidOf(1, number)),
    number,
    vehicleId: VehicleId.parse(uuidOf(2, number)),
    gatewayId: gatewayOf(number),
    seq: null,
    action,
    reasons: ['manual'],
    requestedBy: 'user:owner',
    issuedAt: at,
    notAfter: action === 'block' ? epochMs(at + 900_000) : null,
    state: 'created',
    stateAt: at,
    stateBy: 'cloud',
    stateReason: null,
    relay: null,
    jws: null,
    heard: false,
    publishedAt: null,
    closedAt: null,
    askerId: 'owner',
    askerName: 'owner',
    approvals: [],
    unsignedBecause: null,
  }
}

/** The loop on orders held in memory, with a signer that refuses until it is told otherwise, and counts of what was asked. */
function startDelivery(first: readonly StoredOrder[]) {
  const clock = createManualClock()
  const orders = new Map(first.map((order) => [order.id, order]))
  const change = (id: OrderId, changes: Partial<StoredOrder>): void => {
    const known = orders.get(id)
    if (known !== undefined) orders.set(id, { ...known, ...changes })
  }
  const bell = createBell<DeliveryNote>()
  const asked = { rows: 0, sweeps: 0, signs: 0 }
  const state = { signs: false, readable: true }
  const published: string[] = []
  const stopping = new AbortController()
  const open = (): StoredOrder[] =>
    [...orders.values()]
      .filter(({ closedAt }) => closedAt === null)
      .sort((a, b) => (a.action === b.action ? a.number - b.number : a.action === 'unblock' ? -1 : 1))
  const read = (rows: StoredOrder[]): StoredOrder[] => {
    if (!state.readable) throw new Error('the database is away')
    asked.rows += rows.length
    return rows
  }
  const running = runDeliveryLoop(
    {
      orders: {
        open: async () => {
          asked.sweeps += 1
          return read(open())
        },
        openAt: async (gateways) => read(open().filter(({ gatewayId }) => gateways.includes(gatewayId))),
        find: async (id) => orders.get(id),
        move: async (order, next) => {
          change(order.id, { state: next.state })
          return true
        },
        addStep: async () => [],
        highestSeq: async () => 0,
        keepSigned: async (id, signed) => {
          change(id, { jws: signed.jws, seq: signed.seq, unsignedBecause: null })
          return []
        },
        keepUnsigned: async (id, unsignedBecause) => {
          change(id, { unsignedBecause })
          return []
        },
        keepPublished: async (id, publishedAt) => {
          change(id, { publishedAt })
          return []
        },
      },
      signer: {
        sign: async ({ claims }) => {
          asked.signs += 1
          return state.signs || claims.action === 'unblock'
            ? { outcome: 'signed', jws: `jws of ${claims.orderId}`, seq: OrderSeq.parse(1) }
            : { outcome: 'refused', reason: 'two-persons', until: null }
        },
      },
      publish: async (_topic, payload) => void published.push(String(payload)),
      fleetSize: () => 1000,
      bell,
      clock,
      log: silentLog,
      pace: { idle: seconds(5), repeat: minutes(1), publishLimit: seconds(10) },
      changed: () => {},
    },
    stopping.signal,
  )
  return {
    clock,
    asked,
    state,
    published,
    add: (order: StoredOrder): void => {
      orders.set(order.id, order)
      bell.ring({ gateway: order.gatewayId, because: 'order-changed' })
    },
    ring: (number: number): void => bell.ring({ gateway: gatewayOf(number), because: 'order-changed' }),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

const waiting = (count: number): StoredOrder[] => Array.from({ length: count }, (_, index) => orderOf(index + 1))

/** Rows read and words asked of the signer for a hundred orders that come one by one while `count` wait. */
async function costOfHundred(count: number) {
  const delivery = startDelivery(waiting(count))
  await delivery.clock.advance(1)
  const before = { ...delivery.asked }
  for (let number = 1; number <= 100; number += 1) {
    delivery.add(orderOf(count + number))
    await delivery.clock.advance(10)
  }
  await delivery.stop()
  const { rows, signs } = delivery.asked
  return { rows: rows - before.rows, signs: signs - before.signs }
}

test('a new order costs the same, however many wait for a second person', async () => {
  expect(await costOfHundred(10)).toEqual({ rows: 100, signs: 100 })
  expect(await costOfHundred(1000)).toEqual({ rows: 100, signs: 100 })
})

test('a thousand blocks that wait ask the signer ten times a second together, and each is asked again', async () => {
  const delivery = startDelivery(waiting(1000))
  await delivery.clock.advance(1)
  expect(delivery.asked.signs).toBe(1000)
  await delivery.clock.advance(100_000)
  // Every one again, the last of them after 100 s.
  expect(delivery.asked.signs).toBeGreaterThan(1500)
  expect(delivery.asked.signs).toBeLessThanOrEqual(2100)
  await delivery.stop()
})

test('one that was approved is signed at once, and so is an unblock', async () => {
  const delivery = startDelivery(waiting(1000))
  await delivery.clock.advance(1)
  delivery.state.signs = true
  delivery.ring(700)
  delivery.add(orderOf(2000, 'unblock'))
  await delivery.clock.advance(1)
  expect(delivery.published).toEqual([`jws of ${orderOf(2000).id}`, `jws of ${orderOf(700).id}`])
  await delivery.stop()
})

test('orders that cannot be read are read when they can be, nobody ringing', async () => {
  const delivery = startDelivery([])
  await delivery.clock.advance(1)
  delivery.state.readable = false
  delivery.state.signs = true
  delivery.add(orderOf(1))
  await delivery.clock.advance(20_000)
  expect(delivery.asked.sweeps).toBeLessThan(8)
  delivery.state.readable = true
  await delivery.clock.advance(5000)
  expect(delivery.published).toEqual([`jws of ${orderOf(1).id}`])
  await delivery.stop()
})
