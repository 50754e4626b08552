import type { Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createProvisionClient } from '../../demo/provision-client.ts'
import { smallCloud } from './small-cloud.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
async function listening(cloud: ReturnType<typeof smallCloud>) {
  servers.push(cloud.server)
  await new Promise<void>((done) => cloud.server.listen(0, '127.0.0.1', done))
  const address = cloud.server.address()
  return createProvisionClient(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
}
const CARS = ['А101ВС777', 'В214ЕК797', 'Е330НМ177'].map((plate) => ({ plate, model: 'Kia Rio' }))

test('a new car gets a vehicle and a gateway with a claim code, each by whose job it is; sealing comes after the claim', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const provisioned = await client.provision({ plate: 'А101ВС777', model: 'Kia Rio' }, 'none')
  expect(provisioned).toMatchObject({
    gatewayId: 'gw-00000001',
    claimCode: 'ABCDEFA2',
    vehicleId: cloud.vehicles[0]?.id,
  })
  await expect(client.seal(provisioned.gatewayId)).rejects.toThrow('409')
  const [gateway] = cloud.gateways
  if (gateway !== undefined) gateway.state = 'active'
  await client.seal(provisioned.gatewayId)
  expect(gateway?.sealed).not.toBeNull()
  expect(cloud.seen.filter((one) => one.method === 'POST')).toEqual([
    { method: 'POST', path: '/api/vehicles', who: 'kordon=owner' },
    { method: 'POST', path: '/api/gateways', who: 'kordon=technician' },
    ...[1, 2].map(() => ({
      method: 'POST',
      path: '/api/gateways/gw-00000001/commissioning',
      who: 'kordon=technician',
    })),
  ])
})

test('a restart with the identity kept finds every car, on whatever page, and changes nothing', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const first = []
  for (const car of CARS) first.push(await client.provision(car, 'none'))
  cloud.seen.length = 0
  const second = []
  for (const car of CARS) second.push(await client.provision(car, 'kept'))
  expect(second).toEqual(first.map(({ claimCode: _, ...kept }) => kept))
  expect(cloud.seen.filter((one) => one.method !== 'GET')).toEqual([])
})

test('a gateway whose folder was lost gets a new claim code for the same id', async () => {
  const client = await listening(smallCloud())
  const [car] = CARS
  if (car === undefined) throw new Error('no car')
  const first = await client.provision(car, 'none')
  expect(await client.provision(car, 'none')).toEqual({ ...first, claimCode: 'BCDEFGHJ' })
})

test('a revoked gateway is left alone and the car gets another', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const [car] = CARS
  if (car === undefined) throw new Error('no car')
  await client.provision(car, 'none')
  const [gateway] = cloud.gateways
  if (gateway !== undefined) gateway.state = 'revoked'
  expect((await client.provision(car, 'kept')).gatewayId).toBe('gw-00000002')
})

test("a refusal carries the request and the cloud's own words", async () => {
  const client = await listening(smallCloud({ refuse: 'POST /api/gateways' }))
  await expect(client.provision({ plate: 'А101ВС777', model: 'Kia Rio' }, 'none')).rejects.toThrow(
    'POST /api/gateways: 503 {"code":"cloud/not-ready"}',
  )
})
