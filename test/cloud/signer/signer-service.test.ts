import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { createApprovalService } from '../../../cloud/signer/approval-service.ts'
import { createApproverSecretStore } from '../../../cloud/signer/approver-secret-store.ts'
import { createPasskeyClient } from '../../../cloud/signer/passkey-client.ts'
import { createPasskeyStore } from '../../../cloud/signer/passkey-store.ts'
import type { SignAnswer, SignRequest, UnnumberedOrder } from '../../../cloud/signer/signer-message.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { createSignerService, type Signer } from '../../../cloud/signer/signer-service.ts'
import { createSignerStore, type SignerStore } from '../../../cloud/signer/signer-store.ts'
import { APPROVERS_PARTY, setUpApprover } from '../../support/approver-app.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

let folder: string
let store: SignerStore
let clock: ManualClock
const service = (): Signer => {
  const deps = { store, policy: DEFAULT_POLICY, clock, log: silentLog }
  const { waysOf, ...approvals } = createApprovalService({
    ...deps,
    secrets: createApproverSecretStore(folder),
    passkeys: createPasskeyStore(folder),
    checks: createPasskeyClient(APPROVERS_PARTY),
  })
  return { ...createSignerService({ ...deps, waysOf }), ...approvals }
}
const reopen = (): void => {
  store.close()
  store = createSignerStore(folder)
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-signer-'))
  store = createSignerStore(folder)
  clock = createManualClock()
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

const A = GatewayId.parse('gw-aaaaaaaa')
const B = GatewayId.parse('gw-bbbbbbbb')
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const base = (number: number, aud: GatewayId, vehicle: number) => ({
  orderId: OrderId.parse(id(number)),
  aud,
  vehicleId: VehicleId.parse(id(900_000 + vehicle)),
  iat: epochMs(1_795_289_123_456),
  by: 'user:manager',
})
const block = (number: number, aud = A, vehicle = number): UnnumberedOrder => ({
  ...base(number, aud, vehicle),
  action: 'block',
  reasons: ['manual'],
  notAfter: epochMs(1_795_290_023_456),
})
const unblock = (number: number, aud = A, vehicle = number): UnnumberedOrder => ({
  ...base(number, aud, vehicle),
  action: 'unblock',
  reasons: [],
})
const asked = (claims: UnnumberedOrder, more: Partial<SignRequest['basis']> = {}, above = 0): SignRequest => ({
  claims,
  above,
  basis: { asker: 'person', approvals: [], fleetSize: 100, ...more },
})
const signed = (answer: SignAnswer) => {
  if (answer.outcome !== 'signed') throw new Error(`refused: ${answer.reason}`)
  return answer
}

test('an order verifies with the public key and carries exactly its claims', async () => {
  const signer = service()
  const [key] = await signer.keys()
  if (key === undefined) throw new Error('no key')
  const { jws, seq } = signed(await signer.sign(asked(block(1))))
  const { payload } = await compactVerify(jws, await importJWK(key, 'EdDSA'), { algorithms: ['EdDSA'] })
  expect(Order.parse(JSON.parse(new TextDecoder().decode(payload)))).toEqual({ ...block(1), seq })
  expect(decodeProtectedHeader(jws)).toEqual({ alg: 'EdDSA', kid: key.kid })
})

test('no order is dated ahead of the signer, since that would end every later block; no block lives longer than a day', async () => {
  const signer = service()
  const year = 365 * 24 * 3_600_000
  const ahead = { iat: epochMs(clock.now() + year), notAfter: epochMs(clock.now() + 2 * year) }
  const claimsOf = async (wish: UnnumberedOrder) => {
    const [, claims = ''] = signed(await signer.sign(asked(wish))).jws.split('.')
    return Order.parse(JSON.parse(Buffer.from(claims, 'base64url').toString()))
  }
  const iat = clock.now() + 60_000
  expect(await claimsOf({ ...unblock(1), iat: ahead.iat })).toMatchObject({ action: 'unblock', iat })
  expect(await claimsOf({ ...block(2), ...ahead })).toMatchObject({ iat, notAfter: iat + 24 * 3_600_000 })
})

test('numbers rise per gateway, each gateway has its own', async () => {
  const signer = service()
  const numbers = []
  for (const [number, gateway] of [
    [1, A],
    [2, B],
    [3, A],
    [4, A],
  ] as const)
    numbers.push(signed(await signer.sign(asked(block(number, gateway)))).seq)
  expect(numbers).toEqual([1, 1, 2, 3])
})

test('the same order is signed in the same words for ever, even if other claims are asked for', async () => {
  const first = await service().sign(asked(block(1)))
  reopen()
  const again = await service().sign(asked({ ...block(1), by: 'user:somebody-else' }, {}, 7))
  expect(again).toEqual(first)
})

test('key and numbers survive a restart; key and file are for their owner only', async () => {
  const before = await service().keys()
  await service().sign(asked(block(1)))
  reopen()
  expect(await service().keys()).toEqual(before)
  expect(signed(await service().sign(asked(block(2)))).seq).toBe(2)
  expect(statSync(join(folder, 'ed25519.pem')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'signer.sqlite')).mode & 0o777).toBe(0o600)
})

