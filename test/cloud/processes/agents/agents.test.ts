import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Caller } from '../../../../cloud/http/access.ts'
import type { Postgres } from '../../../../cloud/postgres/postgres-client.ts'
import { createAgentRoutes } from '../../../../cloud/processes/agents/agent-routes.ts'
import { createAgentStore } from '../../../../cloud/processes/agents/agent-store.ts'
import { createManualClock } from '../../../support/manual-clock.ts'
import { createPeopleApp, type PeopleApp } from '../../../support/people-app.ts'
import { shippedFields } from '../../../support/shipped-fields.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../../support/sql-databases.ts'

const DAY = 86_400_000
const clock = createManualClock()
let database: SqlDatabase
let house: PeopleApp
let postgres: Postgres
let caller: Caller | null
const asked = (role: Caller['role'], parks: Caller['parks'] = 'all'): void => {
  caller = { id: 'p1', login: 'p1', name: 'Ольга', role, by: 'session', parks }
}

beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  const routes = createAgentRoutes({
    clock,
    randomBytes: (length) => randomBytes(length),
    agents: createAgentStore(postgres.db),
    // The second card is of another park.
    cardsInSight: async (ids, parks) => new Set(ids.filter((id) => parks === 'all' || id !== 'card-2')),
    may: async (who) => ({ ...(await shippedFields(who)), stage: () => 'read' }),
  })
  house = await createPeopleApp([routes], { findCaller: async () => caller })
  const put = (entity: string, id: string, fields: object) =>
    postgres.db
      .insertInto('processRecords')
      .values({ entity, id, fields: JSON.stringify(fields), version: 1, changedAt: clock.now() })
      .execute()
  await put('agent', 'a1', {
    name: 'Иван <Агент>',
    ref: 'AG7',
    active: true,
    count: 2,
    toPay: 300_000,
    paidOut: 300_000,
  })
  await put('agent', 'a2', { name: 'Другой', ref: 'AG8', active: false })
  const row = { agent: 'a1', amount: 300_000 }
  await put('agent_row', 'card-1', { ...row, driver: 'Пётр', day: clock.now() - 40 * DAY })
  await put('agent_row', 'card-2', { ...row, driver: 'Семён', day: clock.now() - DAY })
}, 60_000)
afterAll(async () => {
  await house.close()
  await database.close()
})
const get = async (url: string) => {
  const answer = await house.app.inject({ url })
  return { status: answer.statusCode, body: answer.json() }
}
const iso = (at: number) => encodeURIComponent(new Date(at).toISOString())

test('A-22: an agent’s statement counts whom he brought and what he was credited, of a period too', async () => {
  asked('accountant')
  const all = await get('/api/agents/a1/statement')
  expect(all.body).toMatchObject({
    agent: { id: 'a1', ref: 'AG7', toPayKopecks: 300_000, paidOutKopecks: 300_000 },
    brought: 2,
    creditedKopecks: 600_000,
    credits: [{ card: 'card-2' }, { card: 'card-1' }],
  })
  const month = await get(`/api/agents/a1/statement?from=${iso(clock.now() - 30 * DAY)}&to=${iso(clock.now())}`)
  expect(month.body).toMatchObject({ brought: 1, creditedKopecks: 300_000 })
  expect((await get('/api/agents/a1/statement?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(400)
  expect((await get('/api/agents/nobody/statement')).status).toBe(404)
})

test('who sees one park reads its credits only, and no sums of all of them', async () => {
  asked('manager', ['p'])
  const { body } = await get('/api/agents/a1/statement')
  expect(body).toMatchObject({ brought: 1, creditedKopecks: 300_000, credits: [{ card: 'card-1' }] })
  expect(body.agent).toMatchObject({ toPayKopecks: null, paidOutKopecks: null })
})

test('a list of agents is paged; a mechanic has no business there', async () => {
  asked('head')
  const first = await get('/api/agents?limit=1')
  expect(first.body.items).toMatchObject([{ id: 'a1', active: true }])
  const next = await get(`/api/agents?limit=1&cursor=${first.body.nextCursor}`)
  expect(next.body).toMatchObject({ items: [{ id: 'a2', active: false }], nextCursor: null })
  asked('mechanic')
  expect((await get('/api/agents')).status).toBe(403)
  expect((await get('/api/agents/a1/statement')).status).toBe(403)
})

test('the agent himself reads his figures by a secret address, without a name of a driver; a new address closes the old one', async () => {
  asked('head')
  const link = async () =>
    (await house.app.inject({ method: 'POST', url: '/api/agents/a1/link' })).json<{ path: string }>().path
  const old = await link()
  const path = await link()
  caller = null
  const page = await house.app.inject({ url: path })
  expect(page.statusCode).toBe(200)
  expect(page.headers['cache-control']).toBe('no-store')
  expect(page.body).toContain('<dt>Приведено водителей</dt><dd>2</dd>')
  expect(page.body.replace(/\s/g, ' ')).toContain('6 000,00 ₽')
  expect(page.body).not.toMatch(/Пётр|Семён|<Агент>/)
  const closed = await house.app.inject({ url: old })
  expect(closed.statusCode).toBe(404)
  expect(closed.body).toContain('Ссылка не действует')
  expect((await house.app.inject({ url: `/agent/${'x'.repeat(32)}` })).statusCode).toBe(404)
})

const change = async (method: 'PATCH' | 'PUT', url: string, payload: object) => {
  const answer = await house.app.inject({ method, url, payload })
  return { status: answer.statusCode, body: answer.json() }
}
const day = (count: number) => new Date(clock.now() + count * DAY + 3 * 3_600_000).toISOString().slice(0, 10)

test('an agent has another name and number from now on; what is no number is refused, and nothing changes', async () => {
  asked('manager')
  const renamed = await change('PATCH', '/api/agents/a1', { name: ' Пётр Агентов ', phone: '8 (916) 123-45-67' })
  expect(renamed).toMatchObject({ status: 200, body: { id: 'a1', name: 'Пётр Агентов', ref: 'AG7', active: true } })
  const { fields } = await postgres.db
    .selectFrom('processRecords')
    .select('fields')
    .where('entity', '=', 'agent')
    .where('id', '=', 'a1')
    .executeTakeFirstOrThrow()
  expect(fields).toMatchObject({ phone: '+79161234567', count: 2, toPay: 300_000 })
  expect((await change('PATCH', '/api/agents/a1', { phone: 'позвоните мне' })).status).toBe(400)
  expect((await change('PATCH', '/api/agents/nobody', { name: 'Кто' })).status).toBe(404)
  asked('accountant')
  expect((await change('PATCH', '/api/agents/a1', { name: 'Иной' })).status).toBe(403)
})

test('an agent works to the end of his last day; what he was credited stays, and he may come back', async () => {
  asked('head')
  const end = (on: string | null) => change('PUT', '/api/agents/a1/end', { on })
  expect((await end(day(0))).body).toMatchObject({ active: true, until: day(0) })
  expect((await end(day(5))).body).toMatchObject({ active: true, until: day(5) })
  expect((await end(day(-1))).body).toMatchObject({ active: false, until: day(-1) })
  const { body } = await get('/api/agents/a1/statement')
  expect(body).toMatchObject({ brought: 2, creditedKopecks: 600_000, agent: { active: false, toPayKopecks: 300_000 } })
  expect((await end(null)).body).toMatchObject({ active: true, until: null })
  expect((await end('завтра')).status).toBe(400)
  asked('support')
  expect((await end(day(0))).status).toBe(403)
})
