import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import type { HistoryService } from '../../../cloud/history/history-service.ts'
import { createTrackRoutes } from '../../../cloud/history/track-routes.ts'
import { VEHICLE } from './history-support.ts'

async function* nothing() {}
const history: Pick<HistoryService, 'track' | 'trackParts'> = {
  track: async () => ({ points: [], breaks: [], total: 0 }),
  trackParts: async () => nothing(),
}

test.each([
  ['one day of Moscow', '2026-11-21T21:00:00Z', '2026-11-22T21:00:00Z', 'А001АА77 2026-11-22.csv'],
  ['two days', '2026-11-21T21:00:00Z', '2026-11-22T21:00:00.001Z', 'А001АА77 2026-11-22–2026-11-23.csv'],
  ['the last day there is', '9999-12-31T00:00:00Z', '9999-12-31T23:00:00Z', 'А001АА77 9999-12-31–+010000-01.csv'],
])('a file is named by its days in Moscow: %s', async (_, from, to, name) => {
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(createTrackRoutes(history, async () => 'А001АА77'))
  const answer = await app.inject({ url: `/api/vehicles/${VEHICLE}/track.csv`, query: { from, to } })
  const [, named = ''] = /filename\*=UTF-8''(.*)$/.exec(String(answer.headers['content-disposition'])) ?? []
  expect([answer.statusCode, decodeURIComponent(named)]).toEqual([200, name])
  await app.close()
})
