import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { createDriverStore } from '../../../cloud/drivers/driver-store.ts'
import { Phone } from '../../../cloud/drivers/phone.ts'
import { createCallbackRoutes } from '../../../cloud/messages/callback-routes.ts'
import { createMaxClient } from '../../../cloud/messages/max-client.ts'
import { createMessageService } from '../../../cloud/messages/message-service.ts'
import { createMessageStore } from '../../../cloud/messages/message-store.ts'
import { type AskToCall, createPersonCall } from '../../../cloud/messages/person-call.ts'
import { createSmsAeroClient } from '../../../cloud/messages/sms-aero-client.ts'
import { createSmscClient } from '../../../cloud/messages/smsc-client.ts'
import { readShippedTemplates } from '../../../cloud/messages/template-store.ts'
import { type ShortSince, undelivered, warnedFacts } from '../../../cloud/messages/warnings.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { readShippedRules } from '../../../cloud/rules/rule-store.ts'
import { type EpochMs, epochMs, later, minutes } from '../../../contract/instant.ts'
import { type FakeVendors, startFakeVendors } from '../../support/fake-vendors.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'

let database: SqlDatabase
let postgres: Postgres
let vendors: FakeVendors
const PHONE = Phone.parse('+79161234567')
const NOON = Date.parse('2026-11-24T09:00:00Z')
const NIGHT = Date.parse('2026-11-24T22:00:00Z')
const stop = new AbortController().signal
/** Everybody has been short of money for so long. */
const shortFor =
  (length: number, now: () => EpochMs): ShortSince =>
  async (ids) => {
    const since = epochMs(now() - length)
    return new Map(ids.map((id) => [id, since]))
  }

async function house({
  now = NOON,
  sms = 'smsaero',
  mode = 'production',
  calls = 'no',
}: {
  now?: number
  sms?: 'smsaero' | 'smsc' | 'none'
  mode?: 'demo' | 'production'
  calls?: 'yes' | 'no'
} = {}) {
  const clock = createManualClock(now)
  const aero = { vendor: 'smsaero', email: 'park@example.org', apiKey: 'aero-key', sign: 'Kordon' } as const
  const smsc = { vendor: 'smsc', apiKey: 'smsc-key', sender: '' } as const
  const channels = {
    smsaero: [createSmsAeroClient({ ...aero, baseUrl: `${vendors.url}/aero` })],
    smsc: [createSmscClient({ ...smsc, baseUrl: `${vendors.url}/smsc` })],
    none: [],
  }
  const max = sms === 'none' ? [] : [createMaxClient({ token: 'max-token', baseUrl: `${vendors.url}/max` })]
  const asked: Parameters<AskToCall>[0][] = []
  const person = calls === 'no' ? [] : [createPersonCall(async (call) => void asked.push(call))]
  const messages = createMessageService({
    clock,
    log: silentLog,
    uuid: randomUUID,
    db: postgres.db,
    messageStore: createMessageStore,
    driverStore: createDriverStore,
    templates: readShippedTemplates(),
    channels: [...max, ...channels[sms], ...person],
    mode,
    context: async () => ({ policy: { minBalance: 500_000 }, links: { pay: 'https://pay' }, support: {} }),
    filesOf: async () => [],
    changed: () => {},
  })
  const driver = async (consent?: 'given'): Promise<DriverId> => {
    const id = DriverId.parse(randomUUID())
    const row = { id, parkId: MAIN_PARK, familyName: 'И', givenName: 'И', patronymic: '', legalForm: 'person' as const }
    const more = { state: 'active' as const, mergedInto: null, note: '', version: 1, createdAt: clock.now() }
    const store = createDriverStore(postgres.db)
    await store.insert({ ...row, ...more })
    await postgres.db.insertInto('driverPhones').values({ driverId: id, phone: PHONE, main: true }).execute()
    if (consent !== undefined)
      await store.setChannels(id, [{ channel: 'max', address: '77', consent, consentAt: clock.now() }])
    return id
  }
  const say = (driverId: DriverId, key: string, message = 'balance_blocked') =>
    postgres.inTransaction((db) =>
      messages.send(db, { message, to: { driverId }, facts: { balance: { kopecks: 431_000 } }, key }),
    )
  const states = async () =>
    (await messages.list({ parks: 'all', limit: 50 })).map(({ state, channel }) => `${channel} ${state}`)
  return { clock, messages, driver, say, states, asked }
}

