import { expect, test } from 'vitest'
import { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { epochMs, minutes, seconds } from '#contract/instant.ts'
import { createBell } from '../../../cloud/orders/bell.ts'
import { type DeliveryNote, runDeliveryLoop } from '../../../cloud/orders/delivery-loop.ts'
import type { StoredOrder } from '../../../cloud/orders/stored-order.ts'
import type { SignerStatus } from '../../../cloud/signer/signer-message.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
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
  const asked = { queries: 0, rows: 0, sweeps: 0, signs: 0 }
  const state = { signs: false, readable: true, up: true, takes: true, hangs: false }
  const governor: { status: SignerStatus } = {
    status: {
      switch: { mode: 'running', reason: '', by: 'signer', at: epochMs(1) },
      policy: DEFAULT_POLICY,
      usage: { automaticLastHour: 0, automaticLastDay: 0, vehiclesLastTenMinutes: 5 },
      approvers: [],
      storage: 'disk',
    },
  }
  const signedAt = new Map<OrderId, number[]>()
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
  const counted = <Names extends Record<string, (...words: never[]) => unknown>>(store: Names): Names =>
    new Proxy(store, {
      get: (names, name) => {
        asked.queries += 1
        return Reflect.get(names, name)
      },
    })
  const running = runDeliveryLoop(
    {
      orders: counted({
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
        highestSeqs: async () => new Map(),
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
      }),
      signer: {
        sign: async ({ claims }) => {
          asked.signs += 1
          signedAt.set(claims.orderId, [...(signedAt.get(claims.orderId) ?? []), clock.steady()])
          if (state.hangs) await clock.sleep(seconds(5), stopping.signal)
          if (!state.up || state.hangs) throw new Error('the signer is away')
          return state.signs || claims.action === 'unblock'
            ? { outcome: 'signed', jws: `jws of ${claims.orderId}`, seq: OrderSeq.parse(1) }
            : { outcome: 'refused', reason: 'two-persons', until: null }
        },
        status: async () => {
          if (!state.up) throw new Error('the signer is away')
          return governor.status
        },
      },
      publish: async (_topic, payload) => {
        if (!state.takes) throw new Error('the broker is away')
        published.push(String(payload))
      },
      fleetSize: () => 1000,
      bell,
      clock,
      log: silentLog,
      pace: {
        idle: seconds(5),
        longestRefused: minutes(1),
        repeat: minutes(1),
        longestRepeat: minutes(5),
        publishLimit: seconds(10),
      },
      changed: () => {},
    },
    stopping.signal,
  )
  return {
    clock,
    asked,
    state,
    published,
    governor,
    /** When the signer was asked to sign this order, in seconds from the first time. */
    askedFor: (number: number): number[] => {
      const times = signedAt.get(orderOf(number).id) ?? []
      return times.map((at) => (at - (times[0] ?? 0)) / 1000)
    },
    connect: (number: number): void => bell.ring({ gateway: gatewayOf(number), because: 'connected' }),
    tellGovernor: (): void => bell.ring({ because: 'governor-asked' }),
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

test('a refused block is asked for ever more rarely, once a minute at the most rare', async () => {
  const delivery = startDelivery([])
  await delivery.clock.advance(1)
  delivery.add(orderOf(1))
  await delivery.clock.advance(1)
  expect(delivery.asked.signs).toBe(1)
  await delivery.clock.advance(300_000)
  const gaps = delivery.askedFor(1).map((at, index, all) => Math.round(at - (all[index - 1] ?? 0)))
  expect(gaps).toEqual([0, 5, 10, 20, 40, 60, 60, 60])
  await delivery.stop()
})

test('what changes for refused blocks ends their wait at once', async () => {
  const delivery = startDelivery(waiting(3))
  await delivery.clock.advance(1)
  await delivery.clock.advance(140_000)
  const asks = async (change: () => void, rest = 1): Promise<number> => {
    const before = delivery.asked.signs
    change()
    await delivery.clock.advance(rest)
    return delivery.asked.signs - before
  }
  const { governor } = delivery
  expect(await asks(() => {}, 10_000), 'nothing').toBe(0)
  expect(await asks(() => delivery.ring(1)), 'approved').toBe(1)
  expect(await asks(() => delivery.connect(2)), 'connected').toBe(1)
  expect(
    await asks(() => {
      governor.status = { ...governor.status, switch: { ...governor.status.switch, at: epochMs(2) } }
      delivery.tellGovernor()
    }),
    'switch',
  ).toBe(3)
  expect(await asks(() => delivery.tellGovernor()), 'nothing new').toBe(0)
  await delivery.clock.advance(100_000)
  const freed = { ...governor.status.usage, vehiclesLastTenMinutes: 4 }
  expect(await asks(() => (governor.status = { ...governor.status, usage: freed }), 5000), 'budget, unheard').toBe(3)
  await delivery.stop()
})

test('a signer that comes back is asked at once for every block', async () => {
  const delivery = startDelivery(waiting(3))
  delivery.state.up = false
  await delivery.clock.advance(200_000)
  delivery.state.up = true
  delivery.state.signs = true
  await delivery.clock.advance(5000)
  expect(delivery.published).toHaveLength(3)
  await delivery.stop()
})

test.each([
  { name: 'the signer is away', broken: { up: false }, mended: { up: true } },
  { name: 'the broker is away', broken: { takes: false }, mended: { takes: true } },
])('an unblock never waits longer for having failed: $name for an hour', async ({ broken, mended }) => {
  const delivery = startDelivery(waiting(1000))
  await delivery.clock.advance(1)
  Object.assign(delivery.state, broken)
  delivery.add(orderOf(2000, 'unblock'))
  await delivery.clock.advance(3_600_000)
  Object.assign(delivery.state, mended)
  await delivery.clock.advance(5000)
  expect(delivery.published).toEqual([`jws of ${orderOf(2000).id}`])
  const asked = delivery.askedFor(2000)
  const longest = Math.max(...asked.map((at, index) => at - (asked[index - 1] ?? 0)))
  if ('up' in broken) expect(longest).toBeLessThanOrEqual(5)
  await delivery.stop()
})

test('an unblock is published every minute until it is verified, a block that nobody answers ever more rarely', async () => {
  const delivery = startDelivery([])
  delivery.state.signs = true
  await delivery.clock.advance(1)
  delivery.add(orderOf(1))
  delivery.add(orderOf(2, 'unblock'))
  await delivery.clock.advance(900_000)
  const times = (number: number): number =>
    delivery.published.filter((jws) => jws === `jws of ${orderOf(number).id}`).length
  expect(times(2)).toBeGreaterThanOrEqual(14)
  expect(times(1)).toBe(5)
  delivery.connect(1)
  await delivery.clock.advance(1)
  expect(times(1)).toBe(6)
  await delivery.stop()
})

test('a thousand refused blocks cost two queries a second', async () => {
  const delivery = startDelivery(waiting(1000))
  await delivery.clock.advance(120_000)
  const before = delivery.asked.queries
  await delivery.clock.advance(100_000)
  expect(delivery.asked.queries - before).toBeLessThanOrEqual(200)
  await delivery.stop()
})

test('more orders than are worked on at once all have their turn, though all of them hang', async () => {
  const delivery = startDelivery(Array.from({ length: 100 }, (_, index) => orderOf(index + 1, 'unblock')))
  delivery.state.hangs = true
  await delivery.clock.advance(1)
  await delivery.clock.advance(75_000)
  for (let number = 1; number <= 100; number += 1)
    expect(delivery.askedFor(number).length, `order ${number}`).toBeGreaterThan(1)
  await delivery.stop()
})
