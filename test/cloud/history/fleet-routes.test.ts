import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { createFleetRoutes } from '../../../cloud/history/fleet-routes.ts'

const vehicleId = VehicleId.parse('aa112233-4455-4677-8899-000000000001')
const json = Buffer.from(`{"items":[{"vehicleId":"${vehicleId}","plate":"А001АА77"}],"nextCursor":null}`)

async function appOf() {
  const page = { items: [{ vehicleId }], nextCursor: null, json }
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    request.caller = { id: '', login: 'a', name: '', role: 'owner', by: 'token', parks: 'all' }
  })
  app.addHook('preSerialization', async (request, _reply, payload) =>
    request.headers['masked'] === undefined ? payload : { ...page, items: [] },
  )
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.headers['unwitnessed'] === undefined || reply.statusCode >= 500) return payload
    throw new Error('the look is not on record')
  })
  await app.register(createFleetRoutes({ page: async () => page }))
  return app
}

test('what is ready leaves to the byte', async () => {
  const app = await appOf()
  const answer = await app.inject('/api/fleet/last-known')
  expect([answer.headers['content-type'], answer.rawPayload]).toEqual(['application/json; charset=utf-8', json])
  await app.close()
})

test.each(['masked', 'unwitnessed'])('what is ready is not told past a hook of the house: %s', async (hook) => {
  const app = await appOf()
  const answer = await app.inject({ url: '/api/fleet/last-known', headers: { [hook]: 'yes' } })
  expect([answer.statusCode, answer.body.includes(vehicleId)]).toEqual([500, false])
  await app.close()
})
