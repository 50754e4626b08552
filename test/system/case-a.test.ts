import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_POLICY } from '../../cloud/signer/signer-policy.ts'
import { createFakeYandexFleet, type FakeYandexFleet } from '../../demo/yandex-fleet-client.ts'
import { type CloudApp, startCloudApp } from '../support/cloud-app.ts'
import { createLeapClock } from '../support/leap-clock.ts'
import { type RunningFleet, startFleet } from '../support/running-fleet.ts'
import { besideBorder, taxiHouse } from '../support/taxi-house.ts'
import { until } from '../support/until.ts'

// The scenarios of case A about holds, balance, inspection, papers and zone, over a whole cloud: real rules, real orders, a
// car with a real gateway, cars that speak as gateways do, and the fake of Yandex Fleet.

const MINUTE = 60_000
const DAY = 86_400_000
const PARK = { parkId: 'p1', clientId: 'taxi/park/p1', apiKey: 'case-a' }
const SOURCE = 'yandex-fleet:p1'
const { inside, outside } = besideBorder()

const clock = createLeapClock()
const keysDir = mkdtempSync(join(tmpdir(), 'kordon-keys-'))
let yandex: FakeYandexFleet
let house: CloudApp
let park: ReturnType<typeof taxiHouse>
let fleet: RunningFleet

/** Money of a driver at Yandex, in kopecks. */
const pays = (profile: number, kopecks: number): void => {
  const driver = yandex.drivers[profile]
  if (driver !== undefined) driver.balanceTenThousandths = kopecks * 100
}
const refOf = (profile: number) => ({ ref: { source: SOURCE, externalId: yandex.drivers[profile]?.id ?? '' } })
const askYandex = () => park.as('owner', 'POST', `/api/balances/sources/${SOURCE}/ask`)
const balanceOf = async (driver: string): Promise<number | undefined> =>
  (await park.as('owner', 'GET', `/api/drivers/${driver}`)).balance?.kopecks
/** The newest answer of Yandex is in the house. */
const heard = async (driver: string, kopecks: number): Promise<void> => {
  await askYandex()
  await until(`the balance is ${kopecks}`, async () => (await balanceOf(driver)) === kopecks)
}
/** Every rule that is due has been through, a while later. */
const swept = async (later = 20 * MINUTE): Promise<void> => {
  const before = await evaluations()
  clock.leap(later)
  let last = before
  await until(
    'the rules have swept',
    async () => {
      const now = await evaluations()
      const isAtRest = now > before && now === last
      last = now
      return isAtRest
    },
    { everyMs: 700 },
  )
}
const evaluations = async (): Promise<number> => {
  const { body } = await house.cloud.http.inject({ method: 'GET', url: '/metrics' })
  const lines = [...body.matchAll(/^kordon_rules_total\{[^}]*\} (\d+)/gm)]
  return lines.reduce((sum, [, count]) => sum + Number(count), 0)
}
const holdsBecome = (id: string, reasons: readonly string[]) =>
  until(`its holds are [${reasons.join()}]`, async () => {
    const found = await park.reasons(id)
    return found.join() === reasons.join()
  })

beforeAll(async () => {
  yandex = createFakeYandexFleet({ ...PARK, drivers: 12 })
  const keys = join(keysDir, 'keys.json')
  writeFileSync(keys, JSON.stringify([{ ...PARK, baseUrl: await yandex.listen() }]))
  chmodSync(keys, 0o600)
  const signerPolicy = { ...DEFAULT_POLICY, automaticShareOfFleetPercent: 50, vehiclesPerTenMinutes: 50 }
  house = await startCloudApp({ YANDEX_FLEET_KEYS_FILE: keys }, undefined, { clock, signerPolicy })
  park = taxiHouse(house, clock.now)
  // The scenarios block several cars of a small fleet: with these it is not half of it.
  for (let n = 0; n < 8; n += 1) await (await park.car(`В10${n}АА77`)).mqtt.endAsync()
  fleet = startFleet({
    cloudUrl: house.started.url,
    speed: 5,
    plans: [
      {
        key: 'parked',
        plate: 'М100ТУ799',
        model: 'Haval Jolion',
        fitting: 'gps-unit-and-relay',
        life: { kind: 'parked', at: { lat: 55.7172, lon: 37.7935 } },
      },
    ],
  })
}, 120_000)
afterAll(async () => {
  await fleet?.stop()
  await house?.stop()
  await yandex?.close()
  rmSync(keysDir, { recursive: true, force: true })
}, 60_000)

