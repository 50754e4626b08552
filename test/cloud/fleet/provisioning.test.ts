import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importJWK } from 'jose'
import { sql } from 'kysely'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { ClaimGrant } from '#contract/provisioning.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { fittedVehicle, type VehicleHouse } from '../../support/vehicle-house.ts'
import { vehicleHouseForEach } from '../../support/vehicle-house-each.ts'

afterAll(stopSqlServer)

const keys = mkdtempSync(join(tmpdir(), 'kordon-csr-'))
afterAll(() => rmSync(keys, { recursive: true }))
function csr(name: string): string {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
  execFileSync('openssl', ['req', '-new', ...key, '-out', `${name}.csr`, '-subj', '/CN=new'], {
    cwd: keys,
    stdio: 'ignore',
  })
  return readFileSync(join(keys, `${name}.csr`), 'utf8')
}

describe.each(sqlKinds())('provisioning on %s', (kind) => {
  let postgres: Postgres
  let house: VehicleHouse
  vehicleHouseForEach(kind, (given) => {
    ;({ postgres, house } = given)
  })

  const vehicle = async (plate = 'А001АА77'): Promise<string> =>
    (await house.call('technician', 'POST', '/api/vehicles', { plate, model: 'Haval' })).json().id
  const provision = async (vehicleId: string, more: object = {}) =>
    (await house.call('technician', 'POST', '/api/gateways', { vehicleId, ...more })).json()
  const claim = (code: string, csrPem?: string, remoteAddress = '10.0.0.1') =>
    house.app.inject({
      method: 'POST',
      url: '/api/gateways/claim',
      remoteAddress,
      payload: csrPem === undefined ? { code } : { code, csrPem },
    })
  const listed = async () => (await house.call('dispatcher', 'GET', '/api/gateways')).json().items

  test('a gateway claims a certificate of its own name, with everything it needs to trust us', async () => {
    const vehicleId = await vehicle()
    const added = await provision(vehicleId)
    expect(added.claimCode).toMatch(/^[A-HJ-NP-Z2-9]{8}$/)
    expect(Date.parse(added.claimExpiresAt)).toBe(house.clock.now() + 600_000)
    expect(await listed()).toMatchObject([
      { id: added.id, plate: 'А001АА77', state: 'claimable', sealed: null, online: null },
    ])
    const grant = ClaimGrant.parse((await claim(added.claimCode, csr('first'))).json())
    if (grant.by !== 'certificate') throw new Error('expected a certificate')
    const certificate = new X509Certificate(grant.certificatePem)
    expect(certificate.subject).toBe(`CN=${added.id}`)
    expect(certificate.verify(new X509Certificate(grant.caPem).publicKey)).toBe(true)
    expect(certificate.publicKey.equals(createPublicKey(readFileSync(join(keys, 'first.key'))))).toBe(true)
    expect(grant).toMatchObject({ gatewayId: added.id, vehicleId, brokerUrl: 'mqtts://127.0.0.1:8883' })
    for (const key of grant.signerKeys) await importJWK(key, 'EdDSA')
    const expected = new Date(Date.parse(certificate.validTo)).toISOString()
    expect(await listed()).toMatchObject([{ state: 'active', certificateExpiresAt: expected }])
  })

  test('without a request it gets a password that only it has', async () => {
    const { gateway, grant } = await fittedVehicle(house)
    if (grant.by !== 'password') throw new Error('expected a password')
    expect(grant.password).toHaveLength(43)
    const { fleet } = house.parts
    expect(await fleet.checkPassword(gateway, grant.password)).toBe(true)
    expect(await fleet.checkPassword(gateway, `${grant.password}x`)).toBe(false)
    const stored = await postgres.db.selectFrom('gateways').select('passwordHash').executeTakeFirst()
    expect(stored?.passwordHash).not.toContain(grant.password)
  })

  test('unknown, used and outdated codes get the very same answer', async () => {
    const used = await provision(await vehicle('А001АА77'))
    await claim(used.claimCode, csr('owner'))
    const outdated = await provision(await vehicle('В002ВВ77'))
    await house.clock.advance(600_000)
    const answers = []
    for (const code of [used.claimCode, outdated.claimCode, 'AAAAAAAA']) {
      const { statusCode, body } = await claim(code, csr('thief'))
      answers.push({ statusCode, body })
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ statusCode: 403 })
  })

  test('the same key may repeat a claim whose answer was lost, another key may not', async () => {
    const added = await provision(await vehicle())
    const request = csr('same')
    const first = (await claim(added.claimCode, request)).json()
    const again = await claim(added.claimCode, request)
    expect(again.statusCode).toBe(200)
    expect(
      new X509Certificate(again.json().certificatePem).publicKey.equals(
        new X509Certificate(first.certificatePem).publicKey,
      ),
    ).toBe(true)
    expect((await claim(added.claimCode, csr('other'))).json().code).toBe('claim/wrong-code')
    expect((await claim(added.claimCode)).json().code).toBe('claim/wrong-code')
  })

  test('a request that is none is refused before the code is looked at, and uses nothing up', async () => {
    const added = await provision(await vehicle())
    expect((await claim(added.claimCode, 'nonsense')).json()).toMatchObject({ status: 422, code: 'claim/bad-csr' })
    expect((await claim(added.claimCode, csr('later'))).statusCode).toBe(200)
  })

  test('who guesses has to wait, others need not', async () => {
    const added = await provision(await vehicle())
    for (let guess = 0; guess < 10; guess += 1) await claim('AAAAAAAA', undefined, '10.6.6.6')
    expect((await claim(added.claimCode, undefined, '10.6.6.6')).statusCode).toBe(429)
    expect((await claim(added.claimCode, undefined, '10.0.0.1')).statusCode).toBe(200)
    await house.clock.advance(600_000)
    expect((await claim('AAAAAAAA', undefined, '10.6.6.6')).statusCode).toBe(403)
  })

  test('a new code voids the one before; a gateway claimed again has lost its seal', async () => {
    const { gateway } = await fittedVehicle(house)
    const code = async () =>
      (await house.call('technician', 'POST', `/api/gateways/${gateway}/claim-code`)).json().claimCode
    const first = await code()
    const second = await code()
    expect((await claim(first)).json().code).toBe('claim/wrong-code')
    expect((await listed())[0].sealed).toMatchObject({ by: 'technician' })
    await house.clock.advance(1000)
    expect((await claim(second)).statusCode).toBe(200)
    expect((await listed())[0]).toMatchObject({ state: 'active', sealed: null })
  })

  test('revoked: its connection ends, its password is void, its vehicle cannot be blocked, and it stays so', async () => {
    const { vehicle: id, gateway, grant } = await fittedVehicle(house)
    const { fleet } = house.parts
    const revoke = () => house.call('security', 'POST', `/api/gateways/${gateway}/revoke`)
    expect((await revoke()).json()).toMatchObject({ id: gateway, state: 'revoked' })
    expect(house.disconnected).toContain(gateway)
    expect(fleet.isRevoked(gateway)).toBe(true)
    if (grant.by === 'password') expect(await fleet.checkPassword(gateway, grant.password)).toBe(false)
    const { immobilizer, gateway: shown } = (await house.call('manager', 'GET', `/api/vehicles/${id}`)).json()
    expect(immobilizer).toMatchObject({ canBlock: false, whyNot: 'gateway-revoked' })
    expect(shown).toBeNull()
    expect((await revoke()).json().code).toBe('gateway/revoked')
    const code = await house.call('technician', 'POST', `/api/gateways/${gateway}/claim-code`)
    expect(code.json().code).toBe('gateway/revoked')
  })

  test('a gateway in service is replaced only by name; the new one is in the vehicle from its claim on', async () => {
    const { vehicle: id, gateway } = await fittedVehicle(house)
    expect(await provision(id)).toMatchObject({ status: 409, code: 'gateway/vehicle-taken' })
    const next = await provision(id, { replaces: gateway })
    expect(house.parts.fleet.vehicleNow(gateway)).toBe(id)
    // Together less than an overload lasts: a busy machine would turn the claim away.
    await house.clock.advance(500)
    const before = house.clock.now()
    await house.clock.advance(500)
    await claim(next.claimCode)
    const { fleet } = house.parts
    expect(fleet.vehicleNow(gateway)).toBeUndefined()
    expect(fleet.vehicleOf(gateway, before)).toBe(id)
    expect(fleet.vehicleOf(gateway, house.clock.now())).toBeUndefined()
    expect(fleet.vehicleNow(next.id)).toBe(id)
    expect(fleet.gatewayOf(id)).toMatchObject({ id: next.id, sealed: null })
  })

  test('only a claimed gateway can be sealed; unknown ones are unknown to every route', async () => {
    const added = await provision(await vehicle())
    const seal = (id: string) => house.call('technician', 'POST', `/api/gateways/${id}/commissioning`, { note: '' })
    expect((await seal(added.id)).json().code).toBe('gateway/not-active')
    expect((await seal('gw-unknown00')).json().code).toBe('gateway/unknown')
    expect(house.parts.fleet.isRevoked(added.id)).toBe(true)
    expect((await provision('00000000-0000-4000-8000-000000000000')).code).toBe('vehicle/unknown')
  })

  test('online and offline are told to the vehicle, each change once', async () => {
    const { vehicle: id, gateway } = await fittedVehicle(house)
    const at = house.clock.now()
    const say = (online: boolean) => house.parts.fleet.onStatus(gateway, { v: 1, online, at, software: '0.1.0' })
    await say(true)
    await house.clock.advance(1000)
    await say(true)
    const shown = async () => (await house.call('manager', 'GET', `/api/vehicles/${id}`)).json().gateway
    expect(await shown()).toEqual({
      id: gateway,
      online: true,
      statusAt: new Date(at).toISOString(),
      software: '0.1.0',
    })
    await house.parts.fleet.forgetOnline()
    expect(await shown()).toMatchObject({ online: null, software: '0.1.0' })
    await say(false)
    expect(await shown()).toMatchObject({ online: false, statusAt: new Date(at + 1000).toISOString() })
    expect(await postgres.db.selectFrom('gatewayStatuses').selectAll().execute()).toHaveLength(2)
    // A restart reads it back.
    await house.parts.fleet.refresh()
    expect(await shown()).toMatchObject({ online: false })
  })

  test('a session that ended without a word makes its gateway offline since then, unless somebody has heard it since', async () => {
    const { vehicle: id, gateway } = await fittedVehicle(house)
    const { fleet } = house.parts
    const shown = async () => (await house.call('manager', 'GET', `/api/vehicles/${id}`)).json().gateway
    // It never spoke: there is nothing to take back.
    await fleet.onEnded([{ gateway, at: house.clock.now() }])
    expect(await shown()).toMatchObject({ online: null })
    await fleet.onStatus(gateway, { v: 1, online: true, at: house.clock.now(), software: '0.1.0' })
    // Together less than an overload lasts: a busy machine would turn requests away.
    await house.clock.advance(300)
    const at = house.clock.now()
    await house.clock.advance(300)
    await fleet.onEnded([{ gateway, at }])
    expect(await shown()).toMatchObject({ online: false, statusAt: new Date(at).toISOString(), software: '0.1.0' })
    await fleet.refresh()
    expect(await shown()).toMatchObject({ online: false, statusAt: new Date(at).toISOString() })

    await sql`update gateways set online = true, status_at = ${at + 200} where id = ${gateway}`.execute(postgres.db)
    await fleet.onEnded([{ gateway, at: epochMs(at + 100) }])
    await fleet.refresh()
    expect(await shown()).toMatchObject({ online: true })
    // A clock that was set back since must not keep it online.
    await fleet.onStatus(gateway, { v: 1, online: true, at, software: '0.2.0' })
    house.clock.jumpWall(-3_600_000)
    await fleet.onEnded([{ gateway, at: house.clock.now() }])
    await fleet.refresh()
    expect(await shown()).toMatchObject({ online: false })
  })

  test('words that come at once are written together, and the newest stands whatever the database takes its time for', async () => {
    const { vehicle: id, gateway } = await fittedVehicle(house)
    const { fleet } = house.parts
    const say = (online: boolean) => fleet.onStatus(gateway, { v: 1, online, at: house.clock.now(), software: '0.1.0' })
    const heard = []
    const offline: string[] = []
    for (let one = 0; one < 40; one += 1) {
      await house.clock.advance(1)
      heard.push(say(one % 2 === 0))
      if (one % 2 === 1) offline.push(new Date(house.clock.now()).toISOString())
    }
    heard.push(fleet.refresh())
    await Promise.all(heard)
    await fleet.refresh()
    const { gateway: shown } = (await house.call('manager', 'GET', `/api/vehicles/${id}`)).json()
    expect(shown.online).toBe(false)
    // What was on and off again while one write took its time is not written apart.
    expect(offline).toContain(shown.statusAt)
  })

  // PGlite has one connection: there no word is written while the registry is read.
  test.skipIf(kind === 'PGlite')(
    'a word that is written while the registry is being read is not forgotten',
    async () => {
      const { vehicle: id, gateway } = await fittedVehicle(house)
      const { fleet } = house.parts
      const say = (online: boolean) =>
        fleet.onStatus(gateway, { v: 1, online, at: house.clock.now(), software: '0.1.0' })
      const shown = async () => (await house.call('manager', 'GET', `/api/vehicles/${id}`)).json().gateway.online
      await say(true)
      const reading = await postgres.db.transaction().execute(async (tx) => {
        await sql`lock table gateway_certificates in access exclusive mode`.execute(tx)
        const begun = fleet.refresh()
        await vi.waitFor(async () => {
          const { rows } = await sql`select 1 from pg_locks where not granted`.execute(tx)
          expect(rows).toHaveLength(1)
        })
        await house.clock.advance(1)
        await say(false)
        return { begun }
      })
      await reading.begun
      expect(await shown()).toBe(false)
    },
  )

  test('a gateway that another instance has made is claimed here, and one that claimed there is let in here, before the next look', async () => {
    const [first, second] = [await vehicle('А001АА77'), await vehicle('А002АА77')]
    await sql`insert into gateways (id, vehicle_id, created_at, created_by)
      values ('gw-elsewhere1', ${first}, 1, 't'), ('gw-elsewhere2', ${second}, 1, 't')`.execute(postgres.db)
    const code = await house.call('technician', 'POST', '/api/gateways/gw-elsewhere1/claim-code')
    expect((await claim(code.json().claimCode)).statusCode).toBe(200)
    await sql`update gateways set claimed_at = 1 where id = 'gw-elsewhere2'`.execute(postgres.db)
    const { fleet } = house.parts
    const claimedThere = GatewayId.parse('gw-elsewhere2')
    expect(fleet.isRevoked(claimedThere)).toBe(true)
    expect(await fleet.isRevokedByNow(claimedThere)).toBe(false)
    // Whoever nobody knows makes us look once a second and not for each of his messages.
    const stranger = GatewayId.parse('gw-elsewhere3')
    await sql`insert into gateways (id, vehicle_id, created_at, created_by, claimed_at)
      values (${stranger}, ${second}, 2, 't', 2)`.execute(postgres.db)
    expect(await fleet.isRevokedByNow(stranger)).toBe(true)
    await house.clock.advance(1000)
    expect(await fleet.isRevokedByNow(stranger)).toBe(false)
  })

  test('a revocation by another instance ends the session here at the next look', async () => {
    const { gateway } = await fittedVehicle(house)
    await postgres.db.updateTable('gateways').set({ revokedAt: house.clock.now() }).where('id', '=', gateway).execute()
    await house.clock.advance(15_000)
    await house.settle()
    expect(house.disconnected).toEqual([gateway])
    expect(house.parts.fleet.isRevoked(gateway)).toBe(true)
  })
})
