import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { createFakeYandexFleet, type FakeYandexFleet } from '../../../demo/yandex-fleet-client.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { type FakeVendors, startFakeVendors } from '../../support/fake-vendors.ts'
import { createLeapClock } from '../../support/leap-clock.ts'
import { patiently } from '../../support/people-app.ts'
import { taxiHouse } from '../../support/taxi-house.ts'
import { until as within } from '../../support/until.ts'

// The preset `fair` over a whole cloud: the fakes of Yandex Fleet and of an SMS vendor, a driver on his own page, and a clock
// that is turned. Step by step down the ladder, and up again.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const PARK = { parkId: 'p1', clientId: 'taxi/park/p1', apiKey: 'fair' }
const SOURCE = 'yandex-fleet:p1'
/** What SMSC says of a message: nothing yet, or that it has arrived. */
const [ON_ITS_WAY, ARRIVED] = [0, 1]
const PHONE = '+79165550303'

/** However busy the machine is: every question is asked until the fact is there. */
const until = <Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  { everyMs = 25 } = {},
): Promise<Answer> => within(what, ask, { withinMs: 120_000, everyMs })

const clock = createLeapClock()
const folder = mkdtempSync(join(tmpdir(), 'kordon-fair-'))
let yandex: FakeYandexFleet
let vendors: FakeVendors
let house: CloudApp
let park: ReturnType<typeof taxiHouse>
/** The lone debtor; two on one car, of whom the first is the debtor. */
const who = { lone: '', car: '', debtor: '', other: '', shared: '' }

const secret = (name: string, content: object): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  chmodSync(path, 0o600)
  return path
}
const profile = (n: number) => {
  const found = yandex.drivers[n]
  if (found === undefined) throw new Error(`profile ${n}`)
  return found
}
const ref = (n: number) => ({ ref: { source: SOURCE, externalId: profile(n).id } })
/** Yandex says so of a driver, and the house has heard it. */
const says = async (driver: string, n: number, rubles: number, status = 'free'): Promise<void> => {
  Object.assign(profile(n), { balanceTenThousandths: rubles * 10_000, status })
  let asked = 0
  await until(`${rubles} ₽ is heard`, async () => {
    // A round that was under way when the clock leapt answers for the time before.
    if (asked % 20 === 0) await park.as('owner', 'POST', `/api/balances/sources/${SOURCE}/ask`)
    asked += 1
    const { balance } = await park.as('owner', 'GET', `/api/drivers/${driver}`)
    return balance?.kopecks === rubles * 100 && Date.parse(balance.asOf) > clock.now() - MINUTE
  })
  await looked()
}
let version = 0
/** A policy changes that no rule here reads: every rule is looked at again at once. */
const looked = async (): Promise<void> => {
  const answer = await patiently(house.cloud.http, {
    method: 'PUT',
    url: '/api/policies/recommendDays',
    headers: { cookie: await house.as('owner'), 'if-match': `"${version}"` },
    payload: { value: 20 + (version % 2), why: 'Ещё раз посмотреть' },
  })
  expect(answer.statusCode, answer.body).toBe(200)
  version = answer.json().version
}
/** How many drivers the rule holds for, does not, is not known to. */
const counts = async (rule: string): Promise<string> => {
  const { items } = await park.as('owner', 'GET', '/api/rules')
  const { acting } = items.find(({ id }: { id: string }) => id === rule)
  return `${acting.satisfied} yes, ${acting.notSatisfied} no, ${acting.unknown} unknown`
}
const judged = (rule: string, expected: string) =>
  until(`${rule}: ${expected}`, async () => (await counts(rule)) === expected)
/** Moscow time of day: the next one of that hour. */
const leapTo = (hour: number): void => {
  const now = clock.now() + 3 * HOUR
  clock.leap(((hour * HOUR - (now % DAY) + DAY) % DAY) + MINUTE)
}
const said = async (driver: string): Promise<readonly string[]> =>
  [...(await park.messages(`driver=${driver}`))].reverse()
