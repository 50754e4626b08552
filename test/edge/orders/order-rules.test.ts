import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs, later, millis, minutes, seconds } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { acceptOrder } from '../../../edge/orders/order-acceptance.ts'
import { orderExpiry } from '../../../edge/orders/order-expiry.ts'
import { readOrder } from '../../../edge/orders/order-signature.ts'
import { countRejection, NO_REJECTIONS } from '../../../edge/orders/rejection-count.ts'
import { createSignerKeysStore } from '../../../edge/orders/signer-keys-store.ts'

const T0 = epochMs(1_795_000_000_000)
const own = {
  gatewayId: GatewayId.parse('gw-testtest1'),
  vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
}
const claims = {
  orderId: OrderId.parse('8d7f3c52-58a4-4f0a-9b1e-0b8f6c1f2a33'),
  seq: 7,
  aud: own.gatewayId,
  vehicleId: own.vehicleId,
  action: 'block',
  reasons: ['manual'],
  iat: T0,
  notAfter: later(T0, 15 * 60_000),
  by: 'user:test',
}
const order = Order.parse(claims)
const { notAfter: _never, ...endless } = claims
const unblock = Order.parse({ ...endless, action: 'unblock' })
const memory = { highestSeq: 6, timeFloor: epochMs(0) }

test.each([
  { name: 'the next order', change: {}, highest: 6, known: [], expected: 'new' },
  { name: 'the same again', change: {}, highest: 7, known: [claims.orderId], expected: 'repeated' },
  { name: 'an equal seq under another id', change: {}, highest: 7, known: [], expected: 'superseded' },
  { name: 'an older seq', change: { seq: 3 }, highest: 6, known: [], expected: 'superseded' },
  {
    name: 'another vehicle',
    change: { vehicleId: '11111111-6f43-4f5e-8d52-0d5b5f4d2a11' },
    highest: 6,
    known: [],
    expected: 'wrong-vehicle',
  },
  { name: 'another gateway', change: { aud: 'gw-testtest2' }, highest: 6, known: [], expected: 'foreign' },
  {
    name: 'a gateway whose id begins like ours',
    change: { aud: 'gw-testtest11' },
    highest: 6,
    known: [],
    expected: 'foreign',
  },
])('acceptance: $name → $expected', ({ change, highest, known, expected }) => {
  const judged = acceptOrder(Order.parse({ ...claims, ...change }), own, { ...memory, highestSeq: highest }, (id) =>
    known.some((other) => other === id),
  )
  expect(judged.acceptance).toBe(expected)
})

const received = { steadyAt: millis(1000), boot: 'a' }
test.each([
  { name: 'NTP, in time', wall: 14, quality: 'ntp', steady: 10, boot: 'a', floor: 0, expected: 'running' },
  { name: 'NTP, a minute late', wall: 16, quality: 'ntp', steady: 10, boot: 'a', floor: 0, expected: 'passed' },
  {
    name: 'NTP, in time, after a reboot',
    wall: 14,
    quality: 'ntp',
    steady: 10,
    boot: 'b',
    floor: 0,
    expected: 'running',
  },
  {
    name: 'NTP set back: the life since reception still counts',
    wall: 1,
    quality: 'ntp',
    steady: 16,
    boot: 'a',
    floor: 0,
    expected: 'passed',
  },
  {
    name: 'no trusted clock, within its life',
    wall: 900,
    quality: 'estimated',
    steady: 14,
    boot: 'a',
    floor: 0,
    expected: 'running',
  },
  {
    name: 'no trusted clock, beyond its life',
    wall: 0,
    quality: 'estimated',
    steady: 16,
    boot: 'a',
    floor: 0,
    expected: 'passed',
  },
  {
    name: 'no trusted clock, after a reboot',
    wall: 1,
    quality: 'rtc',
    steady: 1,
    boot: 'b',
    floor: 0,
    expected: 'passed',
  },
  { name: 'GNSS time does not decide', wall: 99, quality: 'gnss', steady: 2, boot: 'a', floor: 0, expected: 'running' },
  {
    name: 'the cloud has signed something later',
    wall: 1,
    quality: 'estimated',
    steady: 1,
    boot: 'a',
    floor: 16,
    expected: 'passed',
  },
] as const)('expiry: $name → $expected', ({ wall, quality, steady, boot, floor, expected }) => {
  const now = {
    wall: later(T0, minutes(wall)),
    quality,
    steady: millis(received.steadyAt + minutes(steady)),
    boot,
    floor: later(T0, minutes(floor)),
  }
  expect(orderExpiry(order, received, now)).toBe(expected)
  expect(orderExpiry(unblock, received, now)).toBe('running')
})

