import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { GatewayId } from '#contract/ids.ts'
import type { Order } from '#contract/order.ts'
import { createSqlDatabase, migrated, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { claimsOf, fittedVehicle, openVehicleHouse, reportOf, type VehicleHouse } from '../../support/vehicle-house.ts'

vi.setConfig({ testTimeout: 240_000 })
afterAll(stopSqlServer)

/** A car that does as it is told, by the newest retained order, and says so; it acts on each order once. */
function createObedientCar(house: VehicleHouse, gateway: GatewayId) {
  let relay: 'open' | 'closed' = 'closed'
  let lastSeq = 0
  const newest = (): Order | undefined => {
    const mine = house.published.filter((message) => message.topic.includes(gateway)).at(-1)
    return mine === undefined ? undefined : claimsOf(mine.payload)
  }
  return {
    relay: () => relay,
    obey: async () => {
      const order = newest()
      if (order === undefined || order.seq <= lastSeq) return
      lastSeq = order.seq
      relay = order.action === 'block' ? 'open' : 'closed'
      await house.tell(gateway, reportOf(order, 'verified', relay, house.clock.now()))
    },
  }
}

describe.each(sqlKinds())('people, rules, a car and its reports all at once on %s', (kind) => {
  test('whatever is done in whatever order, the relay ends as the holds say and orders never fork', async () => {
    const database = await createSqlDatabase(kind)
    const dataDir = mkdtempSync(join(tmpdir(), 'kordon-convergence-'))
    const house = await openVehicleHouse(await migrated(database), { dataDir })
    const deed = fc.constantFrom('place', 'place', 'lift', 'obey', 'reconnect', 'wait')
    let number = 0
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 4, maxLength: 14 }), async (deeds) => {
        number += 1
        const { vehicle, gateway } = await fittedVehicle(house, `Т${number}ТТ77`)
        const car = createObedientCar(house, gateway)
        const url = `/api/vehicles/${vehicle}/holds`
        const standing = async (): Promise<{ id: string }[]> =>
          (await house.call('manager', 'GET', `/api/vehicles/${vehicle}`)).json().immobilizer.holds
        const act = async (what: (typeof deeds)[number]) => {
          if (what === 'place')
            expect((await house.call('manager', 'POST', url, { reason: 'manual', note: 'x' })).statusCode).toBe(202)
          if (what === 'lift') {
            const [first] = await standing()
            // Somebody else may be quicker: then it has been lifted, and that is all.
            if (first !== undefined)
              expect([202, 409]).toContain(
                (await house.call('head', 'DELETE', `${url}/${first.id}`, { note: '' })).statusCode,
              )
          }
          if (what === 'obey') await car.obey()
          if (what === 'reconnect') house.parts.gatewayConnected(gateway)
          if (what === 'wait') await house.clock.advance(5000)
        }
        await Promise.all(deeds.map(act))
        for (let round = 0; round < 3; round += 1) {
          await house.settle()
          await car.obey()
          // The signer lets one vehicle be blocked once in ten minutes, and one person five vehicles.
          if (round < 2) await house.clock.advance(10 * 60_000)
        }
        const { holds, state } = (await house.call('manager', 'GET', `/api/vehicles/${vehicle}`)).json().immobilizer
        const ordered = house.published.some((message) => message.topic.includes(gateway))
        if (ordered) expect(state).toBe(holds.length > 0 ? 'blocked' : 'permitted')
        expect(car.relay()).toBe(holds.length > 0 ? 'open' : 'closed')
        const orders: { seq: number | null; state: string }[] = (
          await house.call('manager', 'GET', `/api/vehicles/${vehicle}/orders`)
        ).json().items
        expect(orders.filter((order) => !['verified', 'superseded'].includes(order.state))).toEqual([])
        const numbers = orders.flatMap((order) => order.seq ?? [])
        expect(numbers).toEqual([...numbers].sort((a, b) => b - a))
      }),
      { numRuns: 8 },
    )
    await house.stop()
    await database.close()
    rmSync(dataDir, { recursive: true })
  })
})
