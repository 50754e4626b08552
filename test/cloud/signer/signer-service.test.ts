import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { createSignerService, type UnnumberedOrder } from '../../../cloud/signer/signer-service.ts'
import { createSignerStore, type SignerStore } from '../../../cloud/signer/signer-store.ts'

let folder: string
let store: SignerStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-signer-'))
  store = createSignerStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

const A = GatewayId.parse('gw-aaaaaaaa')
const B = GatewayId.parse('gw-bbbbbbbb')
const claims = (number: number, aud = A): UnnumberedOrder => ({
  orderId: OrderId.parse(`00000000-0000-4000-8000-00000000000${number}`),
  aud,
  vehicleId: VehicleId.parse('00000000-0000-4000-8000-0000000000aa'),
  iat: epochMs(1_795_289_123_456),
  by: 'user:manager',
  action: 'block',
  reasons: ['manual'],
  notAfter: epochMs(1_795_290_023_456),
})

test('an order verifies with the public key and carries exactly its claims', async () => {
  const signer = createSignerService(store)
  const [key] = await signer.keys()
  if (key === undefined) throw new Error('no key')
  const { jws, seq } = await signer.sign(claims(1), 0)
  const { payload } = await compactVerify(jws, await importJWK(key, 'EdDSA'), { algorithms: ['EdDSA'] })
  expect(Order.parse(JSON.parse(new TextDecoder().decode(payload)))).toEqual({ ...claims(1), seq })
  expect(decodeProtectedHeader(jws)).toEqual({ alg: 'EdDSA', kid: key.kid })
})

test('numbers rise per gateway, each gateway has its own', async () => {
  const signer = createSignerService(store)
  const numbers = []
  for (const [number, gateway] of [
    [1, A],
    [2, B],
    [3, A],
    [4, A],
  ] as const)
    numbers.push((await signer.sign(claims(number, gateway), 0)).seq)
  expect(numbers).toEqual([1, 1, 2, 3])
})

test('the same order is signed in the same words for ever, even if other claims are asked for', async () => {
  const first = await createSignerService(store).sign(claims(1), 0)
  store.close()
  store = createSignerStore(folder)
  const again = await createSignerService(store).sign({ ...claims(1), by: 'user:somebody-else' }, 7)
  expect(again).toEqual(first)
})

test('key and numbers survive a restart; the key is for its owner only', async () => {
  const before = await createSignerService(store).keys()
  await createSignerService(store).sign(claims(1), 0)
  store.close()
  store = createSignerStore(folder)
  expect(await createSignerService(store).keys()).toEqual(before)
  expect((await createSignerService(store).sign(claims(2), 0)).seq).toBe(2)
  expect(statSync(join(folder, 'ed25519.pem')).mode & 0o777).toBe(0o600)
})

test('a number seen elsewhere is never used again, should the numbers have been restored from an older copy', async () => {
  expect((await createSignerService(store).sign(claims(1), 41)).seq).toBe(42)
  expect((await createSignerService(store).sign(claims(2), 0)).seq).toBe(43)
})

test('claims that do not parse are not signed and use no number', async () => {
  const signer = createSignerService(store)
  await expect(signer.sign({ ...claims(1), by: '' }, 0)).rejects.toThrow('by')
  expect((await signer.sign(claims(2), 0)).seq).toBe(1)
})