const DAY = 24 * 3_600_000
test.each([
  { name: 'a block that says it lives a year ends after a day', iat: 0, ends: 365 * DAY, now: DAY + 1, boot: 'b' },
  {
    name: 'one dated a year ahead does not outlive the boot it came in',
    iat: 365 * DAY,
    ends: 366 * DAY,
    now: 1,
    boot: 'b',
  },
])('expiry: $name', ({ iat, ends, now, boot }) => {
  const dated = { ...order, iat: later(T0, iat), notAfter: later(T0, ends) }
  const at = { wall: later(T0, now), quality: 'ntp', steady: millis(2000), boot, floor: epochMs(0) } as const
  expect(orderExpiry(dated, received, at)).toBe('passed')
})

describe('signatures', async () => {
  const mine = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const other = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const pinned = SignerKey.parse({ ...(await exportJWK(mine.publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' })
  const { verify } = createSignerKeysStore([pinned])
  const sign = (payload: unknown, kid: string | undefined = 'one', key = mine.privateKey) =>
    new CompactSign(new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'EdDSA', ...(kid === undefined ? {} : { kid }) })
      .sign(key)
  const bytes = (text: string) => new TextEncoder().encode(text)
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  test('an order of the pinned signer is read', async () => {
    expect(await readOrder(bytes(await sign(claims)), verify)).toEqual({ ok: true, order })
  })

  test.each([
    { name: 'nothing', make: async () => '', reason: 'signature' },
    { name: 'plain claims', make: async () => JSON.stringify(claims), reason: 'signature' },
    { name: 'algorithm none', make: async () => `${base64({ alg: 'none' })}.${base64(claims)}.`, reason: 'signature' },
    { name: 'another key under our kid', make: () => sign(claims, 'one', other.privateKey), reason: 'signature' },
    { name: 'our key under a foreign kid', make: () => sign(claims, 'two'), reason: 'signature' },
    {
      name: 'a changed claim',
      make: async () => {
        const [head, , tail] = (await sign(claims)).split('.')
        return `${head}.${base64({ ...claims, seq: 99 })}.${tail}`
      },
      reason: 'signature',
    },
    {
      name: 'a flipped signature bit',
      make: async () => {
        const jws = await sign(claims)
        return `${jws.slice(0, -4)}${jws.at(-4) === 'A' ? 'B' : 'A'}${jws.slice(-3)}`
      },
      reason: 'signature',
    },
    { name: 'an oversized envelope', make: async () => 'a'.repeat(20_000), reason: 'oversized' },
    { name: 'signed, but not JSON', make: () => sign('block!'), reason: 'claims' },
    { name: 'signed, with an unknown claim', make: () => sign({ ...claims, force: true }), reason: 'claims' },
    { name: 'a block without an end', make: () => sign({ ...claims, notAfter: undefined }), reason: 'claims' },
    { name: 'a block without reasons', make: () => sign({ ...claims, reasons: [] }), reason: 'claims' },
  ])('$name is refused: $reason', async ({ make, reason }) => {
    expect(await readOrder(bytes(await make()), verify)).toMatchObject({ ok: false, reason })
  })
})

test('a flood of forgeries is counted, and told once a minute', () => {
  let count = NO_REJECTIONS
  const told: number[] = []
  for (let s = 0; s < 130; s += 1) {
    const next = countRejection(count, seconds(s))
    count = next.count
    if (next.tell > 0) told.push(next.tell)
  }
  expect(count.total).toBe(130)
  expect(told).toEqual([1, 60, 60])
})
