import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../../support/cloud-app.ts'

let app: CloudApp
beforeAll(async () => {
  app = await startCloudApp()
}, 60_000)
afterAll(() => app.stop())

async function call(role: string, method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = { cookie: await app.as(role), 'sec-fetch-site': 'same-origin' }
  const response = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: response.statusCode, body: response.json() }
}

test('a new installation has the five cases, and the rules of the cases act from the first minute', async () => {
  const pipelines = await call('owner', 'GET', '/api/pipelines')
  expect(pipelines.body.items).toHaveLength(17)
  const rules = await call('head', 'GET', '/api/rules')
  const lead = rules.body.items.find((rule: { id: string }) => rule.id === 'a_site_lead')
  expect(lead).toMatchObject({ id: 'a_site_lead' })
  expect(JSON.stringify(lead)).toContain('acting')
})

test('T-20: the registry of work orders refuses a move by hand with 403, to the owner too', async () => {
  const born = await call('owner', 'POST', '/api/cards', { pipeline: 'work_orders', fields: { phone: '+79161234567' } })
  expect(born.status).toBe(201)
  const moved = await call('owner', 'POST', `/api/cards/${born.body.id}/moves`, { stage: 'service_head' })
  expect(moved).toMatchObject({ status: 403, body: { code: 'card/no-manual-moves' } })
})

test('T-08: «Возврат» without an application: 409 with the sentence', async () => {
  const born = await call('owner', 'POST', '/api/cards', { pipeline: 'lease', stage: 'on_line', fields: {} })
  const pressed = await call('owner', 'POST', `/api/cards/${born.body.id}/buttons`, { button: 'return' })
  expect(pressed.status).toBe(409)
  expect(pressed.body.code).toBe('card/no-such-button')
})
