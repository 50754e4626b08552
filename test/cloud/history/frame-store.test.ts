import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { later } from '#contract/instant.ts'
import { createFleetStore, type FleetQuery } from '../../../cloud/history/fleet-store.ts'
import { createFrameStore } from '../../../cloud/history/frame-store.ts'
import type { History } from '../../../cloud/history/history.ts'
import { newestOf } from '../../../cloud/history/last-known.ts'
import { createLastKnownStore, type LastKnownStore } from '../../../cloud/history/last-known-store.ts'
import { createWitnessStore } from '../../../cloud/history/witness-store.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import { createMigrationService } from '../../../cloud/postgres/migration-service.ts'
import { createPostgres, type Db, type Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { requireReal, startPostgres } from '../../support/real-servers.ts'
import { listeningLog, realClock } from '../ingest/journal-support.ts'
import { frameOf, historyFrame, OTHER_VEHICLE, STREAM, T0, VEHICLE } from './history-support.ts'

/** What the page tells, read as anybody reads it. */
const fleetOf = (db: Db) => {
  const fleet = createFleetStore(db, createManualClock(T0 + 15_000))
  return {
    places: async (query: FleetQuery): Promise<readonly Shown[]> => {
      const { items, json } = await fleet.page(query)
      const page = JSON.parse(json.toString()).items.map((place: unknown) => Shown.parse(place))
      expect(page.map(({ vehicleId }: Shown) => vehicleId)).toEqual(items.map(({ vehicleId }) => vehicleId))
      return page
    },
  }
}
const Shown = z.looseObject({ vehicleId: VehicleId, plate: z.string(), speedKmh: z.number().nullable() })
type Shown = z.infer<typeof Shown>

const SECOND_PARK = '00000000-0000-4000-8000-0000000000b2'
const full = {
  lat: 55.751244,
  lon: 37.618423,
  accuracyM: 2.5,
  satellites: 11,
  speedKmh: 43.2,
  headingDeg: 271,
  altitudeM: 151.2,
  ignition: true,
  odometerKm: 88_123.45,
  engineHours: 1200.25,
  supplyVolt: 14.1,
  motion: false,
}

describe.each(['PGlite', 'PostgreSQL'] as const)('history in %s', (engine) => {
  const here = engine === 'PGlite' || requireReal('postgresql')
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-history-'))
  let stop = async (): Promise<void> => {}
  let postgres: Postgres
  let history: History
  let lastKnown: LastKnownStore
  beforeAll(async () => {
    if (!here) return
    const server = engine === 'PostgreSQL' ? await startPostgres() : undefined
    const log = listeningLog()
    postgres = createPostgres({ databaseUrl: server?.url, dataDir, log })
    await createMigrationService({ inTransaction: postgres.inTransaction, clock: realClock, log }).migrate()
    history = createFrameStore(postgres)
    lastKnown = createLastKnownStore(postgres.db)
    stop = async () => {
      await postgres.close()
      await server?.stop()
    }
  })
  afterAll(async () => {
    await stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test.skipIf(!here)('keeps each frame once, with every reading, and gives back the range asked for', async () => {
    const rich = historyFrame(2, {}, full)
    const bare = historyFrame(3, {}, { fix: 'none' })
    const { lat: _, lon: __, ...placeless } = bare.frame
    const frames = [historyFrame(1), rich, { ...bare, frame: placeless }, historyFrame(4, { vehicleId: OTHER_VEHICLE })]
    await history.write(frames)
    await history.write([...frames, historyFrame(5, { vehicleId: undefined })])
    const track = await history.track(VEHICLE, T0, later(T0, 60_000))
    expect(track.map(({ readAt }) => readAt - T0)).toEqual([1000, 2000, 3000])
    expect(track[1]).toMatchObject({
      position: { lat: 55.751244, lon: 37.618423, accuracyM: 2.5 },
      headingDeg: 271,
      ignition: true,
      motion: false,
      odometerKm: 88_123.45,
      trust: 'ok',
    })
    expect(track[1]?.speedKmh).toBeCloseTo(43.2, 3)
    expect(track[2]).toMatchObject({ position: null, fix: 'none', ignition: null })
    expect(await history.track(VEHICLE, later(T0, 2000), later(T0, 3000))).toHaveLength(1)
    const { rows } = await countFrames(postgres)
    expect(Number(rows)).toBe(5)
  })

  test.skipIf(!here)('takes thousands at once', async () => {
    const frames = Array.from({ length: 2500 }, (_, index) => historyFrame(10_000 + index, {}, full))
    await history.write(frames)
    expect(await history.track(VEHICLE, later(T0, 10_000_000), later(T0, 20_000_000))).toHaveLength(2500)
  })

  test.skipIf(!here)('a number nearer to zero than any column can tell is zero, and stops nobody else', async () => {
    const names = [
      'lat',
      'lon',
      'accuracyM',
      'speedKmh',
      'headingDeg',
      'altitudeM',
      'odometerKm',
      'supplyVolt',
    ] as const
    const frames = [5e-324, 1e-320, 1e-45, 1e-31, 1e-29].map((tiny, index) => {
      const more = { ...full, engineHours: tiny, ...Object.fromEntries(names.map((name) => [name, tiny])) }
      return historyFrame(20_000 + index, { vehicleId: OTHER_VEHICLE }, more)
    })
    await history.write(frames)
    await lastKnown.keepNewest(newestOf(frames.slice(0, 1)))
    const [first] = await history.track(OTHER_VEHICLE, later(T0, 20_000_000), later(T0, 20_005_000))
    expect(first).toMatchObject({ position: { lat: 0, lon: 0, accuracyM: 0 }, speedKmh: 0, odometerKm: 0 })
    expect((await lastKnown.of([OTHER_VEHICLE]))[0]?.place).toMatchObject({ lat: 0, lon: 0, accuracyM: 0 })
    await sql`delete from last_known`.execute(postgres.db)
  })

  test.skipIf(!here)('last-known moves forward only, frame and place each for itself', async () => {
    const keep = (seq: number, readAt: number, more: object) =>
      lastKnown.keepNewest(newestOf([{ ...historyFrame(seq), frame: frameOf(readAt, more) }]))
    await keep(1, T0 + 1000, { lat: 1, lon: 1 })
    await keep(2, T0 + 2000, { fix: 'none', speedKmh: 7 })
    await keep(3, T0 + 1500, { lat: 3, lon: 3, speedKmh: 99 })
    const [known] = await lastKnown.of([VEHICLE, OTHER_VEHICLE])
    expect(known).toMatchObject({ seq: 2, frame: { speedKmh: 7 }, place: { lat: 3, lon: 3, at: T0 + 1500 } })
    await keep(4, T0 + 900, { lat: 9, lon: 9 })
    expect(await lastKnown.of([VEHICLE])).toEqual([known])
  })

  test.skipIf(!here)(
    'the fleet in one answer: by id, what is not known as null, whatever a plate is made of',
    async () => {
      const plates = ['А001АА77', 'quote " comma, \\ and \u001f']
      const ids = [VEHICLE, OTHER_VEHICLE]
      for (const [index, id] of ids.entries())
        await sql`insert into vehicles (id, plate, model, created_at) values (${id}::uuid, ${plates[index]}, 'Rio', 0)`.execute(
          postgres.db,
        )
      const heard = frameOf(T0 + 5000, { speedKmh: 43.2, ignition: false, gnssTrust: 'jammed', fix: '2d' })
      await lastKnown.keepNewest(newestOf([{ ...historyFrame(5), vehicleId: OTHER_VEHICLE, frame: heard }]))
      const store = fleetOf(postgres.db)
      const fleet = await store.places({ parks: 'all', limit: 10 })
      expect(fleet.map(({ plate }) => plate)).toEqual(plates)
      const nowhere = { position: null, positionAt: null, headingDeg: null }
      const known = { position: { lat: 3, lon: 3, accuracyM: null }, positionAt: new Date(T0 + 1500).toISOString() }
      const readAt = new Date(T0 + 5000).toISOString()
      const said = { speedKmh: 43.2, ignition: false, fix: '2d', trust: 'jammed', readAt, ageS: 10 }
      expect(fleet[1]).toMatchObject({ vehicleId: OTHER_VEHICLE, ...nowhere, ...said })
      expect(fleet[0]).toMatchObject({ source: 'gw-history01', seenBy: 'gateway', speedKmh: 7, fix: 'none', ...known })
      expect(await store.places({ parks: 'all', limit: 10, after: VEHICLE })).toEqual([fleet[1]])
      expect(await store.places({ parks: [], limit: 10 })).toEqual([])
      expect(await store.places({ parks: ['00000000-0000-4000-8000-00000000abcd'], limit: 10 })).toEqual([])
    },
  )

  test.skipIf(!here)('what a fleet is remembered as is what stands there, whatever was written meanwhile', async () => {
    const store = fleetOf(postgres.db)
    const asked = { parks: 'all', limit: 100 } as const
    const said = async (seq: number, vehicleId: VehicleId, speedKmh: number) =>
      lastKnown.keepNewest(
        newestOf([{ ...historyFrame(seq), vehicleId, frame: frameOf(T0 + seq * 1000, { speedKmh }) }]),
      )
    const added = async (id: VehicleId) =>
      sql`insert into vehicles (id, plate, model, created_at) values (${id}::uuid, ${id.slice(0, 8)}, 'Rio', 0)`.execute(
        postgres.db,
      )
    const [first, third] = ['00000000-0000-4000-8000-00000000aaaa', 'ffffffff-0000-4000-8000-00000000aaaa'].map((id) =>
      VehicleId.parse(id),
    )
    if (first === undefined || third === undefined) throw new Error('two ids')
    const steps: readonly (() => Promise<unknown>)[] = [
      () => said(20, VEHICLE, 20),
      async () => {},
      () => said(21, OTHER_VEHICLE, 21),
      () => sql`update vehicles set plate = 'renamed' where id = ${VEHICLE}::uuid`.execute(postgres.db),
      async () => {
        await added(third)
        await said(22, third, 22)
      },
      // One went and one came: as many as before.
      async () => {
        await sql`delete from last_known where vehicle_id = ${third}::uuid`.execute(postgres.db)
        await added(first)
        await said(23, first, 23)
      },
      () => sql`delete from last_known where vehicle_id = ${first}::uuid`.execute(postgres.db),
      () => sql`insert into parks (id, name, named_at) values (${SECOND_PARK}::uuid, 'Second', 0)`.execute(postgres.db),
      () => sql`update vehicles set park_id = ${SECOND_PARK}::uuid where id = ${VEHICLE}::uuid`.execute(postgres.db),
    ]
    for (const step of steps) {
      await step()
      const [now, same] = await Promise.all([store.places(asked), store.places(asked)])
      expect(now).toEqual(await fleetOf(postgres.db).places(asked))
      expect(same).toEqual(now)
      expect(now.map(({ vehicleId }) => vehicleId)).toEqual(now.map(({ vehicleId }) => vehicleId).toSorted())
    }
    const [other] = await store.places({ ...asked, parks: [MAIN_PARK] })
    await said(24, VEHICLE, 24)
    expect(await store.places({ ...asked, parks: [SECOND_PARK] })).toMatchObject([{ vehicleId: VEHICLE, speedKmh: 24 }])
    expect((await store.places({ ...asked, parks: [MAIN_PARK] }))[0]).toEqual(other)
  })

  test.skipIf(!here)('what a gateway declares lost is found by when it was, whatever it put there', async () => {
    const event = (seq: number, at: number, data: object) =>
      sql`insert into events (gateway_id, stream, seq, vehicle_id, name, at, received_at, data)
        values ('gw-history01', ${STREAM}::uuid, ${seq}, ${VEHICLE}::uuid, 'gap', ${at}, 0, ${JSON.stringify(data)}::jsonb)`.execute(
        postgres.db,
      )
    const day = 86_400_000
    const lost = { since: T0 - 1000, until: T0 + 1000 }
    await event(1, T0 + 5 * day, { reason: 'outbox-full', ...lost })
    await event(2, T0 + 6 * day, { since: 'yesterday', until: [1] })
    await event(3, T0 + 5 * day, { since: T0 - 5000, until: T0 - 4000 })
    await event(4, T0 + 60_000, {})
    const { events } = await createWitnessStore(postgres.db).of(VEHICLE, T0, later(T0, 60_000))
    expect(events).toEqual([
      { name: 'gap', at: T0 + 60_000, lost: undefined },
      { name: 'gap', at: T0 + 5 * day, lost },
      { name: 'gap', at: T0 + 6 * day, lost: undefined },
    ])
  })

  test.skipIf(!here || engine === 'PGlite')(
    'a write that was open when the fleet was read is seen once it is done',
    async () => {
      const store = fleetOf(postgres.db)
      const speedOf = async () =>
        (await store.places({ parks: 'all', limit: 100 })).find(({ vehicleId }) => vehicleId === VEHICLE)?.speedKmh
      const before = await speedOf()
      await postgres.inTransaction(async (db) => {
        const frame = frameOf(T0 + 90_000, { speedKmh: 90 })
        await createLastKnownStore(db).keepNewest(newestOf([{ ...historyFrame(90), frame }]))
        // Others are done meanwhile, so that what is open is older than what was read last.
        await lastKnown.keepNewest(
          newestOf([{ ...historyFrame(91), vehicleId: OTHER_VEHICLE, frame: frameOf(T0 + 91_000) }]),
        )
        expect(await speedOf()).toBe(before)
      })
      expect(await speedOf()).toBe(90)
    },
  )
})

const countFrames = async ({ db }: Postgres) =>
  db
    .selectFrom('frames')
    .select(({ fn }) => fn.countAll().as('rows'))
    .executeTakeFirstOrThrow()
