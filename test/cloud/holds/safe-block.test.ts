import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { counterBytes, digitsOf } from '#contract/unlock-code.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createPasskeyStore } from '../../../cloud/signer/passkey-store.ts'
import { createUnlockKeyStore } from '../../../cloud/unlock/unlock-key-store.ts'
import { APPROVERS_PARTY, setUpApprover } from '../../support/approver-app.ts'
import { createSoftPasskey } from '../../support/soft-passkey.ts'
import { sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import {
  claimsOf,
  fittedVehicle,
  frameOf,
  openVehicleHouse,
  reportOf,
  type VehicleHouse,
} from '../../support/vehicle-house.ts'
import { vehicleHouseForEach } from '../../support/vehicle-house-each.ts'

vi.setConfig({ testTimeout: 60_000 })
afterAll(stopSqlServer)

const HOUR = 3_600_000

describe.each(sqlKinds())('a safe block on %s', (kind) => {
  let postgres: Postgres
  let dataDir: string
  let house: VehicleHouse
  vehicleHouseForEach(
    kind,
    (given) => {
      ;({ postgres, dataDir, house } = given)
    },
    () => house,
  )

  const vehicleJson = async (vehicle: string) => (await house.call('manager', 'GET', `/api/vehicles/${vehicle}`)).json()
  const hold = (vehicle: string, more: object = {}) =>
    house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'долг', ...more })
  const newest = () => claimsOf(house.published.at(-1)?.payload ?? '')
  const rfc3339 = (at: number): string => new Date(at).toISOString()
  const grace = (vehicle: string, length: number) =>
    house.call('manager', 'POST', `/api/vehicles/${vehicle}/grace`, {
      until: rfc3339(house.clock.now() + length),
      note: 'едет в парк',
    })
  const titles = async (vehicle: string) =>
    (await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline`))
      .json()
      .items.map((item: { kind: string; title: string }) => `${item.kind} ${item.title}`)

  /** A car that has been blocked and has said so. */
  async function blockedVehicle() {
    const fitted = await fittedVehicle(house)
    const placed = (await hold(fitted.vehicle)).json()
    await house.settle()
    await house.tell(fitted.gateway, reportOf(newest(), 'verified', 'open', house.clock.now()))
    return { ...fitted, holdId: placed.hold.id }
  }

  test('a grace frees the car though its hold stands, and blocks again by itself at its end', async () => {
    const { vehicle, gateway } = await blockedVehicle()
    await house.clock.advance(10 * 60_000)
    const given = await grace(vehicle, 20 * 60_000)
    expect(given.statusCode).toBe(202)
    expect(given.json()).toMatchObject({ grace: { note: 'едет в парк', givenBy: { name: 'manager' } }, holds: [{}] })
    await house.settle()
    expect(newest()).toMatchObject({ action: 'unblock', orderId: given.json().order.id })
    await house.tell(gateway, reportOf(newest(), 'verified', 'closed', house.clock.now()))
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
      state: 'permitted',
      whyNot: 'grace',
      grace: { until: given.json().grace.until },
      holds: [{ reason: 'manual' }],
    })
    await house.clock.advance(19 * 60_000)
    await house.settle()
    expect(newest().action).toBe('unblock')
    await house.clock.advance(60_000)
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', reasons: ['manual'] })
    expect((await vehicleJson(vehicle)).immobilizer.grace).toBeNull()
    expect(await titles(vehicle)).toContain('grace given')
  })

  test('a grace ended early blocks again at once, and its end is told', async () => {
    const { vehicle } = await blockedVehicle()
    await house.clock.advance(10 * 60_000)
    await grace(vehicle, 2 * HOUR)
    await house.settle()
    const ended = await house.call('head', 'DELETE', `/api/vehicles/${vehicle}/grace`, { note: 'передумали' })
    expect(ended.json()).toMatchObject({ grace: null, holds: [{}] })
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', orderId: ended.json().order.id })
    expect(await titles(vehicle)).toContain('grace ended')
    const none = await house.call('head', 'DELETE', `/api/vehicles/${vehicle}/grace`, { note: '' })
    expect(none.json().code).toBe('grace/none')
  })

  test.each([
    { reason: 'theft', by: 'a person', ends: true },
    { reason: 'papers', by: 'a person', ends: false },
    { reason: 'theft', by: 'a rule', ends: false },
  ] as const)('a grace that runs when $by says $reason: ended $ends', async ({ reason, by, ends }) => {
    const { vehicle, gateway } = await blockedVehicle()
    await house.clock.advance(10 * 60_000)
    await grace(vehicle, 2 * HOUR)
    await house.settle()
    await house.tell(gateway, reportOf(newest(), 'verified', 'closed', house.clock.now()))
    if (by === 'a person') await hold(vehicle, { reason })
    else {
      const rule = { kind: 'rule', id: 'tow', name: 'Эвакуация' } as const
      await house.parts.holds.place({ vehicleId: vehicle, reason, note: '', by: rule })
    }
    await house.settle()
    expect(newest().action).toBe(ends ? 'block' : 'unblock')
    expect((await vehicleJson(vehicle)).immobilizer.grace === null).toBe(ends)
    expect((await titles(vehicle)).includes('grace ended')).toBe(ends)
  })

  test('a grace outlives a restart, and its end comes all the same', async () => {
    const { vehicle } = await blockedVehicle()
    await house.clock.advance(10 * 60_000)
    await grace(vehicle, HOUR)
    await house.settle()
    const { clock, cursors } = house
    await house.stop()
    await clock.advance(HOUR)
    house = await openVehicleHouse(postgres, { dataDir, clock, cursors })
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block' })
  })

  test.each([
    { name: 'longer than three days', length: 72 * HOUR + 60_000, role: 'owner', code: 'grace/too-long' },
    { name: 'in the past', length: -1000, role: 'owner', code: 'grace/past' },
    { name: 'by a mechanic', length: HOUR, role: 'mechanic', code: 'access/forbidden' },
  ] as const)('a grace $name is refused', async ({ length, role, code }) => {
    const { vehicle } = await blockedVehicle()
    const until = rfc3339(house.clock.now() + length)
    const answer = await house.call(role, 'POST', `/api/vehicles/${vehicle}/grace`, { until, note: 'x' })
    expect(answer.json().code).toBe(code)
  })

  test('a one-time code is HOTP of the gateway’s own secret; each is given once, and told in the timeline', async () => {
    const { vehicle, grant } = await fittedVehicle(house)
    const secret = Buffer.from(grant.unlockSecret ?? '', 'base64url')
    expect(secret).toHaveLength(20)
    const expected = (counter: number) => {
      const digits = digitsOf(createHmac('sha1', secret).update(counterBytes(counter)).digest())
      return `${digits.slice(0, 4)} ${digits.slice(4)}`
    }
    const ask = (payload?: object) => house.call('manager', 'POST', `/api/vehicles/${vehicle}/unlock-code`, payload)
    const first = await ask({ note: 'водитель Петров' })
    expect(first.statusCode).toBe(201)
    expect(first.json()).toEqual({ code: expected(0), counter: 0, validFor: 'once' })
    expect((await ask()).json()).toEqual({ code: expected(1), counter: 1, validFor: 'once' })
    // The gateway's page says that it has come further than we know.
    expect((await ask({ shown: 9 })).json().counter).toBe(9)
    expect((await ask()).json().counter).toBe(10)
    expect((await ask()).json().counter).toBe(11)
    expect((await ask()).json().code).toBe('request/too-many')
    expect(await titles(vehicle)).toContain('unlock-code given')
    const other = await house.call('dispatcher', 'POST', `/api/vehicles/${vehicle}/unlock-code`)
    expect(other.statusCode).toBe(403)
  })

  test('codes that nobody types never run out of what the gateway still takes', async () => {
    const { vehicle } = await fittedVehicle(house)
    const counters: number[] = []
    for (let round = 0; round < 24; round += 1) {
      counters.push((await house.call('owner', 'POST', `/api/vehicles/${vehicle}/unlock-code`)).json().counter)
      await house.clock.advance(10 * 60_000)
    }
    expect(counters).toEqual([...Array.from({ length: 20 }, (_, index) => index), 19, 19, 19, 19])
  })

  test('the secret lies sealed in the database, its key in a file for its owner only', async () => {
    const { gateway, grant } = await fittedVehicle(house)
    const rows = await sql<{
      text: string
    }>`select row_to_json(unlock_secrets)::text as text from unlock_secrets`.execute(postgres.db)
    const sealed: string = JSON.parse(rows.rows[0]?.text ?? '{}').sealed
    expect(rows.rows[0]?.text).not.toContain(grant.unlockSecret)
    const folder = join(dataDir, 'unlock')
    expect(statSync(join(folder, 'unlock.key')).mode & 0o777).toBe(0o600)
    const keys = createUnlockKeyStore(folder, (length) => new Uint8Array(length))
    expect(Buffer.from(keys.open(sealed, gateway)).toString('base64url')).toBe(grant.unlockSecret)
    expect(() => keys.open(sealed, 'gw-another1')).toThrow()
    expect(readFileSync(join(dataDir, 'decisions', 'decisions.sqlite-wal')).includes(grant.unlockSecret ?? '-')).toBe(
      false,
    )
  })

  test('a used code gives a day of grace, before the relay’s own word can ask for a new block', async () => {
    const { vehicle, gateway } = await blockedVehicle()
    await house.clock.advance(HOUR)
    const at = house.clock.now()
    const told = await house.tell(
      gateway,
      { kind: 'event', name: 'unlock-code-used', at, data: { counter: 0 } },
      frameOf('closed', at + 1000),
    )
    await house.settle()
    expect(house.published.map(({ payload }) => claimsOf(payload).action)).toEqual(['block', 'unblock'])
    const { immobilizer } = await vehicleJson(vehicle)
    expect(immobilizer).toMatchObject({ grace: { until: rfc3339(at + 24 * HOUR), givenBy: { id: 'unlock-code' } } })
    await house.give(told)
    expect((await titles(vehicle)).filter((title: string) => title === 'grace given')).toHaveLength(1)
    expect((await house.call('owner', 'POST', `/api/vehicles/${vehicle}/unlock-code`)).json().counter).toBe(1)
    const { clock, cursors } = house
    await house.stop()
    await clock.advance(24 * HOUR)
    house = await openVehicleHouse(postgres, { dataDir, clock, cursors })
    await house.settle()
    expect(newest().action).toBe('block')
  })

  test('a gateway without a clock gets its day from when we hear of the code', async () => {
    const { vehicle, gateway } = await blockedVehicle()
    await house.tell(gateway, { kind: 'event', name: 'unlock-code-used', at: 1000, data: { counter: 0 } })
    const { immobilizer } = await vehicleJson(vehicle)
    expect(immobilizer.grace.until).toBe(rfc3339(house.clock.now() + 24 * HOUR))
  })

  test('a block “when next parked” may wait a day, and so may the one that follows it', async () => {
    const { vehicle } = await fittedVehicle(house)
    await hold(vehicle, { whenNextParked: true })
    await house.settle()
    const order = newest()
    expect(order).toMatchObject({ notAfter: order.iat + 24 * HOUR })
    expect((await vehicleJson(vehicle)).immobilizer.holds[0]).toMatchObject({ whenNextParked: true })
  })

  test('a rule’s hold keeps the rule’s version and what it saw', async () => {
    const { vehicle } = await fittedVehicle(house)
    const by = { kind: 'rule', id: 'balance', name: 'Баланс' } as const
    await house.parts.holds.place({
      vehicleId: vehicle,
      reason: 'balance',
      note: '',
      by,
      ruleVersion: '3',
      evidence: { kopecks: 431_000, asOf: '2026-11-21T20:00:00Z' },
    })
    expect((await vehicleJson(vehicle)).immobilizer.holds).toMatchObject([
      { placedBy: by, ruleVersion: '3', evidence: { kopecks: 431_000 } },
    ])
  })

  test('a sixth car waits for another registered person, who cannot be the first one again', async () => {
    const cars = []
    for (let car = 0; car < 7; car += 1) cars.push(await fittedVehicle(house, `А00${car}АА77`))
    for (const role of ['owner', 'head'] as const)
      expect((await house.call(role, 'POST', '/api/governor/approvers', {})).json().approvers).toContainEqual(
        expect.objectContaining({ name: role }),
      )
    for (const { vehicle } of cars)
      await house.call('owner', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'theft', note: 'угон' })
    await house.settle()
    expect(house.published).toHaveLength(5)
    const governor = (await house.call('head', 'GET', '/api/governor')).json()
    expect(governor.waiting).toHaveLength(2)
    const [waiting] = governor.waiting
    expect((await vehicleJson(waiting.vehicleId)).immobilizer).toMatchObject({
      whyNot: 'two-persons',
      order: { state: 'created', unsignedBecause: 'two-persons' },
    })
    const orders = governor.waiting.map((order: { id: string }) => order.id)
    const appOf = (name: string) =>
      setUpApprover(
        join(dataDir, 'signer'),
        governor.approvers.find((approver: { name: string }) => approver.name === name).id,
        name,
      )
    const approve = (role: 'owner' | 'head' | 'manager', ids: readonly string[], code = '000000') =>
      house.call(role, 'POST', '/api/orders/approvals', { orders: ids, code })
    expect((await approve('head', orders)).json().code).toBe('approval/not-enrolled')
    const [owner, head] = [appOf('owner'), appOf('head')]
    expect((await approve('owner', [waiting.id], owner.code(house.clock.now()))).json().code).toBe('order/own-approval')
    expect((await approve('manager', [waiting.id])).json().code).toBe('access/forbidden')
    const code = head.code(house.clock.now())
    const wrong = code === '000000' ? '000001' : '000000'
    expect((await approve('head', orders, wrong)).json().code).toBe('approval/wrong-code')
    await house.settle()
    expect(house.published).toHaveLength(5)
    expect((await approve('head', orders, code)).json()).toEqual({ approved: 2, way: 'code' })
    expect((await approve('head', orders, code)).json().code).toBe('approval/wrong-code')
    await house.settle()
    expect(house.published).toHaveLength(7)
    expect((await house.call('head', 'GET', `/api/orders/${waiting.id}`)).json()).toMatchObject({
      state: 'sent',
      unsignedBecause: null,
      approvals: [{ name: 'head', way: 'code' }],
    })
  })

  test('a passkey of the second person stands by the cars of its list, and by no car that came to wait after it', async () => {
    const call = (path: string, body: object) => house.call('head', 'POST', path, body)
    const place = async (plate: string) => {
      const { vehicle } = await fittedVehicle(house, plate)
      await house.call('owner', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'theft', note: 'угон' })
    }
    for (const role of ['owner', 'head'] as const) await house.call(role, 'POST', '/api/governor/approvers', {})
    for (let car = 0; car < 7; car += 1) await place(`А10${car}АА77`)
    await house.settle()
    const governor = async () => (await house.call('head', 'GET', '/api/governor')).json()
    const { waiting, approvers } = await governor()
    const orders = waiting.map((order: { id: string }) => order.id)
    expect((await call('/api/orders/approvals/options', { orders })).json().code).toBe('approval/no-passkey')
    expect((await call('/api/governor/passkeys/options', { word: 'GUESS' })).json().code).toBe('approval/wrong-word')
    // The word is made and the thumbprint said where the signer runs; between them the person's browser.
    const head = approvers.find((approver: { name: string }) => approver.name === 'head')
    const terminal = createPasskeyStore(join(dataDir, 'signer'))
    const key = createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
    const word = terminal.invite(head.id, 'head', house.clock.now())
    const { options } = (await call('/api/governor/passkeys/options', { word })).json()
    const { thumbprint } = (await call('/api/governor/passkeys', { passkey: key.register(options.challenge) })).json()
    expect((await governor()).approvers.find(({ id }: { id: string }) => id === head.id).ways).toEqual([])
    terminal.confirm(thumbprint)
    expect((await governor()).approvers.find(({ id }: { id: string }) => id === head.id).ways).toEqual(['passkey'])

    const list = (await call('/api/orders/approvals/options', { orders })).json()
    expect(list.orders.map((order: { id: string }) => order.id)).toEqual(orders)
    await place('А199АА77')
    await house.settle()
    const answer = { wish: list.wish, passkey: key.answer(list.options.challenge) }
    expect((await call('/api/orders/approvals', answer)).json()).toEqual({ approved: 2, way: 'passkey' })
    expect((await call('/api/orders/approvals', answer)).json().code).toBe('approval/question-over')
    await house.settle()
    expect(house.published).toHaveLength(7)
    expect((await governor()).waiting).toHaveLength(1)
    expect((await house.call('head', 'GET', `/api/orders/${orders[0]}`)).json()).toMatchObject({
      state: 'sent',
      approvals: [{ name: 'head', way: 'passkey' }],
    })
    const code = setUpApprover(join(dataDir, 'signer'), head.id, 'head').code(house.clock.now())
    expect((await call('/api/orders/approvals', { orders, code })).json().code).toBe('approval/passkey-wanted')
    expect((await call('/api/orders/approvals/options', { orders })).json().code).toBe('order/no-approval-needed')
  })

  test('the master switch stops rules, then everything, never an unblock; the car’s page says which', async () => {
    const { vehicle, holdId } = await blockedVehicle()
    const other = await fittedVehicle(house, 'В002ВВ77')
    const turn = (mode: string, role: 'owner' | 'manager' = 'owner') =>
      house.call(role, 'POST', '/api/governor/switch', { mode, reason: 'подмена сигнала в центре' })
    expect((await turn('automatic-stopped', 'manager')).statusCode).toBe(403)
    expect((await turn('automatic-stopped')).json()).toMatchObject({
      switch: { mode: 'automatic-stopped', by: 'owner' },
    })
    const by = { kind: 'rule', id: 'zone', name: 'Зона' } as const
    await house.parts.holds.place({ vehicleId: other.vehicle, reason: 'zone', note: '', by })
    await house.settle()
    expect(house.published).toHaveLength(1)
    expect((await vehicleJson(other.vehicle)).immobilizer.whyNot).toBe('automatic-stopped')
    await turn('unblock-only')
    await house.call('owner', 'DELETE', `/api/vehicles/${vehicle}/holds/${holdId}`, { note: '' })
    await house.settle()
    expect(newest()).toMatchObject({ action: 'unblock', vehicleId: vehicle })
    await turn('running')
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', vehicleId: other.vehicle, reasons: ['zone'] })
  })

  test('with the signer down holds stand, blocks wait and say why, codes are given; back again it all goes on', async () => {
    const { vehicle } = await fittedVehicle(house)
    house.signerDown = true
    const placed = (await hold(vehicle)).json()
    expect(placed).toMatchObject({ hold: { reason: 'manual' }, whyNot: 'signer-unavailable' })
    await house.settle()
    expect(house.published).toEqual([])
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
      holds: [{}],
      canBlock: true,
      whyNot: 'signer-unavailable',
      order: { state: 'created', unsignedBecause: 'signer-unavailable' },
    })
    expect((await house.call('owner', 'GET', '/api/governor')).json()).toMatchObject({ signer: 'down', switch: null })
    expect((await house.call('owner', 'POST', `/api/vehicles/${vehicle}/unlock-code`)).statusCode).toBe(201)
    const change = await house.call('owner', 'POST', '/api/governor/switch', { mode: 'running', reason: 'x' })
    expect(change.json().code).toBe('signer/unavailable')
    house.signerDown = false
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', orderId: placed.order.id })
    expect((await vehicleJson(vehicle)).immobilizer.whyNot).toBeNull()
  })

  test('a gateway is not granted half an identity while the signer is down: its code stays good', async () => {
    const vehicle = (await house.call('owner', 'POST', '/api/vehicles', { plate: 'Х1', model: 'Haval' })).json().id
    const { claimCode } = (await house.call('owner', 'POST', '/api/gateways', { vehicleId: vehicle })).json()
    const claim = () => house.app.inject({ method: 'POST', url: '/api/gateways/claim', payload: { code: claimCode } })
    house.signerDown = true
    expect((await claim()).json()).toMatchObject({ status: 503, code: 'signer/unavailable' })
    house.signerDown = false
    expect((await claim()).statusCode).toBe(200)
  })
})
