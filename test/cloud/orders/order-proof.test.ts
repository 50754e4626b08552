import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayId, type VehicleId, VehicleId as VehicleIdSchema } from '#contract/ids.ts'
import { OrderReport, type ProvenReport } from '#contract/order.ts'
import { ClaimGrant } from '#contract/provisioning.ts'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'
import { createReportProver, type ProveReport } from '../../../edge/identity/report-proof-client.ts'
import { createSqlDatabase, migrated } from '../../support/sql-databases.ts'
import { claimsOf, openVehicleHouse, reportOf, type VehicleHouse } from '../../support/vehicle-house.ts'

describe('reports and their signatures, from the record to REST', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-order-proof-'))
  let house: VehicleHouse
  let close: () => Promise<void>

  beforeAll(async () => {
    const database = await createSqlDatabase('PGlite')
    close = database.close
    house = await openVehicleHouse(await migrated(database), { dataDir })
  })
  afterAll(async () => {
    await house.stop()
    await close()
    rmSync(dataDir, { recursive: true })
  })

  /** A vehicle whose gateway holds a key of its own and a certificate of this installation. */
  async function fitted(plate: string) {
    const added = await house.call('technician', 'POST', '/api/vehicles', { plate, model: 'Haval' })
    const vehicle = VehicleIdSchema.parse(added.json().id)
    const gateway = (await house.call('technician', 'POST', '/api/gateways', { vehicleId: vehicle })).json()
    const key = await createGatewayKey()
    const claimed = await house.app.inject({
      method: 'POST',
      url: '/api/gateways/claim',
      payload: { code: gateway.claimCode, csrPem: key.csrPem },
    })
    const grant = ClaimGrant.parse(claimed.json())
    await house.call('technician', 'POST', `/api/gateways/${gateway.id}/commissioning`, { note: 'ok' })
    const prove = createReportProver({ schema: 'kordon-identity/1', grant, keyPem: key.keyPem })
    return { vehicle, gateway: grant.gatewayId, prove }
  }

  async function blocked(vehicle: VehicleId, gateway: GatewayId) {
    await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'x' })
    await house.settle()
    const sent = house.published.filter(({ topic }) => topic.includes(gateway)).at(-1)
    return claimsOf(sent?.payload ?? '')
  }

  const final = (order: ReturnType<typeof claimsOf>, prove: ProveReport, change: object = {}): object => {
    const said = {
      ...reportOf(order, 'verified', 'open', house.clock.now()),
      lastMinute: [{ ageMs: 500, speedKmh: 0 }],
    }
    const proof = prove(OrderReport.parse(said) as ProvenReport)
    return { ...said, ...(proof === undefined ? {} : { proof }), ...change }
  }
  const shown = async (id: string) => (await house.call('manager', 'GET', `/api/orders/${id}`)).json()

  test('signed by its own gateway: verified, with the last minute and the signature itself', async () => {
    const { vehicle, gateway, prove } = await fitted('А101АА77')
    const order = await blocked(vehicle, gateway)
    await house.tell(gateway, final(order, prove))
    const { state, steps } = await shown(order.orderId)
    expect(state).toBe('verified')
    expect(steps.at(-1)).toMatchObject({
      state: 'verified',
      lastMinute: [{ ageMs: 500, speedKmh: 0 }],
      proof: { word: 'verified', jws: expect.stringMatching(/^[\w-]+\.\.[\w-]{86}$/) },
    })
    expect(steps[0]).toMatchObject({ proof: null, lastMinute: null })
    const timeline = (await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline`)).json()
    expect(timeline.items.find(({ title }: { title: string }) => title === 'verified').data.proof).toBe('verified')
  })

  test.each([
    { sense: 'blocked', word: 'verified', state: 'verified' },
    // The wire told of a closed contact; on the road somebody made it an open one.
    { sense: 'free', word: 'false', state: 'sent' },
  ] as const)(
    'the contact’s own word is under the signature: signed as $sense it is $word',
    async ({ sense, word, state }) => {
      // One person may order so many blocks in ten minutes, and others of this file are to come.
      await house.clock.advance(600_001)
      const { vehicle, gateway, prove } = await fitted(sense === 'free' ? 'А108АА77' : 'А109АА77')
      const order = await blocked(vehicle, gateway)
      const said = {
        ...reportOf(order, 'verified', 'open', house.clock.now()),
        evidence: { speedKmh: 0, drive: 'blocked', sense },
        lastMinute: [],
      }
      const proof = prove(OrderReport.parse(said) as ProvenReport)
      await house.tell(gateway, { ...said, evidence: { ...said.evidence, sense: 'blocked' }, proof })
      const { state: stands, steps } = await shown(order.orderId)
      expect(stands).toBe(state)
      expect(steps.at(-1)).toMatchObject({ evidence: { drive: 'blocked', sense: 'blocked' }, proof: { word } })
    },
  )

  test('unsigned, from software before signatures: believed as before, and shown as unsigned', async () => {
    const { vehicle, gateway } = await fitted('А102АА77')
    const order = await blocked(vehicle, gateway)
    await house.tell(
      gateway,
      final(order, () => undefined),
    )
    const { state, steps } = await shown(order.orderId)
    expect(state).toBe('verified')
    expect(steps.at(-1).proof).toEqual({ word: 'unsigned', jws: null })
  })

  test.each(['altered', 'of another gateway'] as const)('%s: kept and shown, and it moves nothing', async (kind) => {
    const own = await fitted(kind === 'altered' ? 'А103АА77' : 'А104АА77')
    const other = await fitted(kind === 'altered' ? 'А105АА77' : 'А106АА77')
    const order = await blocked(own.vehicle, own.gateway)
    await house.tell(
      own.gateway,
      kind === 'altered' ? final(order, own.prove, { orderSeq: order.seq + 1 }) : final(order, other.prove),
    )
    const { state, steps } = await shown(order.orderId)
    expect(state).not.toBe('verified')
    expect(steps.map((step: { proof: { word: string } | null }) => step.proof?.word)).toContain(
      kind === 'altered' ? 'false' : 'foreign',
    )
    const { immobilizer } = (await house.call('manager', 'GET', `/api/vehicles/${own.vehicle}`)).json()
    expect(immobilizer.state).not.toBe('blocked')
    await house.tell(own.gateway, final(order, own.prove))
    expect((await shown(order.orderId)).state).toBe('verified')
  })

  test('what the monitors raise is an alert at once, and stands in the history', async () => {
    const { vehicle, gateway } = await fitted('А107АА77')
    const names = [
      'stuck-relay',
      'bypass-suspected',
      'tow-suspected',
      'bus-tamper',
      'power-cut',
      'start-attempt',
      'drift',
    ]
    const at = house.clock.now()
    const entries = await house.tell(
      gateway,
      ...names.map((name) => ({ kind: 'event', name, at, data: { by: 'test' } })),
    )
    const told = house.alerts.filter((alert) => alert.vehicleId === vehicle)
    expect(told.map(({ kind }) => kind)).toEqual(names.slice(0, 5))
    expect(told[0]).toMatchObject({ data: { by: 'test' }, at: new Date(at).toISOString() })
    await house.give(entries)
    expect(new Set(house.alerts.filter((alert) => alert.vehicleId === vehicle).map(({ id }) => id)).size).toBe(5)
    const timeline = (await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline`)).json()
    const events = timeline.items.filter(({ kind }: { kind: string }) => kind === 'event')
    expect(events.map(({ title }: { title: string }) => title).toSorted()).toEqual(names.toSorted())
  })
})
