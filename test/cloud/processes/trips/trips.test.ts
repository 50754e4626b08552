import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createLastKnownStore } from '../../../../cloud/history/last-known-store.ts'
import { MAIN_PARK } from '../../../../cloud/parks/park.ts'
import type { Postgres } from '../../../../cloud/postgres/postgres-client.ts'
import { createProcesses, type Processes } from '../../../../cloud/processes/app.ts'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import { createFactStore } from '../../../../cloud/processes/fact-store.ts'
import { createHouseReads } from '../../../../cloud/processes/house-reads-store.ts'
import { createHouseRecordStore } from '../../../../cloud/processes/house-record-store.ts'
import { createInboxStore } from '../../../../cloud/processes/inbox/inbox-store.ts'
import { isDriven } from '../../../../cloud/processes/trips/trip.ts'
import { createTripService } from '../../../../cloud/processes/trips/trip-service.ts'
import { createTripStore } from '../../../../cloud/processes/trips/trip-store.ts'
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts'
import { silentLog } from '../../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../../support/sql-databases.ts'
import { NOTHING_OUTSIDE } from '../shop-house.ts'

let database: SqlDatabase
let postgres: Postgres
let processes: Processes
let clock: ManualClock
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  clock = createManualClock()
  processes = createProcesses({
    ...postgres,
    world: { clock, log: silentLog, uuid: randomUUID, randomBytes: (length) => new Uint8Array(length) },
    outside: () => NOTHING_OUTSIDE,
    ports: { sendMessage: async () => {} },
    may: async () => ({ stage: () => 'write', field: () => 'write', shown: (_entity, _field, value) => value }),
    policy: async () => ({}),
    shipped: shippedCases(['a']),
  })
  await processes.open()
}, 60_000)
afterAll(() => database.close())

const drivenFrame = (more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  readAt: epochMs(clock.now() - 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: true,
  speedKmh: 24,
  lat: 55.75,
  lon: 37.61,
  ...more,
})
let vehicle: VehicleId
let cars = 0
beforeEach(async () => {
  await postgres.db.deleteFrom('cards').execute()
  vehicle = VehicleId.parse(randomUUID())
  cars += 1
  const plate = `А10${cars}АА77`
  await postgres.db
    .insertInto('vehicles')
    .values({ id: vehicle, plate, model: 'Гранта', createdAt: clock.now(), parkId: MAIN_PARK, parkSince: epochMs(0) })
    .execute()
})
const heard = (frame: Frame, source = 'gw-taxi00001') =>
  createLastKnownStore(postgres.db).keepNewest([
    {
      vehicleId: vehicle,
      gateway: GatewayId.parse(source),
      stream: StreamId.parse(randomUUID()),
      seq: Seq.parse(1),
      frame,
      place: null,
    },
  ])
async function leased(): Promise<string> {
  const wish = { pipeline: 'lease', stage: 'issued_wait', fields: { vehicle } }
  const { state } = await processes.service.birth(wish, { kind: 'system', id: 'engine' })
  await clock.advance(60_000)
  return state.card.id
}
async function look(): Promise<number> {
  const { db, inTransaction } = postgres
  const trips = createTripService({
    clock,
    trips: createTripStore(db),
    definitions: async () => (await processes.service.active())?.definitions,
    take: (incoming, now) => inTransaction((tx) => createInboxStore(tx).take('inbox', incoming, now)),
  })
  const found = await trips.look()
  while ((await processes.effects.round()) > 0);
  return found
}
const stageOf = async (card: string) =>
  (await postgres.db.selectFrom('cards').select('stage').where('id', '=', card).executeTakeFirstOrThrow()).stage

test('A-32: the first trip of a leased car puts its card on the line, once', async () => {
  const card = await leased()
  await heard(drivenFrame())
  expect(await look()).toBe(1)
  expect(await stageOf(card)).toBe('on_line')
  expect(await look()).toBe(0)
})

test.each<[string, () => Frame, string?]>([
  ['a car that stands with its engine on', () => drivenFrame({ speedKmh: 2 })],
  ['a car that is towed, its engine off', () => drivenFrame({ ignition: false })],
  ['a doubted signal', () => drivenFrame({ gnssTrust: 'suspect' })],
  ['no fix', () => drivenFrame({ fix: 'none' })],
  ['a car that says itself that it does not move', () => drivenFrame({ motion: false })],
  ['a drive before the card came here', () => drivenFrame({ readAt: epochMs(clock.now() - 120_000) })],
  ['the tracker of somebody else', () => drivenFrame(), 'gw-tracker0077'],
])('%s starts no trip', async (_why, frame, source) => {
  const card = await leased()
  await heard(frame(), source)
  expect(await look()).toBe(0)
  expect(await stageOf(card)).toBe('issued_wait')
})

test('what nobody knows is no drive', () => {
  const { ignition: _, ...silent } = drivenFrame()
  const { speedKmh: __, ...slow } = drivenFrame()
  expect([isDriven(silent), isDriven(slow), isDriven(null), isDriven(drivenFrame())]).toEqual([
    false,
    false,
    false,
    true,
  ])
})

test('E-01: a machine that names its vehicle has the hours of that gateway; one that names none keeps its own', async () => {
  await heard(drivenFrame({ engineHours: 1204.9 }))
  const { db } = postgres
  const reads = createHouseReads(db, {
    now: clock.now,
    zoneOf: async () => new Map(),
    zoneId: 'none',
    areaOutageOf: async () => new Map(),
    papersOf: async () => [],
    shiftsOf: async () => new Map(),
    promisesOf: async () => new Set(),
    records: createHouseRecordStore(db),
  })
  const facts = createFactStore(db, reads)
  await facts.write('machine', 'АГ-1', { serial: 'АГ-1', engineHours: 640, warrantyHours: 1000 }, clock.now())
  expect(await facts.record('machine', 'АГ-1')).toMatchObject({ engineHours: 640 })
  await facts.write('machine', 'АГ-1', { vehicle }, clock.now())
  expect(await facts.record('machine', 'АГ-1')).toMatchObject({ engineHours: 1204, warrantyHours: 1000 })
})
