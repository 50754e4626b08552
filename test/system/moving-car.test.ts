import { afterAll, beforeAll, expect, test } from 'vitest'
import type { VehiclePlan } from '../../demo/fleet.ts'
import type { RestClient } from '../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { type RunningFleet, startFleet } from '../support/running-fleet.ts'
import { until } from '../support/until.ts'

const errand: VehiclePlan = {
  key: 'errand',
  plate: 'Х278НТ777',
  model: 'Omoda C5',
  fitting: 'gps-unit-and-relay',
  life: { kind: 'taxi', from: { lat: 55.7494, lon: 37.5912 }, tripM: [300, 500], parkedS: [600, 900] },
}

/** Five times as fast as life: the trip, and the minute for which the car must have stood, take seconds. */
const SPEED = 5
const STOOD_MS = 64_000 / SPEED

let cloud: RunningCloud
let fleet: RunningFleet
let api: RestClient
beforeAll(async () => {
  cloud = await startCloud()
  api = await cloud.as('owner')
  fleet = startFleet({ cloudUrl: cloud.url, plans: [errand], speed: SPEED })
}, 60_000)
afterAll(async () => {
  await fleet?.stop()
  await cloud?.stop()
}, 60_000)

const shownNow = async () => (await api.get(`/api/vehicles?q=${encodeURIComponent(errand.plate)}`)).body.items[0]
const coil = (): boolean => fleet.byKey('errand').coils()[0] === true

test('a moving car waits until it has stood as the rule says, and says so meanwhile', async () => {
  await until('it drives', () => fleet.byKey('errand').truth().speedKmh > 10, { withinMs: 60_000, everyMs: 20 })
  const { id } = await shownNow()
  const placed = await api.send('POST', `/api/vehicles/${id}/holds`, {
    reason: 'manual',
    note: 'Проверка блокировки',
  })
  expect(placed.status).toBe(202)
  await until('the car says that it waits', async () => {
    const { immobilizer } = await shownNow()
    return immobilizer.state === 'blockWaiting'
  })
  let stoodSince = performance.now()
  let ignitionOffSince = performance.now()
  let early = 0
  await until(
    'the coil opens once it stands',
    () => {
      const truth = fleet.byKey('errand').truth()
      if (truth.speedKmh > 0) stoodSince = performance.now()
      if (truth.ignition === 'on') ignitionOffSince = performance.now()
      if (coil() && performance.now() - Math.max(stoodSince, ignitionOffSince) < STOOD_MS) early += 1
      return coil()
    },
    { withinMs: 120_000, everyMs: 10 },
  )
  expect(early).toBe(0)
  expect(performance.now() - ignitionOffSince).toBeGreaterThan(STOOD_MS)
  // A frame may tell of the open relay before the report of the order does.
  const shown = await until('the console may say blocked, and the order is verified', async () => {
    const { immobilizer } = await shownNow()
    return immobilizer.state === 'blocked' && immobilizer.order.state === 'verified' && immobilizer
  })
  expect(shown).toMatchObject({ relay: 'open', order: { action: 'block', state: 'verified' } })
  const { body: order } = await api.get(`/api/orders/${shown.order.id}`)
  expect(order.steps.map((step: { state: string }) => step.state)).toEqual(
    expect.arrayContaining(['received', 'waiting', 'executing', 'verified']),
  )
}, 240_000)
