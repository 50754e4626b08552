import { randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Configuration } from '#contract/configuration.ts'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs, later, millis } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { createSignerHouse, type SignerHouse } from '../../../cloud/signer/app.ts'
import { createSignerClient, type SignerClient } from '../../../cloud/signer/signer-client.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { acceptOrder } from '../../../edge/orders/order-acceptance.ts'
import { readOrder } from '../../../edge/orders/order-signature.ts'
import { createSignerKeysStore } from '../../../edge/orders/signer-keys-store.ts'
import { APPROVERS_PARTY, setUpApprover, setUpPasskey } from '../../support/approver-app.ts'
import { bombard, createForger } from '../../support/forged-orders.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

/**
 * The attacker holds the web tier and the database: every word that the cloud can say to the signer he can say, he knows
 * every account, public key and order there ever was. What he lacks is the signer's folder and the approvers' phones.
 */
const FLEET = 120
const TEN_MINUTES = 600_000

type Car = { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId }
const CARS: readonly Car[] = Array.from({ length: FLEET }, (_, index) => ({
  gatewayId: GatewayId.parse(`gw-car${String(index).padStart(6, '0')}`),
  vehicleId: VehicleId.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
}))
const APPROVERS = ['owner', 'head'] as const

let folder: string
let house: SignerHouse
let attacker: SignerClient
let clock: ManualClock
let socketPath: string
/** Blocks that a real gateway of that car would take as new, with the moment. */
let accepted: { readonly at: number; readonly car: string }[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-drill-'))
  clock = createManualClock()
  socketPath = join(folder, 's.sock')
  house = createSignerHouse(
    {
      folder: join(folder, 'signer'),
      socketPath,
      socketMode: 0o600,
      policy: DEFAULT_POLICY,
      party: APPROVERS_PARTY,
    },
    { clock, log: silentLog },
  )
  await house.listen()
  attacker = createSignerClient({ socketPath })
  accepted = []
  for (const name of APPROVERS) {
    setUpApprover(join(folder, 'signer'), name, name)
    await house.signer.addApprover({ id: name, name, by: 'cli' })
  }
  await clock.advance(30 * 24 * 60 * 60_000)
})
afterEach(async () => {
  attacker.close()
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What the gateway of each car would make of it. */
async function offer(jws: string): Promise<void> {
  const { verify } = createSignerKeysStore(await attacker.keys())
  const read = await readOrder(new TextEncoder().encode(jws), verify)
  if (!read.ok) return
  const order = Order.parse(read.order)
  const memory = { highestSeq: 0, timeFloor: epochMs(0) }
  const takers = CARS.filter((car) => acceptOrder(order, car, memory, () => false).acceptance === 'new')
  if (order.action === 'block') for (const car of takers) accepted.push({ at: clock.now(), car: car.vehicleId })
}

const claims = (car: Car, action: 'block' | 'unblock', more: object = {}) => {
  const base = {
    orderId: OrderId.parse(randomUUID()),
    aud: car.gatewayId,
    vehicleId: car.vehicleId,
    iat: clock.now(),
    by: 'user:owner',
  }
  return action === 'block'
    ? { ...base, action, reasons: ['theft' as const], notAfter: later(clock.now(), millis(TEN_MINUTES)), ...more }
    : { ...base, action, reasons: [], ...more }
}
/** A block as the signer lists it for a passkey. */
const listedOf = ({ orderId, vehicleId, aud: gatewayId, reasons, ...rest }: ReturnType<typeof claims>) =>
  'notAfter' in rest ? [{ orderId, vehicleId, gatewayId, reasons, notAfter: rest.notAfter }] : []
/** Every approval that the web tier can write, for whoever asks. */
const lie = (asker: 'rule' | 'person') => ({
  asker,
  approvals: [...APPROVERS, 'attacker'].map((id) => ({ id, name: id, at: clock.now() })),
  fleetSize: 1_000_000,
})

async function tryToBlock(car: Car): Promise<void> {
  for (const asker of ['person', 'rule'] as const)
    for (const more of [{}, { by: 'rule:debt' }, { iat: later(clock.now(), millis(-TEN_MINUTES * 6)) }]) {
      const answer = await attacker
        .sign({ claims: claims(car, 'block', more), above: randomInt(0, 1000), basis: lie(asker) })
        .catch(() => undefined)
      if (answer?.outcome === 'signed') await offer(answer.jws)
    }
}
/** When each car was first brought to a stand; a renewed block brings none. */
const begun = (): readonly number[] => {
  const first = new Map<string, number>()
  for (const { at, car } of accepted) first.set(car, Math.min(at, first.get(car) ?? at))
  return [...first.values()]
}
const most = (): number =>
  Math.max(0, ...begun().map((at) => begun().filter((other) => other >= at && other < at + TEN_MINUTES).length))

test('in an hour of trying everything no ten minutes see more than five cars blocked, and each can be freed', async () => {
  for (let round = 0; round < 6; round += 1) {
    await attacker.setSwitch({ mode: 'running', reason: 'mine now', by: 'attacker' }).catch(() => undefined)
    await attacker
      .tighten({ policy: { vehiclesPerTenMinutes: 50, automaticPerHour: 200, minutesBetweenBlocks: 1 }, by: 'x' })
      .catch(() => undefined)
    await attacker.addApprover({ id: 'attacker', name: 'attacker', by: 'attacker' }).catch(() => undefined)
    for (const car of CARS.slice(0, 16)) await tryToBlock(car)
    await clock.advance(TEN_MINUTES)
  }
  expect(most()).toBeGreaterThan(0)
  expect(most()).toBeLessThanOrEqual(DEFAULT_POLICY.vehiclesPerTenMinutes)
  expect(begun().length).toBeLessThanOrEqual(6 * DEFAULT_POLICY.vehiclesPerTenMinutes)
  for (const car of CARS.slice(0, 10)) {
    const freed = await attacker.sign({ claims: claims(car, 'unblock'), above: 0, basis: lie('rule') })
    expect(freed.outcome).toBe('signed')
  }
}, 60_000)

test('guessed codes of approvers open nothing: after a few wrong ones none is looked at', async () => {
  for (const car of CARS.slice(0, 8)) await tryToBlock(car)
  const before = accepted.length
  const orders = CARS.slice(20, 60).map((car) => claims(car, 'block'))
  const answers = new Set<string>()
  for (let guess = 0; guess < 300; guess += 1) {
    const id = [...APPROVERS, 'attacker'][guess % 3] ?? 'attacker'
    const code = String(guess).padStart(6, '0')
    const answer = await attacker
      .approve({ id, code, orders: orders.map(({ orderId }) => orderId) })
      .catch(() => undefined)
    if (answer?.outcome === 'refused') answers.add(answer.reason)
  }
  expect([...answers].sort()).toEqual(['locked', 'not-enrolled', 'wrong-code'])
  for (const order of orders) {
    const answer = await attacker.sign({ claims: order, above: 0, basis: lie('person') })
    if (answer.outcome === 'signed') await offer(answer.jws)
  }
  expect(accepted.length).toBe(before)
}, 60_000)

test('a passkey’s word heard on the way is good for no other car, and no word of the terminal is guessed', async () => {
  const key = await setUpPasskey(house.signer, join(folder, 'signer'), 'head', clock.now())
  for (const car of CARS.slice(0, 8)) await tryToBlock(car)
  const before = accepted.length
  const orders = CARS.slice(20, 60).map((car) => claims(car, 'block'))
  const listed = orders.slice(0, 1).flatMap(listedOf)
  const answer = await attacker.askPasskey({ id: 'head', blocks: listed })
  if (answer.outcome === 'refused') throw new Error(answer.reason)
  // The person stands by one car. The attacker has carried his answer, and says it for whatever he likes.
  const passkey = key.answer(answer.question.challenge)
  const all = orders.flatMap(listedOf)
  const other = await attacker.askPasskey({ id: 'head', blocks: all })
  if (other.outcome === 'refused') throw new Error(other.reason)
  for (const wish of [answer.wish, other.wish])
    for (const id of APPROVERS)
      expect(await attacker.approveByPasskey({ id, wish, passkey })).toMatchObject({ outcome: 'refused' })
  const again = await attacker.askPasskey({ id: 'head', blocks: listed })
  if (again.outcome === 'refused') throw new Error(again.reason)
  const said = { id: 'head', wish: again.wish, passkey: key.answer(again.question.challenge) }
  expect(await attacker.approveByPasskey(said)).toMatchObject({ outcome: 'approved' })
  for (const order of orders)
    for (const orderId of [order.orderId, listed[0]?.orderId ?? order.orderId]) {
      const asked = { ...order, orderId }
      const given = await attacker.sign({ claims: asked, above: 0, basis: lie('person') }).catch(() => undefined)
      if (given?.outcome === 'signed') await offer(given.jws)
    }
  // The one car of the list, whatever else was asked for under its order's number.
  expect(accepted.slice(before).map(({ car }) => car)).toEqual(
    Array.from({ length: accepted.length - before }, () => orders[0]?.vehicleId),
  )
  expect(accepted.length).toBeGreaterThan(before)
  const words = new Set<string>()
  for (let guess = 0; guess < 50; guess += 1) {
    const begun = await attacker.beginPasskey({ id: 'owner', name: 'owner', word: `WORD${guess}` })
    words.add(begun.outcome === 'refused' ? begun.reason : begun.outcome)
  }
  expect([...words].sort()).toEqual(['locked', 'wrong-word'])
}, 60_000)

test('a signed configuration is no order, whatever stands in it; nothing else on the socket signs or tells the key', async () => {
  const [car] = CARS
  if (car === undefined) throw new Error('no car')
  const document = Configuration.parse({
    schema: 'kordon-configuration/1',
    version: 1,
    aud: car.gatewayId,
    issuedAt: clock.now(),
    vehicleId: car.vehicleId,
    devices: [{ id: 'gps', profile: 'generic-nmea-0183', port: { kind: 'nmeaTcp', host: '127.0.0.1', port: 1 } }],
  })
  const jws = await attacker.signConfiguration(document)
  await offer(jws)
  const [, , signature = ''] = jws.split('.')
  await offer(
    `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...claims(car, 'block'), seq: 1 })).toString('base64url')}.${signature}`,
  )
  const said: string[] = []
  for (const path of [
    '/',
    '/key',
    '/private',
    '/../ed25519.pem',
    '/%2e%2e/ed25519.pem',
    '/sign',
    '/keys',
    '/status',
    '/secrets',
    '/approvers',
  ])
    for (const [method, body] of [
      ['GET', ''],
      ['POST', '{}'],
      ['POST', JSON.stringify({ __proto__: { claims: claims(car, 'block') } })],
      ['PUT', 'x'.repeat(100_000)],
    ] as const)
      said.push(await ask(method, path, body))
  expect(said.join('\n')).not.toMatch(/PRIVATE|"d":|otpauth|secret=/)
  expect(accepted).toEqual([])
})

test('what he forges without asking the signer no gateway takes: 20,000 of every kind', async () => {
  const forger = createForger(7)
  const { accepted: taken, genuine } = await bombard(forger, 20_000)
  expect(taken).toEqual([])
  expect(genuine).toBe(true)
}, 60_000)

function ask(method: string, path: string, body: string): Promise<string> {
  return new Promise((done) => {
    const sent = request({ socketPath, method, path, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = ''
      answer.on('data', (part: Buffer) => (text += part.toString()))
      answer.on('end', () => done(text))
      answer.on('error', () => done(text))
    })
    sent.on('error', () => done(''))
    sent.end(body)
  })
}