test('a number seen elsewhere is never used again, should the numbers have been restored from an older copy', async () => {
  expect(signed(await service().sign(asked(block(1), {}, 41))).seq).toBe(42)
  expect(signed(await service().sign(asked(block(2)))).seq).toBe(43)
})

test('claims that do not parse are not signed and use no number', async () => {
  const signer = service()
  await expect(signer.sign(asked({ ...block(1), by: '' }))).rejects.toThrow('by')
  expect(signed(await signer.sign(asked(block(2)))).seq).toBe(1)
})

test('one vehicle is blocked once in ten minutes, and unblocked whenever asked', async () => {
  const signer = service()
  signed(await signer.sign(asked(block(1, A, 1))))
  signed(await signer.sign(asked(unblock(2, A, 1))))
  const soon = await signer.sign(asked(block(3, A, 1)))
  expect(soon).toEqual({ outcome: 'refused', reason: 'vehicle-rate', until: clock.now() + 600_000 })
  reopen()
  expect((await service().sign(asked(block(3, A, 1)))).outcome).toBe('refused')
  signed(await service().sign(asked(unblock(4, A, 1))))
  await clock.advance(600_000)
  signed(await service().sign(asked(block(3, A, 1))))
})

test('a sixth vehicle within ten minutes wants two registered persons, and gets no further by one person twice', async () => {
  const signer = service()
  for (const [index, person] of ['owner', 'head', 'late'].entries()) {
    await signer.addApprover({ id: person, name: person, by: 'owner' })
    expect((await signer.status()).approvers[index]?.countsFrom).toBe(clock.now() + (index < 2 ? 0 : 24 * 3_600_000))
  }
  for (let car = 1; car <= 5; car += 1) signed(await signer.sign(asked(block(car))))
  const by = (...people: readonly string[]) => ({
    approvals: people.map((person) => ({ id: person, name: person, at: clock.now() })),
  })
  const sixth = (...people: readonly string[]) => signer.sign(asked(block(6), by(...people)))
  const approve = (person: string) =>
    signer.approve({
      id: person,
      code: setUpApprover(folder, person, person).code(clock.now()),
      orders: [OrderId.parse(id(6))],
    })
  const refused = { outcome: 'refused', reason: 'two-persons' }
  // A web tier that names whom it likes gets no further: nobody's code has been checked.
  for (const people of [[], ['owner'], ['owner', 'owner'], ['owner', 'head'], ['owner', 'head', 'late']])
    expect(await sixth(...people)).toMatchObject(refused)
  for (const person of ['owner', 'late', 'stranger'])
    expect(await approve(person)).toMatchObject({ outcome: 'approved', way: 'code' })
  for (const people of [[], ['owner'], ['owner', 'stranger'], ['owner', 'late']])
    expect(await sixth(...people)).toMatchObject(refused)
  expect(await approve('head')).toMatchObject({ outcome: 'approved' })
  signed(await signer.sign(asked(block(6), by('owner'))))
  expect(await signer.sign(asked(block(7)))).toMatchObject({ reason: 'two-persons', until: clock.now() + 600_000 })
  await clock.advance(600_000)
  signed(await signer.sign(asked(block(7))))
})

