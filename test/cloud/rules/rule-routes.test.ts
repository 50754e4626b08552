import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { later, minutes } from '#contract/instant.ts'
import type { Caller, Role } from '../../../cloud/http/access.ts'
import { createHttp } from '../../../cloud/http/app.ts'
import { createIdempotencyStore } from '../../../cloud/http/idempotency-store.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { addLease, createRuleHouse, type RuleHouse, setBalance, standingHolds } from '../../support/rule-house.ts'
import { shippedFields } from '../../support/shipped-fields.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

let database: SqlDatabase
let postgres: Postgres
let house: RuleHouse
let app: Awaited<ReturnType<typeof createHttp>>
let role: Role = 'head'
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  house = await createRuleHouse(postgres, { mode: 'shadow', only: /^balance_low$/ })
  const caller = (): Caller => ({ id: 'u1', login: role, name: role, role, by: 'session', parks: 'all' })
  app = await createHttp({
    version: '0.0.0',
    ownOrigins: [],
    trustedProxies: [],
    requestsPerMinute: 100_000,
    consoleDir: '/nowhere',
    world: {
      clock: house.clock,
      log: silentLog,
      uuid: () => crypto.randomUUID(),
      randomBytes: (n) => new Uint8Array(n),
    },
    answers: createIdempotencyStore(postgres.db),
    findCaller: async () => caller(),
    reach: [],
    outOfSight: async () => [],
    rights: { mayAct: async () => true, secondFactorToBlock: async () => 'off', fieldsOf: shippedFields },
    witness: async () => {},
    routes: [house.policies.routes, ...house.rules.routes],
  })
})
afterAll(async () => {
  await app.close()
  await database.close()
})
beforeEach(() => {
  role = 'head'
})

const call = async (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: object,
  headers: Record<string, string> = {},
) => {
  const given = { authorization: 'Bearer x', ...headers }
  const answer = await app.inject({ method, url, headers: given, ...(body === undefined ? {} : { payload: body }) })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body: answer.headers['content-type']?.includes('json') ? answer.json() : undefined,
  }
}
const source = async (id: string) => (await call('GET', `/api/rules/${id}`)).body.source as string

describe('a rule', () => {
  test('that is new watches: it writes down what it would have done, and does nothing', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    await house.turn()
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    expect(house.sent).toEqual([])
    const { body } = await call('GET', '/api/decisions?ruleId=balance_low&mode=shadow')
    expect(body.items).toMatchObject([
      { mode: 'shadow', vehicleId: poor.vehicleId, outcome: 'satisfied', title: 'Баланс ниже порога' },
    ])
    const one = await call('GET', `/api/decisions/${body.items[0].id}`)
    expect(one.body.effects.map((effect: { state: string }) => effect.state)).toEqual(['shadow', 'shadow', 'shadow'])
    expect(one.body.inputs).toContainEqual({ path: 'balance.kopecks', value: 0, asOf: expect.any(String), ageS: 0 })
    expect((await call('GET', '/api/rules/balance_low')).body).toMatchObject({
      state: 'shadow',
      shadow: { satisfied: 1, notSatisfied: 0, unknown: 0 },
    })
  })

  test('acts only when a head says so, after it has been watched for long enough', async () => {
    const act = () => call('POST', '/api/rules/balance_low/act', { version: 1, why: 'проверено' })
    expect(await act()).toMatchObject({ status: 409, body: { code: 'rule/not-watched' } })
    role = 'manager'
    expect((await act()).status).toBe(403)
    role = 'head'
    await house.clock.advance(24 * 60 * 60_000)
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    expect(await act()).toMatchObject({ status: 200, body: { state: 'acting', actingVersion: 1, shadowVersion: null } })
    await house.turn()
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([`balance ${poor.driver}`])
  })

  test('gets a next version beside the one that acts, told in words, and goes back at once', async () => {
    const text = (await source('balance_low')).replace(
      'balance.kopecks < policy.minBalance',
      'balance.kopecks < policy.minBalance - 100000',
    )
    const written = await call('POST', '/api/rules', { source: text, base: 1, why: 'мягче' })
    expect(written).toMatchObject({ status: 201, body: { state: 'acting', actingVersion: 1, shadowVersion: 2 } })
    const { body } = await call('GET', '/api/rules/balance_low/versions')
    expect(body.items[0].differences[0].ru).toContain('условие: было')
    expect(await call('POST', '/api/rules', { source: text, base: 1, why: 'ещё раз' })).toMatchObject({
      status: 412,
      body: { code: 'rule/changed' },
    })
    await house.turn()
    await house.clock.advance(24 * 60 * 60_000)
    expect((await call('POST', '/api/rules/balance_low/act', { version: 2, why: 'лучше' })).body.actingVersion).toBe(2)
    expect((await call('POST', '/api/rules/balance_low/act', { version: 1, why: 'назад' })).body.actingVersion).toBe(1)
    const switches = (await call('GET', '/api/rules/balance_low/switches')).body.items
    expect(switches.slice(0, 2)).toMatchObject([
      { what: 'act', version: 1, by: 'head', why: 'назад' },
      { what: 'act', version: 2 },
    ])
  })

  test('with a mistake is refused by line and column, and the running version stays', async () => {
    const text = (await source('balance_low')).replaceAll('balance.kopecks', 'balance.kopeks')
    const refused = await call('POST', '/api/rules', { source: text, base: 2, why: 'опечатка' })
    expect(refused).toMatchObject({ status: 422, body: { code: 'rule/mistaken' } })
    const { body } = await call('POST', '/api/rules/lint', { source: text })
    expect(body.problems[0]).toMatch(/^rule\.yaml:\d+:\d+ .*kopeks/)
    expect((await call('GET', '/api/rules/balance_low')).body.actingVersion).toBe(1)
  })

  test('paused neither acts nor watches', async () => {
    expect((await call('POST', '/api/rules/balance_low/pause', { why: 'разбираемся' })).body.state).toBe('paused')
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    await house.clock.advance(minutes(21))
    await house.turn()
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    expect((await call('POST', '/api/rules/balance_low/resume', { why: 'разобрались' })).body.state).toBe('acting')
  })
})