test('T-04, T-10: the third postponement sends its message and holds, the order waits until the car stands; the finished visit frees it, counter 0, and the car goes back on the line', async () => {
  const id = await until('the gateway has proved itself', async () => {
    const { items } = await park.as('owner', 'GET', '/api/vehicles?q=М100ТУ799')
    return items[0]?.immobilizer.canBlock && items[0].immobilizer.relay === 'closed' && String(items[0].id)
  })
  pays(0, 900_000)
  const driver = await park.driver(refOf(0))
  await heard(driver, 900_000)
  await park.lease(id, [driver])
  const hours = { opens: '00:00', closes: '23:59', slotMinutes: 30, weekdays: [0, 1, 2, 3, 4, 5, 6] }
  const station = await park.as('owner', 'POST', '/api/inspection-stations', {
    name: 'Станция',
    address: 'Рябиновая, 1',
    boxes: 2,
    ...hours,
  })
  const today = new Date(clock.now()).toISOString().slice(0, 10)
  const slots = await park.as('owner', 'GET', `/api/inspection-stations/${station.id}/slots?from=${today}&days=3`)
  const at = (n: number): string => slots.items[n + 2].at
  let visit = await park.as('manager', 'POST', `/api/vehicles/${id}/inspection/visits`, {
    stationId: station.id,
    at: at(0),
  })
  for (let time = 1; time <= 3; time += 1) {
    expect(await park.reasons(id)).toEqual([])
    const put = await park.as('manager', 'POST', `/api/vehicles/${id}/inspection/visits/${visit.id}/postpone`, {
      reason: 'busy',
      note: 'Много заказов',
      next: { stationId: station.id, at: at(time) },
    })
    visit = put.next
    expect(put.postponed).toBe(time)
  }
  await holdsBecome(id, ['inspection'])
  expect(await park.messages(`driver=${driver}`)).toContain('no_work_without_inspection')
  const coil = () => fleet.byKey('parked').coils()[0] === true
  await until(
    'the order waits for the car to stand, then the relay is open',
    async () => (await park.vehicle(id)).immobilizer.state === 'blocked' && coil(),
    { withinMs: 200_000 },
  )
  const { immobilizer } = await park.vehicle(id)
  // A frame may tell of the open relay before the report of the order does.
  const states = await until('the order is verified', async () => {
    const order = await park.as('owner', 'GET', `/api/orders/${immobilizer.order.id}`)
    const told: readonly string[] = order.steps.map((step: { state: string }) => step.state)
    return told.includes('verified') && told
  })
  expect(states).toEqual(expect.arrayContaining(['received', 'executing']))

  const { plan } = await park.as('owner', 'GET', `/api/vehicles/${id}/inspection`)
  expect(plan).toMatchObject({ postponed: 3 })
  await park.as('mechanic', 'POST', `/api/vehicles/${id}/inspection/visits/${visit.id}/arrived`, {})
  await park.as('mechanic', 'POST', `/api/vehicles/${id}/inspection/visits/${visit.id}/finish`, {
    odometerKm: 84_300,
    condition: 'good',
    conditionNote: '',
  })
  await holdsBecome(id, [])
  await until('the relay permits the start again', async () => {
    const { immobilizer: now } = await park.vehicle(id)
    return now.state === 'permitted' && !coil()
  })
  const after = (await park.as('owner', 'GET', `/api/vehicles/${id}/inspection`)).plan
  expect(after).toMatchObject({ postponed: 0, lastDoneKm: 84_300 })
  expect(after.dueKm).toBeGreaterThan(84_300)
  await until('the task to return it to the line is open', async () => {
    const { items } = await park.as('owner', 'GET', '/api/tasks?whose=all&limit=500')
    return items.some(({ template }: { template: string }) => template === 'back_on_line')
  })
}, 300_000)

test('T-06: outside and indebted, the driver pays: still blocked for the zone, and the card says why; the return into the zone lifts only the zone', async () => {
  const [first, second] = [await park.car('А001АА77'), await park.car('А002АА77')]
  const [payer, debtor] = [await park.driver(refOf(1)), await park.driver(refOf(2))]
  pays(1, 499_000)
  pays(2, 100_000)
  await heard(payer, 499_000)
  await park.lease(first.id, [payer])
  await park.lease(second.id, [debtor])
  for (const { drive } of [first, second]) {
    await drive(inside, -100, -35)
    await drive(outside, -15, 45)
  }
  await holdsBecome(first.id, ['balance', 'zone'])
  await holdsBecome(second.id, ['balance', 'zone'])

  pays(1, 600_000)
  await heard(payer, 600_000)
  await holdsBecome(first.id, ['zone'])
  const { immobilizer } = await park.vehicle(first.id)
  expect(immobilizer.holds).toMatchObject([{ reason: 'zone', placedBy: { kind: 'rule', id: 'zone_exit' } }])
  expect(immobilizer.order).toMatchObject({ action: 'block' })

  await second.drive(inside, 60, 120)
  await holdsBecome(second.id, ['balance'])
  for (const { mqtt } of [first, second]) await mqtt.endAsync()
}, 90_000)

test('T-07: the position jumps 28 km in 10 s and back: no crossing, no hold, «сигнал подменён» on the card', async () => {
  const car = await park.car('А003АА77')
  pays(3, 900_000)
  const driver = await park.driver(refOf(3))
  await heard(driver, 900_000)
  await park.lease(car.id, [driver])
  const far = { lat: outside.lat - 0.245, lon: outside.lon }
  await car.drive(inside, -110, -40)
  await until('it is seen inside', async () => (await park.vehicle(car.id)).zone?.inside === true)
  await car.drive(far, -30, 20)
  await until('the card says that the signal is doubted', async () => {
    const { signalSuspect } = await park.vehicle(car.id)
    return signalSuspect !== null && signalSuspect !== undefined
  })
  await car.drive(inside, 30, 90)
  await swept()
  const { items } = await park.as('owner', 'GET', `/api/vehicles/${car.id}/timeline`)
  expect(items.filter(({ kind }: { kind: string }) => kind === 'crossing')).toEqual([])
  expect(await park.reasons(car.id)).toEqual([])
  await car.mqtt.endAsync()
}, 60_000)