test('a rule’s block gets past its budget by two checked codes only', async () => {
  const signer = service()
  for (const person of ['owner', 'head']) await signer.addApprover({ id: person, name: person, by: 'owner' })
  const byRule = { asker: 'rule', fleetSize: 12 } as const
  for (let car = 1; car <= 3; car += 1) signed(await signer.sign(asked(block(car), byRule)))
  const orders = [OrderId.parse(id(4))]
  const approvals = ['owner', 'head'].map((person) => ({ id: person, name: person, at: clock.now() }))
  for (const person of ['owner', 'head']) {
    expect(await signer.sign(asked(block(4), { ...byRule, approvals }))).toMatchObject({ outcome: 'refused' })
    const code = setUpApprover(folder, person, person).code(clock.now())
    expect(await signer.approve({ id: person, code, orders })).toMatchObject({ outcome: 'approved' })
  }
  signed(await signer.sign(asked(block(4), byRule)))
})

test('a code counts once, across restarts, and five wrong ones lock the next for ten minutes', async () => {
  const head = setUpApprover(folder, 'head', 'head')
  const approve = (code: string, order = 6) =>
    service().approve({ id: 'head', code, orders: [OrderId.parse(id(order))] })
  expect(await service().approve({ id: 'owner', code: '123456', orders: [OrderId.parse(id(6))] })).toEqual({
    outcome: 'refused',
    reason: 'not-enrolled',
  })
  const code = head.code(clock.now())
  expect(await approve(code)).toMatchObject({ outcome: 'approved' })
  reopen()
  expect(await approve(code, 7)).toMatchObject({ reason: 'wrong-code' })
  // One that an eavesdropper kept from before is spent too.
  expect(await approve(head.code(clock.now() - 30_000), 7)).toMatchObject({ reason: 'wrong-code' })
  const near = [-1, 0, 1, 10].map((step) => head.code(clock.now() + step * 30_000))
  const wrong = ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].filter(
    (it) => !near.includes(it),
  )
  for (const guess of wrong.slice(0, 3)) expect(await approve(guess)).toMatchObject({ reason: 'wrong-code' })
  await clock.advance(300_000)
  expect(await approve(head.code(clock.now()))).toMatchObject({ reason: 'locked' })
  reopen()
  expect(await approve(head.code(clock.now()))).toMatchObject({ reason: 'locked' })
  await clock.advance(300_000)
  expect(await approve(head.code(clock.now()))).toMatchObject({ outcome: 'approved' })
})

test('a block that is renewed spends no budget: ten held cars are asked for again after an outage by nobody but the clock', async () => {
  const signer = service()
  for (let car = 1; car <= 10; car += 1) {
    signed(await signer.sign(asked(block(car))))
    await clock.advance(150_000)
  }
  await clock.advance(3_600_000)
  for (let car = 1; car <= 10; car += 1) signed(await signer.sign(asked(block(100 + car, A, car))))
})

test('rules that block more than the hour allows freeze themselves, durably, until a person lets them go on', async () => {
  const byRule = { asker: 'rule', fleetSize: 1000 } as const
  for (let car = 1; car <= 20; car += 1) {
    signed(await service().sign(asked(block(car), byRule)))
    await clock.advance(130_000)
  }
  expect(await service().sign(asked(block(21), byRule))).toMatchObject({ reason: 'budget-hour' })
  reopen()
  expect((await service().status()).switch).toMatchObject({
    mode: 'automatic-frozen',
    reason: 'budget-hour',
    by: 'governor',
  })
  await clock.advance(3_600_000)
  expect(await service().sign(asked(block(22), byRule))).toMatchObject({ reason: 'automatic-frozen' })
  signed(await service().sign(asked(block(23))))
  await service().setSwitch({ mode: 'running', reason: 'проверено', by: 'owner' })
  signed(await service().sign(asked(block(22), byRule)))
})

