import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { circlePolygon } from '../../../cloud/zones/polygon.ts'
import { createStandingService } from '../../../cloud/zones/standing-service.ts'
import { createZoneShape } from '../../../cloud/zones/zone.ts'
import { createZoneMap, type ZoneMap } from '../../../cloud/zones/zone-map.ts'
import { workPolicy } from '../../../cloud/zones/zone-policy.ts'
import { createZoneService, type ZoneAlert } from '../../../cloud/zones/zone-service.ts'
import { createZoneStore } from '../../../cloud/zones/zone-store.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

const gateway = GatewayId.parse('gw-abcdefgh')
const stranger = GatewayId.parse('gw-notknown')
const vehicleId = VehicleId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')
const stream = StreamId.parse('1b0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f22')
const square = createZoneShape([
  [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  ],
])

let database: SqlDatabase
let postgres: Postgres
let clock: ManualClock
let alerts: ZoneAlert[]
let holdsFail: boolean
let map: ZoneMap
const seats = new Map<GatewayId, VehicleId>([[gateway, vehicleId]])
describe.each(sqlKinds())('zones on %s', (kind) => {
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    await postgres.db
      .insertInto('vehicles')
      .values({ id: vehicleId, plate: 'А001АА77', model: 'Rapid', createdAt: epochMs(0) })
      .execute()
    for (const n of [2, 3, 4]) {
      const id = VehicleId.parse(`0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f2${n}`)
      const row = { id, plate: `А00${n}АА77`, model: 'Rapid', createdAt: epochMs(0) }
      await postgres.db.insertInto('vehicles').values(row).execute()
      seats.set(GatewayId.parse(`gw-leaper0${n}`), id)
    }
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await postgres.db.deleteFrom('zoneStates').execute()
    await postgres.db.deleteFrom('crossings').execute()
    await postgres.db.deleteFrom('signalDoubts').execute()
    await postgres.db.deleteFrom('positionLeaps').execute()
    clock = createManualClock()
    alerts = []
    holdsFail = false
    map = createZoneMap([])
  })

  const service = (states: 'own' | 'shared' = 'own') =>
    createZoneService({
      world: { clock, log: silentLog },
      zone: { id: 'square', name: 'Square', shape: square },
      policy: async () => workPolicy({ exitFixes: 3, exitOf: 5, marginM: 300 }),
      map: async () => map,
      states,
      inTransaction: postgres.inTransaction,
      zoneStore: createZoneStore,
      vehicleOf: (id) => seats.get(id),
      onCrossing: async (alert) => {
        if (holdsFail) throw new Error('the database is down')
        alerts.push(alert)
      },
      crossed: () => {},
      changed: () => {},
    })
  const standing = () =>
    createStandingService({
      db: postgres.db,
      clock,
      zone: { id: 'square', name: 'Square' },
      zoneStore: createZoneStore,
      conditions: { of: async () => new Map() },
    })
  const sideOf = async () => (await standing().zoneOf([vehicleId])).get(vehicleId)

  let seq = 0
  const entry = (second: number, lon: number, more: Partial<Frame> = {}, from = gateway): JournalEntry => {
    seq += 1
    const readAt = epochMs(clock.now() + second * 1000)
    const record: Frame = {
      kind: 'frame',
      readAt,
      timeQuality: 'gnss',
      fix: '3d',
      gnssTrust: 'ok',
      relay: 'closed',
      lat: 0.5,
      lon,
      accuracyM: 5,
      ...more,
    }
    return { position: seq, gateway: from, stream, seq: Seq.parse(seq), receivedAt: readAt, record }
  }
  const every = (from: number, to: number, lon: (second: number) => number, more?: Partial<Frame>, by?: GatewayId) =>
    Array.from({ length: (to - from) / 5 }, (_, n) => entry(from + n * 5, lon(from + n * 5), more, by))
  /** From 2 km inside to 2 km outside, at 72 km/h. */
  const leaving = (second: number) => 0.982 + second * 0.00018
  const stored = async () => ({
    crossings: await postgres.db.selectFrom('crossings').select(['zone', 'side']).execute(),
    states: await postgres.db.selectFrom('zoneStates').select(['inside']).execute(),
  })

  describe('zone service', () => {
    test('a vehicle that drives out is seen to leave, once, and it is written down', async () => {
      const zones = service()
      await zones.projection.apply(every(0, 70, leaving))
      expect(await sideOf()).toMatchObject({ name: 'Square', inside: true })
      await zones.projection.apply(every(70, 260, leaving))
      expect(alerts.map(({ crossing }) => crossing.to)).toEqual(['outside'])
      expect((await sideOf())?.inside).toBe(false)
      expect(await stored()).toEqual({ crossings: [{ zone: 'square', side: 'outside' }], states: [{ inside: false }] })
    })

    test('the same entries again change nothing', async () => {
      const zones = service()
      const entries = every(0, 260, leaving)
      await zones.projection.apply(entries)
      await zones.projection.apply(entries)
      expect(alerts).toHaveLength(1)
    })

    test('a restart in the middle of an exit neither loses nor repeats it', async () => {
      const entries = every(0, 260, leaving)
      for (let from = 0; from < entries.length; from += 3) {
        const zones = service()
        await zones.load()
        await zones.projection.apply(entries.slice(from, from + 3))
      }
      expect(alerts.map(({ crossing }) => crossing.to)).toEqual(['outside'])
      const after = service()
      await after.load()
      await after.projection.apply(entries)
      expect(alerts).toHaveLength(1)
      expect((await sideOf())?.inside).toBe(false)
    })

    test('when the hold cannot be placed, nothing is written and the entries may come again', async () => {
      const zones = service()
      const entries = every(0, 260, leaving)
      holdsFail = true
      await expect(zones.projection.apply(entries)).rejects.toThrow('the database is down')
      expect(await stored()).toEqual({ crossings: [], states: [] })
      holdsFail = false
      await zones.projection.apply(entries)
      expect(alerts).toHaveLength(1)
    })

    test.each([
      { name: 'backfilled frames', more: { backfill: true }, by: gateway },
      { name: 'frames of a gateway in no vehicle', more: {}, by: stranger },
    ])('$name move nothing', async ({ more, by }) => {
      const zones = service()
      await zones.projection.apply(every(0, 260, leaving, more, by))
      expect(await sideOf()).toEqual({ name: 'Square', inside: null, since: null })
      expect(await stored()).toEqual({ crossings: [], states: [] })
    })

    test('two instances that each hear half of it find one exit', async () => {
      const entries = every(0, 320, leaving)
      const [one, other] = [service('shared'), service('shared')]
      for (let from = 0; from < entries.length; from += 4)
        await (from % 8 === 0 ? one : other).projection.apply(entries.slice(from, from + 4))
      expect(alerts.map(({ crossing }) => crossing.to)).toEqual(['outside'])
      expect((await stored()).crossings).toHaveLength(1)
    })

    test('a place that three cars leap to at once, after a silence long enough to have driven there, is left by none', async () => {
      const zones = service()
      const gateways = [2, 3, 4].map((n) => GatewayId.parse(`gw-leaper0${n}`))
      const before = gateways.flatMap((by) => every(0, 100, () => 0.95, {}, by))
      await zones.projection.apply(before)
      // Half an hour later all stand 30 km away, outside.
      const after = gateways.flatMap((by) => every(1900, 2060, () => 1.2, {}, by))
      await zones.projection.apply(after.toSorted((a, b) => a.receivedAt - b.receivedAt))
      expect(alerts).toEqual([])
      const vehicles = gateways.flatMap((by) => seats.get(by) ?? [])
      expect(await createZoneStore(postgres.db).doubts(vehicles)).toMatchObject(
        [1, 2, 3].map(() => ({ cause: 'fleet' })),
      )
      expect(await standing().trustedIn('square', vehicles)).toEqual(new Map())
    })

    test('one car that does so has left', async () => {
      const zones = service()
      await zones.projection.apply([...every(0, 100, () => 0.95), ...every(1900, 2060, () => 1.2)])
      expect(alerts.map(({ crossing }) => crossing.to)).toEqual(['outside'])
      expect((await standing().trustedIn('square', [vehicleId])).get(vehicleId)).toMatchObject({ inside: false })
    })

    test('it has left, and is not heard of for longer than forty minutes: where it is now nobody knows; heard again outside, it is known again', async () => {
      const zones = service()
      await zones.projection.apply(every(0, 260, leaving))
      const trusted = async () => (await standing().trustedIn('square', [vehicleId])).get(vehicleId)
      const readAt = (await trusted())?.provedAt ?? 0
      expect(await trusted()).toMatchObject({ inside: false })
      await clock.advance(readAt + 40 * 60_000 - clock.now())
      expect(await trusted()).toMatchObject({ inside: false })
      await clock.advance(60_000)
      expect(await trusted()).toBeUndefined()
      expect(await sideOf()).toMatchObject({ inside: false })
      await zones.projection.apply(every(0, 60, () => 1.2))
      expect(await trusted()).toMatchObject({ inside: false })
    })

    test('a car first seen outside is shown there, and no decision may use it', async () => {
      await service().projection.apply(every(0, 200, () => 1.2))
      expect(await sideOf()).toMatchObject({ inside: false })
      expect(await standing().trustedIn('square', [vehicleId])).toEqual(new Map())
    })

    test('while its own receiver is in doubt, a side is no fact', async () => {
      const zones = service()
      await zones.projection.apply(every(0, 100, () => 0.5))
      expect((await standing().trustedIn('square', [vehicleId])).get(vehicleId)).toMatchObject({ inside: true })
      await zones.projection.apply(every(100, 120, () => 0.5, { gnssTrust: 'jammed' }))
      expect(await standing().trustedIn('square', [vehicleId])).toEqual(new Map())
      await zones.projection.apply(every(120, 140, () => 0.5))
      expect((await standing().trustedIn('square', [vehicleId])).size).toBe(1)
    })

    test('a drawn place is entered and left by believed fixes only', async () => {
      const id = '2b0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f23'
      map = createZoneMap([
        {
          id,
          kind: 'parking',
          name: 'База',
          parkId: null,
          geometry: circlePolygon({ lat: 0.5, lon: 0.5, radiusM: 200 }),
        },
      ])
      const zones = service()
      await zones.projection.apply(every(0, 100, () => 0.48))
      await zones.projection.apply(every(160, 260, () => 0.5))
      expect(alerts.map(({ zone, crossing }) => `${zone.kind} ${crossing.to}`)).toEqual(['parking inside'])
      await zones.projection.apply(every(320, 420, () => 0.52))
      expect(alerts.map(({ crossing }) => crossing.to)).toEqual(['inside', 'outside'])
    })
  })
})
afterAll(stopSqlServer)