test('a decision prints as one page, in two languages, and carries nothing from elsewhere', async () => {
  const [line] = (await call('GET', '/api/decisions?ruleId=balance_low&mode=acting&limit=1')).body.items
  const ru = await call('GET', `/api/decisions/${line.id}/print`)
  expect(ru.headers['content-type']).toContain('text/html')
  expect(ru.text).toContain('Возраст данных')
  expect(ru.text).toMatch(/5\s000,00\s₽/)
  expect(ru.text).not.toMatch(/<script|src=|href=/)
  expect((await call('GET', `/api/decisions/${line.id}/print?lang=en`)).text).toContain('Age of the data')
  expect((await call('GET', '/api/decisions/00000000-0000-4000-8000-000000000009')).body.code).toBe('decision/unknown')
})

test('a changed threshold shows whom it would have hit, before it is saved', async () => {
  const near = await addLease(postgres)
  const now = house.clock.now()
  await house.db
    .insertInto('factChanges')
    .values([
      { kind: 'driver', id: near.driver, field: 'balance.kopecks', at: later(now, -minutes(600)), value: '550000' },
      {
        kind: 'driver',
        id: near.driver,
        field: 'permit.payment_promise',
        at: later(now, -minutes(600)),
        value: 'false',
      },
      {
        kind: 'vehicle',
        id: near.vehicleId,
        field: 'shift.driver',
        at: later(now, -minutes(600)),
        value: JSON.stringify(near.driver),
      },
    ])
    .execute()
  const asked = await call('POST', '/api/rules/what-if', {
    ruleId: 'balance_low',
    policy: { minBalance: 600_000 },
    days: 1,
  })
  expect(asked.status).toBe(202)
  expect((await call('GET', asked.body.href)).body.state).toBe('waiting')
  await house.work()
  const { body } = await call('GET', asked.body.href)
  expect(body).toMatchObject({ state: 'done', doneShare: 1 })
  expect(body.result.added).toEqual([near.vehicleId])
  expect(body.result.hits).toContainEqual(
    expect.objectContaining({ vehicleId: near.vehicleId, at: now - minutes(600), until: null }),
  )
  expect(await standingHolds(postgres, near.vehicleId)).toEqual([])
})

test('a trial that is called off ends without a result, and one that has ended stays as it is', async () => {
  const ask = () => call('POST', '/api/rules/what-if', { ruleId: 'balance_low', days: 1 })
  const [off, done] = [(await ask()).body.href, (await ask()).body.href]
  expect((await call('DELETE', off)).status).toBe(204)
  await house.work()
  expect((await call('GET', off)).body).toMatchObject({ state: 'cancelled', result: null })
  expect((await call('DELETE', done)).status).toBe(204)
  expect((await call('GET', done)).body.state).toBe('done')
  expect((await call('DELETE', '/api/rules/what-if/11111111-1111-4111-8111-111111111111')).status).toBe(404)
})

describe('a policy', () => {
  test('is changed on the version that was seen', async () => {
    const seen = await call('GET', '/api/policies/minBalance')
    const etag = String(seen.headers['etag'])
    const put = (tag: string | undefined) =>
      call(
        'PUT',
        '/api/policies/minBalance',
        { value: 510_000, why: 'договор' },
        tag === undefined ? {} : { 'if-match': tag },
      )
    expect(await put(undefined)).toMatchObject({ status: 428, body: { code: 'policy/base-missing' } })
    expect(await put(etag)).toMatchObject({
      status: 200,
      body: { value: 510_000, version: 1, changed: { by: 'head', why: 'договор' } },
    })
    expect(await put(etag)).toMatchObject({ status: 412, body: { code: 'policy/changed' } })
    expect((await call('GET', '/api/policies/minBalance/history')).body.items).toHaveLength(1)
  })
})