test('T-09: papers end tomorrow: the car is not handed out, with the sentence; after renewal it is', async () => {
  const { id } = await park.as('owner', 'POST', '/api/vehicles', { plate: 'А009АА77', model: 'Rapid' })
  const tomorrow = new Date(clock.now() + DAY).toISOString().slice(0, 10)
  await park.papersTo(id, tomorrow)
  pays(11, 900_000)
  const driver = await park.driver(refOf(11))
  await heard(driver, 900_000)
  const lease = await park.draft(id, [driver])
  const refused = await park.ask('owner', 'POST', `/api/leases/${lease}/activate`, { note: 'Выдаём' })
  expect(refused.status).toBe(409)
  expect(JSON.stringify(refused.body)).toMatch(/ОСАГО/)
  await park.papersTo(id, '2099-01-01')
  expect((await park.ask('owner', 'POST', `/api/leases/${lease}/activate`, { note: 'Выдаём' })).body.state).toBe(
    'active',
  )
})

test('T-05: 4 999,99 is held, 5 000,00 is not; two drivers: not for the debt of him who does not drive, and a task where nobody knows who does; Yandex answers 429 for an hour: nobody is newly held, nobody is freed', async () => {
  const cars = await Promise.all(['А011АА77', 'А012АА77', 'А013АА77', 'А014АА77', 'А015АА77'].map((p) => park.car(p)))
  const [poor, even, shared, open, late] = cars
  if (!poor || !even || !shared || !open || !late) throw new Error('five cars')
  for (const [profile, kopecks] of [499_999, 500_000, 100_000, 900_000, 100_000, 900_000, 900_000].entries())
    pays(4 + profile, kopecks)
  const drivers: string[] = []
  for (let profile = 4; profile <= 10; profile += 1) drivers.push(await park.driver(refOf(profile)))
  const [a = '', b = '', debtor = '', other = '', debtor2 = '', other2 = '', rich = ''] = drivers
  await heard(a, 499_999)
  await park.lease(poor.id, [a])
  await park.lease(even.id, [b])
  await park.lease(shared.id, [debtor, other])
  await park.as('owner', 'POST', '/api/shifts', { vehicleId: shared.id, driverId: other })
  await park.lease(open.id, [debtor2, other2])
  await park.lease(late.id, [rich])
  await swept()
  await holdsBecome(poor.id, ['balance'])
  await until('a person is asked where nobody knows who drives', async () => {
    const { items } = await park.as('owner', 'GET', '/api/tasks?whose=all&limit=500')
    return items.some(({ template }: { template: string }) => template === 'call_debtor')
  })
  await swept()
  expect(await park.reasons(even.id)).toEqual([])
  expect(await park.reasons(shared.id)).toEqual([])
  expect(await park.reasons(open.id)).toEqual([])

  // The debt stays and changes: one message all the same, not one every twenty minutes.
  pays(4, 400_000)
  await heard(a, 400_000)
  await swept()
  expect((await park.messages(`driver=${a}`)).filter((kind) => kind === 'balance_blocked')).toHaveLength(1)

  // For an hour Yandex answers 429, whatever the money does meanwhile.
  yandex.fault = 'too-many-requests'
  pays(4, 900_000)
  pays(10, 0)
  clock.leap(41 * MINUTE)
  await askYandex()
  await until('the trouble is shown', async () => {
    const { items } = await park.as('owner', 'GET', '/api/balances/sources')
    return items.some(({ source, trouble }: { source: string; trouble: string | null }) => source === SOURCE && trouble)
  })
  await swept()
  expect(await park.reasons(poor.id)).toEqual(['balance'])
  expect(await park.reasons(late.id)).toEqual([])
  // With every balance unknown no rule fires, and the tile says so.
  const { items } = await park.as('owner', 'GET', '/api/rules')
  const low = items.find((rule: { id: string }) => rule.id === 'balance_low')
  expect(low.acting.satisfied).toBe(0)
  expect(low.acting.unknown).toBeGreaterThan(5)

  yandex.fault = 'none'
  await heard(a, 900_000)
  await holdsBecome(poor.id, [])
  await holdsBecome(late.id, ['balance'])

  // A promise lifts the hold, and its expiry places it again.
  const untilAt = new Date(clock.now() + 30 * MINUTE).toISOString()
  await park.as('owner', 'POST', '/api/ledger/promises', { driverId: rich, kopecks: 500_000, until: untilAt })
  await holdsBecome(late.id, [])
  clock.leap(31 * MINUTE)
  await heard(rich, 0)
  await holdsBecome(late.id, ['balance'])
  for (const { mqtt } of cars) await mqtt.endAsync()
}, 120_000)