test('rules may block a quarter of the fleet within a day, and three of a very small one', async () => {
  const signer = service()
  const byRule = { asker: 'rule', fleetSize: 12 } as const
  for (let car = 1; car <= 3; car += 1) signed(await signer.sign(asked(block(car), byRule)))
  expect(await signer.sign(asked(block(4), byRule))).toMatchObject({ reason: 'budget-share' })
})

test.each([
  { mode: 'automatic-stopped', byRule: 'automatic-stopped', byPerson: undefined },
  { mode: 'unblock-only', byRule: 'unblock-only', byPerson: 'unblock-only' },
] as const)('the master switch at $mode survives a restart and never stops an unblock', async (row) => {
  await service().setSwitch({ mode: row.mode, reason: 'учения', by: 'owner' })
  reopen()
  const signer = service()
  for (const person of ['owner', 'head']) await signer.addApprover({ id: person, name: person, by: 'owner' })
  expect(await signer.sign(asked(block(1), { asker: 'rule' }))).toMatchObject({ reason: row.byRule })
  const approvals = ['owner', 'head'].map((person) => ({ id: person, name: person, at: clock.now() }))
  const person = await signer.sign(asked(block(2), { approvals }))
  expect(person.outcome === 'refused' ? person.reason : undefined).toBe(row.byPerson)
  signed(await signer.sign(asked(unblock(3))))
})

test('limits are only ever made stricter from outside', async () => {
  await service().tighten({
    policy: { vehiclesPerTenMinutes: 2, automaticPerHour: 200, minutesBetweenBlocks: 1 },
    by: 'x',
  })
  reopen()
  expect((await service().status()).policy).toEqual({ ...DEFAULT_POLICY, vehiclesPerTenMinutes: 2 })
})

test('an unblock goes before a hundred blocks that wait', async () => {
  const signer = service()
  const done: string[] = []
  const blocks = Array.from({ length: 100 }, (_, car) =>
    signer.sign(asked(block(car + 1, A, car))).then(() => done.push('block')),
  )
  const free = signer.sign(asked(unblock(500))).then(() => done.push('unblock'))
  await Promise.all([...blocks, free])
  expect(done.indexOf('unblock')).toBeLessThanOrEqual(1)
})

test('a disk that refuses stops every block and no unblock, whose numbers still rise', async () => {
  const signer = service()
  signed(await signer.sign(asked(block(1), {}, 10)))
  store.close()
  await expect(signer.sign(asked(block(2)))).rejects.toThrow()
  const first = signed(await signer.sign(asked(unblock(3), {}, 5)))
  const second = signed(await signer.sign(asked(unblock(4), {}, 5)))
  expect([first.seq, second.seq]).toEqual([12, 13])
  expect(await signer.sign(asked(unblock(3), {}, 5))).toEqual(first)
  store = createSignerStore(folder)
})

test('a file that is no database leaves a signer that only frees', async () => {
  store.close()
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `signer.sqlite${end}`), { force: true })
  writeFileSync(join(folder, 'signer.sqlite'), 'this is no database, and longer than the header of one'.repeat(40))
  store = createSignerStore(folder)
  const signer = service()
  await expect(signer.sign(asked(block(1)))).rejects.toThrow('cannot be used')
  expect(signed(await signer.sign(asked(unblock(2), {}, 77))).seq).toBe(78)
})

test('two signers never number orders side by side', () => {
  const lock = new DatabaseSync(join(folder, 'signer.sqlite'))
  expect(() => lock.exec('PRAGMA busy_timeout=0; SELECT * FROM signed')).toThrow('locked')
  lock.close()
})
