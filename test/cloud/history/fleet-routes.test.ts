import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createFleetRoutes } from '../../../cloud/history/fleet-routes.ts'
import type { FleetPlace, FleetStore } from '../../../cloud/history/fleet-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const clock = createManualClock()
const readAt = epochMs(clock.now() - 61_400)
const here: FleetPlace = {
  vehicleId: VehicleId.parse('aa112233-4455-4677-8899-000000000001'),
  plate: 'А001"АА\\77',
  parkId: '00000000-0000-4000-8000-000000000001',
  source: GatewayId.parse('gw-fleet0001'),
  readAt,
  lat: 55.751244,
  lon: -0.000001,
  accuracyM: null,
  placeAt: readAt,
  speedKmh: 0,
  headingDeg: 271.5,
  ignition: false,
  fix: '3d',
  trust: 'ok',
}
const nowhere = { lat: null, lon: null, placeAt: null, speedKmh: null, headingDeg: null, ignition: null }
const tracker: FleetPlace = {
  ...{ ...here, ...nowhere, fix: 'none', trust: 'suspect' },
  vehicleId: VehicleId.parse('aa112233-4455-4677-8899-000000000002'),
  source: GatewayId.parse('gw-tracker0001'),
}

async function appOf(fleet: FleetStore) {
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    request.caller = { id: '', login: 'a', name: '', role: 'owner', by: 'token', parks: 'all' }
  })
  app.addHook('preSerialization', async (request, _reply, payload) =>
    request.headers['masked'] === undefined ? payload : { items: [], nextCursor: null },
  )
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.headers['unwitnessed'] === undefined || reply.statusCode >= 500) return payload
    throw new Error('the look is not on record')
  })
  await app.register(createFleetRoutes({ fleet, clock }))
  return app
}

test('the fleet is told as JSON to the letter, what is not known as null, a page at a time', async () => {
  const places = async ({ limit }: { readonly limit: number }) => [here, tracker].slice(0, limit)
  const app = await appOf({ places })
  const iso = new Date(readAt).toISOString()
  const common = { plate: 'А001"АА\\77', readAt: iso, ageS: 61 }
  const items = [
    {
      ...{ ...common, vehicleId: here.vehicleId, source: here.source, seenBy: 'gateway', fix: '3d', trust: 'ok' },
      ...{ position: { lat: 55.751244, lon: -0.000001, accuracyM: null }, positionAt: iso },
      ...{ speedKmh: 0, headingDeg: 271.5, ignition: false },
    },
    {
      ...{ ...common, vehicleId: tracker.vehicleId, source: tracker.source, seenBy: 'tracker' },
      ...{ position: null, positionAt: null, speedKmh: null, headingDeg: null, ignition: null },
      ...{ fix: 'none', trust: 'suspect' },
    },
  ]
  expect((await app.inject('/api/fleet/last-known')).json()).toEqual({ items, nextCursor: null })
  await clock.advance(5000)
  const later = items.map((item) => ({ ...item, ageS: 66 }))
  expect((await app.inject('/api/fleet/last-known')).json()).toEqual({ items: later, nextCursor: null })
  const page = await app.inject('/api/fleet/last-known?limit=1')
  expect(page.json()).toEqual({ items: later.slice(0, 1), nextCursor: here.vehicleId })
  await app.close()
})

test('nobody is told as nobody', async () => {
  const app = await appOf({ places: async () => [] })
  expect((await app.inject('/api/fleet/last-known')).json()).toEqual({ items: [], nextCursor: null })
  await app.close()
})

test.each(['masked', 'unwitnessed'])('what is ready is not told past a hook of the house: %s', async (hook) => {
  const app = await appOf({ places: async () => [here] })
  const answer = await app.inject({ url: '/api/fleet/last-known', headers: { [hook]: 'yes' } })
  expect([answer.statusCode, answer.body.includes(here.vehicleId)]).toEqual([500, false])
  await app.close()
})