/** It is on its way, the vendor is asked a minute later and says that it has arrived; the rules have looked since. */
const arrived = async (driver: string, kind: string): Promise<void> => {
  const stateOf = async (): Promise<string> => {
    const { items } = await park.as('owner', 'GET', `/api/messages?driver=${driver}`)
    return items.find((one: { kind: string }) => one.kind === kind)?.state ?? ''
  }
  await until(`${kind} is on its way`, async () => /sent|delivered/.test(await stateOf()), { everyMs: 100 })
  let asked = 0
  const isArrived = async (): Promise<boolean> => {
    // Rarely: every minute that passes is work for the house.
    if (asked % 50 === 0) clock.leap(2 * MINUTE)
    asked += 1
    return (await stateOf()) === 'delivered'
  }
  await until(`${kind} has arrived`, isArrived, { everyMs: 200 })
  await looked()
}
const tasks = async (template: string): Promise<number> => {
  const { items } = await park.as('owner', 'GET', '/api/tasks?whose=all&limit=500')
  return items.filter((task: { template: string }) => task.template === template).length
}
const held = (car: string) => until('it is held', async () => (await park.reasons(car)).join() === 'balance')
const free = (car: string) => until('it is free', async () => (await park.reasons(car)).length === 0)

beforeAll(async () => {
  leapTo(10)
  yandex = createFakeYandexFleet({ ...PARK, drivers: 3 })
  vendors = await startFakeVendors()
  vendors.status = ON_ITS_WAY
  const keys = secret('keys.json', [{ ...PARK, baseUrl: await yandex.listen(), orders: 'stop' }])
  const channels = { sms: { vendor: 'smsc', apiKey: 'smsc-key', baseUrl: `${vendors.url}/smsc` } }
  const env = { YANDEX_FLEET_KEYS_FILE: keys, KORDON_MESSAGES_FILE: secret('channels.json', channels) }
  const signerPolicy = { ...DEFAULT_POLICY, automaticShareOfFleetPercent: 50, vehiclesPerTenMinutes: 50 }
  house = await startCloudApp(env, undefined, { clock, signerPolicy })
  park = taxiHouse(house, clock.now)
  await park.as('owner', 'POST', '/api/policies/presets/fair', { why: 'Так договорились с водителями' })
  for (const n of [0, 1, 2]) Object.assign(profile(n), { balanceTenThousandths: 90_000_000, status: 'free' })
  profile(0).balanceLimit = '150.0000'
  const [one, two] = [await park.car('А001АА77'), await park.car('А002АА77')]
  who.lone = await park.driver({ ...ref(0), phones: [{ phone: PHONE, main: true }], channels: [] })
  who.debtor = await park.driver(ref(1))
  who.other = await park.driver(ref(2))
  await says(who.lone, 0, 9000)
  await park.lease(one.id, [who.lone])
  await park.lease(two.id, [who.debtor, who.other])
  Object.assign(who, { car: one.id, shared: two.id })
  await park.as('owner', 'POST', '/api/shifts', { vehicleId: two.id, driverId: who.other })
  await one.mqtt.endAsync()
  await two.mqtt.endAsync()
}, 120_000)
afterAll(async () => {
  await house?.stop()
  await yandex?.close()
  await vendors?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('until a warning is known to have arrived nothing happens but a call: no stop of orders, no hold', async () => {
  await says(who.lone, 0, 6900)
  await until('he is warned', async () => (await said(who.lone)).join() === 'balance_warning')
  await says(who.lone, 0, 4900)
  await until('he is offered a promise', async () => (await said(who.lone)).at(-1) === 'balance_promise')
  clock.leap(5 * HOUR)
  await says(who.lone, 0, 4900)
  await until('a person is asked to call', async () => (await tasks('call_debtor')) === 1)
  await judged('ladder_hold', '0 yes, 2 no, 1 unknown')
  await judged('ladder_orders', '0 yes, 2 no, 1 unknown')
  expect(await park.reasons(who.car)).toEqual([])
  expect(profile(0)).toMatchObject({ blocksOrders: false, balanceLimit: '150.0000' })
}, 240_000)

test('once it has arrived his orders are stopped, and he is told after Yandex has stopped them; the car is not held for four hours', async () => {
  vendors.status = ARRIVED
  await arrived(who.lone, 'balance_promise')
  await says(who.lone, 0, 4900)
  await until('no new orders', () => profile(0).blocksOrders)
  expect(profile(0).balanceLimit).toBe('5000.0000')
  await until('he is told', async () => (await said(who.lone)).at(-1) === 'orders_stopped')
  await judged('ladder_hold', '0 yes, 3 no, 0 unknown')
}, 240_000)

test('never with a passenger aboard, never by an old word, never at night; in the morning the next start is forbidden, once', async () => {
  clock.leap(4 * HOUR)
  await says(who.lone, 0, 4900, 'in_order')
  await judged('ladder_orders', '1 yes, 2 no, 0 unknown')
  await judged('ladder_hold', '0 yes, 3 no, 0 unknown')
  // An hour without a word from Yandex: whatever it would say.
  yandex.fault = 'too-many-requests'
  profile(0).status = 'free'
  clock.leap(41 * MINUTE)
  await looked()
  await judged('ladder_hold', '0 yes, 1 no, 2 unknown')
  expect(await park.reasons(who.car)).toEqual([])
  yandex.fault = 'none'
  leapTo(2)
  await says(who.lone, 0, 4900)
  await judged('ladder_hold', '0 yes, 3 no, 0 unknown')
  expect(await park.reasons(who.car)).toEqual([])
  leapTo(7)
  await says(who.lone, 0, 4900)
  await held(who.car)
  expect((await said(who.lone)).filter((kind) => kind === 'balance_blocked')).toHaveLength(1)
  expect((await said(who.lone)).filter((kind) => kind === 'orders_stopped')).toHaveLength(1)
}, 240_000)

test('a promise on his own page frees him and opens his orders; a second within fourteen days is refused; broken, it all comes back', async () => {
  const ask = (method: 'GET' | 'POST', url: string, payload?: object, cookie = '') =>
    patiently(house.cloud.http, { method, url, headers: { cookie }, ...(payload === undefined ? {} : { payload }) })
  await ask('POST', '/api/driver/code', { phone: PHONE })
  const sms = await until('the code has come', () => vendors.taken.find(({ text }) => text.startsWith('Код для входа')))
  const signedIn = await ask('POST', '/api/driver/session', { phone: PHONE, code: /\d{6}/.exec(sms.text)?.[0] })
  const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const promised = { kopecks: 200_000, until: new Date(clock.now() + 5 * HOUR).toISOString() }
  expect((await ask('POST', '/api/driver/promise', promised, cookie)).statusCode).toBe(200)
  await free(who.car)
  await until(
    'his orders are open as they were',
    () => !profile(0).blocksOrders && profile(0).balanceLimit === '150.0000',
  )
  clock.leap(5 * HOUR + MINUTE)
  await says(who.lone, 0, 4900)
  await held(who.car)
  await until('and his orders are stopped again', () => profile(0).blocksOrders)
  const again = { kopecks: 100_000, until: new Date(clock.now() + HOUR).toISOString() }
  expect((await ask('POST', '/api/driver/promise', again, cookie)).json().code).toBe('promise/refused')
  expect((await ask('POST', '/api/driver/appeal', { reason: 'Я уже оплатил' }, cookie)).statusCode).toBe(200)
  await until('his appeal is a task', async () => (await tasks('answer_appeal')) === 1)
}, 240_000)

test('he pays and is free; short again, the warning of last time is none: a new one, and its four hours', async () => {
  await says(who.lone, 0, 9000)
  await free(who.car)
  await until('his orders are open', () => !profile(0).blocksOrders)
  vendors.status = ON_ITS_WAY
  clock.leap(MINUTE)
  await says(who.lone, 0, 1000)
  await until('he is warned anew', async () => (await said(who.lone)).at(-1) === 'balance_promise')
  await judged('ladder_hold', '0 yes, 2 no, 1 unknown')
  expect(await park.reasons(who.car)).toEqual([])
  expect(profile(0).blocksOrders).toBe(false)
}, 240_000)

test('the debt of him who does not drive holds nothing; on his own shift it does, and the next driver is free', async () => {
  // Days have passed: everybody signs in again.
  park = taxiHouse(house, clock.now)
  vendors.status = ARRIVED
  await says(who.debtor, 1, 1000)
  await until('he is warned', async () => (await said(who.debtor)).includes('balance_promise'))
  await arrived(who.debtor, 'balance_promise')
  leapTo(12)
  park = taxiHouse(house, clock.now)
  await says(who.debtor, 1, 1000)
  // The lone one has been warned meanwhile, too.
  await held(who.car)
  expect(await park.reasons(who.shared)).toEqual([])
  await park.as('owner', 'POST', '/api/shifts', { vehicleId: who.shared, driverId: who.debtor })
  clock.leap(6 * MINUTE)
  await says(who.debtor, 1, 1000)
  await held(who.shared)
  await park.as('owner', 'POST', '/api/shifts', { vehicleId: who.shared, driverId: who.other })
  await free(who.shared)
}, 240_000)