describe.each(sqlKinds())('messages on %s', (kind) => {
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    vendors = await startFakeVendors()
  }, 60_000)
  afterEach(async () => {
    await emptied(postgres)
    vendors.taken.length = 0
    vendors.fate = 'ok'
    vendors.status = 1
  })
  afterAll(async () => {
    await vendors.close()
    await database.close()
  })

  test('one message of a key, however often it is asked for; it goes by the first channel there is consent for', async () => {
    const { messages, driver, say, states } = await house()
    const id = await driver('given')
    await say(id, 'rule 1')
    await say(id, 'rule 1')
    await messages.deliver(stop)
    expect(vendors.taken).toHaveLength(1)
    expect(vendors.taken[0]).toMatchObject({ vendor: 'max', to: '77' })
    expect(vendors.taken[0]?.text.replaceAll('\u00a0', ' ')).toContain(
      'После остановки запуск двигателя будет запрещён. Баланс 4 310 ₽',
    )
    expect(await states()).toEqual(['max sent'])
  })

  test('a message whose transaction fails is never sent', async () => {
    const { messages, driver } = await house()
    const driverId = await driver()
    const lost = postgres.inTransaction(async (db) => {
      await messages.send(db, { message: 'freed', to: { driverId }, facts: { balance: { kopecks: 1 } }, key: 'x' })
      throw new Error('no')
    })
    await expect(lost).rejects.toThrow('no')
    await messages.deliver(stop)
    expect(vendors.taken).toEqual([])
  })

  test('without proof of arrival by MAX the SMS follows after ten minutes; its report makes the warning delivered', async () => {
    const { clock, messages, driver, say, states } = await house()
    const id = await driver('given')
    const facts = warnedFacts(messages, shortFor(minutes(60), clock.now))
    await say(id, 'rule 1', 'balance_warning')
    await messages.deliver(stop)
    expect((await facts([id])).size).toBe(0)
    await clock.advance(minutes(11))
    await messages.deliver(stop)
    await messages.deliver(stop)
    expect(vendors.taken.map(({ vendor }) => vendor)).toEqual(['max', 'smsaero'])
    await clock.advance(minutes(2))
    await messages.deliver(stop)
    expect(await states()).toEqual(['sms delivered'])
    expect((await facts([id])).get(id)?.facts).toEqual({ balanceWarnedAt: clock.now() })
    // He has paid since, and is short of money again: the warning of last time is none.
    const again = shortFor(minutes(1), clock.now)
    expect((await warnedFacts(messages, again)([id])).size).toBe(0)
    expect(await undelivered(messages, again)([id], clock.now())).toEqual(new Set())
    expect(await undelivered(messages, again)([id], later(clock.now(), minutes(60)))).toEqual(new Set([id]))
    expect((await warnedFacts(messages, async () => new Map())([id])).size).toBe(0)
    expect(await messages.deliveredSince(id, 'balance_warning', epochMs(NOON))).toBe(clock.now())
  })

  test('a vendor in trouble is asked again; one that refuses for good ends the message, and the house knows it', async () => {
    const { clock, messages, driver, say, states } = await house({ sms: 'smsc' })
    const id = await driver()
    vendors.fate = '500'
    await say(id, 'rule 1', 'balance_warning')
    await messages.deliver(stop)
    expect(await states()).toEqual(['sms queued'])
    vendors.fate = 'refused'
    await clock.advance(minutes(1))
    await messages.deliver(stop)
    expect(await states()).toEqual(['sms failed'])
    expect(await undelivered(messages, shortFor(minutes(5), clock.now))([id], clock.now())).toEqual(new Set([id]))
  })

  test('at night a warning waits for the morning and a block is told at once', async () => {
    const { clock, messages, driver, say } = await house({ now: NIGHT })
    const id = await driver()
    await say(id, 'warn', 'balance_warning')
    await say(id, 'block')
    await messages.deliver(stop)
    expect(vendors.taken.map(({ text }) => text.slice(0, 15))).toEqual(['После остановки'])
    await clock.advance(minutes(5 * 60))
    await messages.deliver(stop)
    expect(vendors.taken).toHaveLength(2)
  })

  test('without a channel the house says so; in the demo the message is shown, marked as sent nowhere', async () => {
    const real = await house({ sms: 'none' })
    await real.say(await real.driver(), 'a')
    expect(await real.states()).toEqual(['null no-channel'])
    const demo = await house({ sms: 'none', mode: 'demo' })
    await demo.say(await demo.driver(), 'b')
    await demo.messages.deliver(stop)
    expect((await demo.states()).toSorted()).toEqual(['log delivered', 'null no-channel'])
  })

  test('a code is read by its receiver alone', async () => {
    const { messages } = await house()
    const wish = { message: 'sign_in_code', to: { phone: PHONE }, facts: { code: { digits: '482913' } }, key: 'code 1' }
    await postgres.inTransaction((db) => messages.send(db, { ...wish, via: ['sms'] }))
    await messages.deliver(stop)
    expect(vendors.taken[0]?.text).toContain('482913')
    const [row] = await messages.list({ parks: 'all', limit: 1 })
    expect(row?.shown).toBe('Код для входа: ••••••. Действует 5 минут. Никому его не сообщайте.')
  })

  test('every message that shipped rules send has its words', async () => {
    const named = readShippedRules().flatMap(({ text }) =>
      [...text.matchAll(/message: ([a-z_]+)/g)].map(([, name]) => name),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(Object.keys(readShippedTemplates())).toEqual(expect.arrayContaining([...new Set(named)]))
  })

  test('a vendor who tells by himself is believed once: failed goes on to the next way, a person who called makes it delivered, a stranger changes nothing', async () => {
    const { clock, messages, driver, say, states, asked } = await house({ calls: 'yes' })
    const id = await driver()
    await say(id, 'k1', 'balance_warning')
    await messages.deliver(stop)
    const providerId = (await messages.list({ parks: 'all', limit: 10 }))[0]?.providerId ?? ''
    expect(await states()).toEqual(['sms sent'])
    expect(await messages.told('sms', { providerId: 'nobody', fate: 'delivered' })).toBe('unknown')
    for (let time = 0; time < 2; time += 1)
      expect(await messages.told('sms', { providerId, fate: 'failed' })).toBe('known')
    await messages.deliver(stop)
    expect(await states()).toEqual(['call sent'])
    expect(asked).toMatchObject([{ driverId: id, key: 'call k1' }])
    const short = shortFor(minutes(5), clock.now)
    const isUndelivered = async () =>
      (await undelivered(messages, short)([id], later(clock.now(), minutes(61)))).has(id)
    expect(await isUndelivered()).toBe(true)
    await messages.saidByPerson(id)
    expect(await states()).toEqual(['call delivered'])
    expect(await isUndelivered()).toBe(false)
  })

  test('the address of a vendor takes his word and nobody else’s', async () => {
    const { messages, driver, say, states } = await house()
    await say(await driver(), 'k1')
    await messages.deliver(stop)
    const providerId = (await messages.list({ parks: 'all', limit: 10 }))[0]?.providerId ?? ''
    const app = fastify()
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    const token = 'a-secret-part-of-the-address'
    await app.register(createCallbackRoutes({ expected: { vendor: 'smsaero', token }, told: messages.told }))
    const post = async (path: string, payload: string, type = 'application/x-www-form-urlencoded') =>
      (await app.inject({ method: 'POST', url: `/in/messages/${path}`, payload, headers: { 'content-type': type } }))
        .statusCode
    expect(await post('smsaero/another-secret-of-somebody', `id=${providerId}&status=1`)).not.toBe(200)
    expect(await post(`smsc/${token}`, `id=${providerId}&status=1`)).not.toBe(200)
    expect(await post(`smsaero/${token}`, 'status=1')).not.toBe(200)
    expect(await states()).toEqual(['sms sent'])
    expect(await post(`smsaero/${token}`, `id=${providerId}&status=1`)).toBe(200)
    expect(await states()).toEqual(['sms delivered'])
    expect(await post(`smsaero/${token}`, JSON.stringify({ id: providerId, status: 2 }), 'application/json')).toBe(200)
    expect(await states()).toEqual(['sms delivered'])
    await app.close()
  })
})
afterAll(stopSqlServer)
