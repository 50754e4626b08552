import { afterAll, describe, expect, test, vi } from 'vitest'
import { HoldId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Decision } from '../../../cloud/decisions/decision.ts'
import { createHoldStore } from '../../../cloud/holds/hold-store.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { claimsOf, fittedVehicle, type VehicleHouse } from '../../support/vehicle-house.ts'
import { vehicleHouseForEach } from '../../support/vehicle-house-each.ts'

vi.setConfig({ testTimeout: 60_000 })
afterAll(stopSqlServer)

const RULE = { kind: 'rule', id: 'balance', name: 'Баланс' } as const
const PERSON = { kind: 'user', id: 'u-1', name: 'manager' } as const

describe.each(sqlKinds())('keys of holds on %s', (kind) => {
  let postgres: Postgres
  let house: VehicleHouse
  let vehicleId: Awaited<ReturnType<typeof fittedVehicle>>['vehicle']
  vehicleHouseForEach(kind, async (given) => {
    ;({ postgres, house } = given)
    vehicleId = (await fittedVehicle(house)).vehicle
  })

  const place = (key: string, by: typeof RULE | typeof PERSON = RULE) =>
    house.parts.holds.place({ vehicleId, reason: 'balance', key, note: '', by, ruleVersion: '7' })
  const lift = (key?: string, by: typeof RULE | typeof PERSON = RULE) =>
    house.parts.holds.liftReason({ vehicleId, reason: 'balance', ...(key === undefined ? {} : { key }), note: '', by })
  const keys = async () => {
    const { holds } = (await house.call('manager', 'GET', `/api/vehicles/${vehicleId}`)).json().immobilizer
    return holds.map((hold: { key: string }) => hold.key)
  }
  const actions = async () => {
    await house.settle()
    return house.published.map(({ payload }) => claimsOf(payload).action)
  }

  test('one driver’s payment does not free the car that another driver’s debt holds', async () => {
    await place('petrov')
    await place('ivanov')
    expect((await lift('petrov'))?.remaining).toMatchObject([{ key: 'ivanov' }])
    expect(await actions()).toEqual(['block'])
    expect((await lift('ivanov'))?.remaining).toEqual([])
    expect(await actions()).toEqual(['block', 'unblock'])
  })

  test('a lift without a key lifts the reason whole, by one order', async () => {
    await place('')
    await place('petrov')
    await place('ivanov')
    expect(await actions()).toEqual(['block'])
    expect((await lift())?.holds.map(({ key }) => key).toSorted()).toEqual(['', 'ivanov', 'petrov'])
    expect(await keys()).toEqual([])
    expect(await actions()).toEqual(['block', 'unblock'])
    expect(await lift()).toBeUndefined()
  })

  test('a reason stands once for each key, whoever says it again', async () => {
    const [first] = await Promise.all([place('petrov'), place('petrov'), place('petrov', PERSON)])
    const again = await place('petrov', PERSON)
    expect(await keys()).toEqual(['petrov'])
    expect(again).toMatchObject({ outcome: 'stands', hold: first?.outcome === 'stands' ? { id: first.hold.id } : {} })
    expect(await actions()).toEqual(['block'])
  })

  test('a rule does not lift what a person has placed; a person lifts both', async () => {
    await place('', PERSON)
    await place('petrov')
    expect((await lift())?.holds).toMatchObject([{ key: 'petrov' }])
    expect(await lift()).toBeUndefined()
    expect(await keys()).toEqual([''])
    expect((await lift(undefined, PERSON))?.remaining).toEqual([])
  })

  test('who lifted a reason last, and when, is known for each key, and forgotten by no later hold', async () => {
    const { holds } = house.parts
    const last = (key?: string) =>
      holds.lastLift({ vehicleId, reason: 'balance', ...(key === undefined ? {} : { key }) })
    await place('petrov')
    expect(await last('petrov')).toBeUndefined()
    await lift('petrov')
    await house.clock.advance(60_000)
    await place('petrov')
    const at = house.clock.now()
    await lift('petrov', PERSON)
    await house.clock.advance(60_000)
    await place('petrov')
    expect(await last('petrov')).toMatchObject({ by: PERSON, at })
    expect(await last()).toBeUndefined()
    expect(await holds.held({ vehicleId, reason: 'balance' })).toBe(true)
    expect(await holds.held({ vehicleId, reason: 'balance', key: 'ivanov' })).toBe(false)
  })

  test('decisions from before there were keys read as the empty key; the second of two persons keeps a hold of its own', async () => {
    const store = createHoldStore(postgres.db)
    const old = (id: string) =>
      Decision.parse({
        kind: 'hold-placed',
        holdId: HoldId.parse(id),
        vehicleId,
        reason: 'manual',
        note: 'долг',
        by: PERSON,
        at: epochMs(1_790_000_000_000),
        orderId: null,
      })
    const second = '00000000-0000-4000-8000-000000000002'
    for (const id of ['00000000-0000-4000-8000-000000000001', second, second]) {
      const decision = old(id)
      if (decision.kind === 'hold-placed') await store.applyPlaced(decision)
    }
    expect(await keys()).toEqual(['', second])
  })
})
