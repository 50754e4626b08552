import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { orderOf } from '../../../cloud/roistat/roistat.ts'
import { RoistatSettings } from '../../../cloud/roistat/roistat-settings.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { createLeapClock } from '../../support/leap-clock.ts'
import { until } from '../../support/until.ts'

const PHONE = '+79161239101'
const Status = z.strictObject({ id: z.string(), name: z.string(), type: z.enum(['progress', 'paid', 'canceled']) })
const Order = z.strictObject({
  id: z.string(),
  name: z.string(),
  date_create: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
  status: z.string(),
  roistat: z.string().nullable(),
  price: z.number(),
  cost: z.number(),
  fields: z.record(z.string(), z.string()),
})

test('an order carries its stage, visit, sum and cost in roubles, and nothing of its person', () => {
  const fields = {
    visitId: '777',
    total: 1_250_050,
    partsCost: 300_000,
    workCost: 50,
    phone: PHONE,
    name: 'Вера',
    source: 'Сайт',
  }
  const card = {
    id: 'c',
    no: 7,
    pipeline: 'first_contact',
    stage: 'lead',
    createdAt: Date.parse('2026-11-20T10:00:00.123Z'),
    fields,
  }
  expect(orderOf(card, 'Обращение')).toEqual({
    id: 'c',
    name: 'Обращение № 7',
    date_create: '2026-11-20T10:00:00+0000',
    status: 'first_contact.lead',
    roistat: '777',
    price: 12_500.5,
    cost: 3000.5,
    fields: { source: 'Сайт' },
  })
})

describe('B-08: Roistat, played by a fake of its published description', () => {
  const fake = Fastify()
  const folder = mkdtempSync(join(tmpdir(), 'kordon-roistat-'))
  const orders = new Map<string, z.infer<typeof Order>>()
  const clock = createLeapClock()
  let statuses: readonly z.infer<typeof Status>[] = []
  let fate: 'ok' | 'refused' = 'refused'
  let asked = 0
  let app: CloudApp
  let cookie = ''

  beforeAll(async () => {
    fake.addHook('preHandler', async (request, reply) => {
      asked += 1
      const isOurs = request.headers['api-key'] === 'roistat-key' && request.url.endsWith('?project=42')
      if (!isOurs) return reply.code(403).send({ status: 'error', error: 'authentication_failed' })
      return fate === 'ok' ? undefined : reply.send({ status: 'error', error: 'request_limit_error' })
    })
    fake.post('/api/v1/project/set-statuses', async ({ body }) => {
      statuses = z.array(Status).min(1).parse(body)
      return { status: 'success' }
    })
    fake.post('/api/v1/project/add-orders', async ({ body }) => {
      for (const order of z.array(Order).min(1).parse(body)) orders.set(order.id, order)
      return { status: 'success' }
    })
    const url = await fake.listen({ host: '127.0.0.1', port: 0 })
    const file = join(folder, 'roistat.json')
    const access = { project: '42', apiKey: 'roistat-key', baseUrl: `${url}/api/v1` }
    const settings = { ...access, pipelines: ['first_contact'], everyS: 1 }
    writeFileSync(file, JSON.stringify(RoistatSettings.parse(settings)), { mode: 0o600 })
    app = await startCloudApp({ KORDON_ROISTAT_FILE: file }, undefined, { clock })
    cookie = await app.as('owner')
  }, 60_000)
  afterAll(async () => {
    await app.stop()
    await fake.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const answer = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() }
  }

  test('a visit that it tells of a call finds the card of the caller, or begins it; its deal goes back with its status, each change anew', async () => {
    const { body: hook } = await call('POST', '/api/hooks', { adapter: 'roistat', title: 'Roistat' })
    const said = { id: 31, caller: '79161239101', callee: '74950000001', visit_id: '1234567', marker: 'yandex_direct' }
    const post = async (body: object) =>
      (await app.cloud.http.inject({ method: 'POST', url: hook.path, payload: body })).statusCode
    expect([await post(said), await post(said), await post({ id: 32, caller: 'скрыт' })]).toEqual([202, 202, 400])
    const [card, ...others] = await until('the card with its visit', async () => {
      const { body } = await call('GET', `/api/cards?pipeline=first_contact&q=${encodeURIComponent(PHONE)}`)
      return body.items[0]?.fields.visitId === '1234567' ? body.items : undefined
    })
    expect(others).toEqual([])
    expect(card.fields).toMatchObject({ source: 'Roistat', adChannel: 'yandex_direct', phone: PHONE })

    // While it refuses, nothing is taken for sent.
    await until('it has been asked', () => asked > 0)
    expect(orders.size).toBe(0)
    fate = 'ok'
    const order = await until('the order', () => orders.get(card.id))
    expect(order).toMatchObject({ status: 'first_contact.lead', roistat: '1234567', fields: { source: 'Roistat' } })
    expect(statuses).toContainEqual({
      id: 'first_contact.lead',
      name: 'Первичное обращение: Первичное обращение',
      type: 'progress',
    })
    expect(statuses.map(({ type }) => type)).toEqual(expect.arrayContaining(['paid', 'canceled']))
    const lost = await call('POST', `/api/cards/${card.id}/moves`, { stage: 'lost', set: { lossReason: 'Передумал' } })
    expect(lost.status).toBe(200)
    clock.leap(10_000)
    await until('the refusal', () => orders.get(card.id)?.status === 'first_contact.lost')
    expect(JSON.stringify([...orders.values()])).not.toContain('9161239101')
  })
})
