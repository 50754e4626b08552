import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import { createMileageRoutes } from '../../../cloud/mileage/mileage-routes.ts'
import { VEHICLE } from '../history/history-support.ts'

const mileage = { daily: async () => [], ledger: async () => [] }

test.each([
  ['daily', 'А001АА77', '2026-11-22', 200],
  ['ledger', 'А001АА77', '2026-11-22', 200],
  ['daily', undefined, '2026-11-22', 'vehicle/unknown'],
  ['ledger', undefined, '2026-11-22', 'vehicle/unknown'],
  ['ledger', 'А001АА77', '2026-11-20', 'history/range'],
])('%s of the vehicle with the plate %s until %s answers %s', async (what, plate, to, expected) => {
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  let code: unknown
  app.addHook('onError', async (_, __, error) => {
    code = error.code
  })
  await app.register(createMileageRoutes(mileage, async () => plate))
  const answer = await app.inject({
    url: `/api/vehicles/${VEHICLE}/mileage/${what}`,
    query: { from: '2026-11-21', to },
  })
  expect(code ?? answer.statusCode).toBe(expected)
  await app.close()
})
