import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { PositionLeapRow, SignalDoubtRow, ZoneRow } from '../postgres/zone-tables.ts'
import type { Crossing, ZoneState } from './crossing.ts'

const Position = z.tuple([z.number(), z.number()])
const Rings = z.array(z.array(Position).min(4)).min(1)
const Geometry = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Polygon'), coordinates: Rings }),
  z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(Rings).min(1) }),
])
const FeatureCollection = z.looseObject({ features: z.array(z.looseObject({ geometry: Geometry })).length(1) })

export type ZoneGeometry = z.infer<typeof Geometry>

/** The zones that come with the house: read-only GeoJSON files of this folder, exact and for overview maps. */
export function readZoneGeometry(file: 'moscow-region' | 'moscow-region-overview'): ZoneGeometry {
  const url = new URL(`./data/${file}.geojson`, import.meta.url)
  const collection = FeatureCollection.parse(JSON.parse(readFileSync(url, 'utf8')))
  const [feature] = collection.features
  if (feature === undefined) throw new Error(`${file}.geojson has no feature`)
  return feature.geometry
}

const Place = z.strictObject({ at: EpochMs, lat: z.number(), lon: z.number(), accuracyM: z.number() })
const Side = z.enum(['inside', 'outside'])
/** What a row may hold; another form, of an older version, starts the vehicle afresh without a crossing. */
const StoredState = z.strictObject({
  side: z.union([Side, z.literal('unknown')]),
  since: EpochMs.nullable(),
  believed: Place.nullable(),
  stranger: z
    .strictObject({ since: EpochMs, last: Place, jumpM: z.number(), undriven: z.boolean().optional() })
    .nullable(),
  candidate: z.strictObject({ side: Side, since: EpochMs, lastAt: EpochMs, hits: z.int(), misses: z.int() }).nullable(),
  mark: z
    .strictObject({ km: z.number(), lat: z.number(), lon: z.number(), accuracyM: z.number() })
    .nullable()
    .default(null),
  witnessed: z.boolean().default(false),
})

export type SavedState = { readonly vehicleId: VehicleId; readonly zone: string; readonly state: ZoneState }
export type SavedCrossing = { readonly vehicleId: VehicleId; readonly zone: string; readonly crossing: Crossing }

/** `witnessed`: seen to come over the border to this side. */
export type StoredStanding = {
  readonly vehicleId: VehicleId
  readonly zone: string
  readonly inside: boolean | null
  readonly since: EpochMs | null
  readonly witnessed: boolean
  /** When the place by which this was last judged was read, to the minute; null: by none of its own. */
  readonly provedAt: EpochMs | null
}

export type ZoneStore = ReturnType<typeof createZoneStore>

/** Tables `zone_states`, `crossings`, `position_leaps` and `signal_doubts`. */
export function createZoneStore(db: Db) {
  return {
    /** All of them, or those of these vehicles. */
    states: async (vehicles?: readonly VehicleId[]): Promise<readonly SavedState[]> => {
      if (vehicles?.length === 0) return []
      let query = db.selectFrom('zoneStates').select(['vehicleId', 'zone', 'state'])
      if (vehicles !== undefined) query = query.where('vehicleId', 'in', [...vehicles])
      return (await query.execute()).flatMap(({ vehicleId, zone, state }) => {
        const parsed = StoredState.safeParse(state)
        return parsed.success ? [{ vehicleId, zone, state: parsed.data }] : []
      })
    },
    /** Until the transaction ends nobody else judges these vehicles. */
    lock: async (vehicles: readonly VehicleId[]): Promise<void> => {
      for (const vehicle of vehicles.toSorted())
        await sql`select pg_advisory_xact_lock(hashtextextended(${`zone ${vehicle}`}, 0))`.execute(db)
    },
    /** One statement for all of them, each (vehicle, zone) once: a fleet's first fixes would else wait for one answer a car. */
    saveStates: async (saved: readonly SavedState[], now: EpochMs): Promise<void> => {
      if (saved.length === 0) return
      const column = <Value>(pick: (one: SavedState) => Value) => saved.map(pick)
      await sql`insert into zone_states (vehicle_id, zone, inside, since, judged_at, state)
        select vehicle_id, zone, inside, since, ${now}::bigint, state::jsonb
        from unnest(${column(({ vehicleId }) => vehicleId)}::uuid[], ${column(({ zone }) => zone)}::text[],
          ${column(({ state: { side } }) => (side === 'unknown' ? null : side === 'inside'))}::boolean[],
          ${column(({ state }) => state.since)}::bigint[], ${column(({ state }) => JSON.stringify(state))}::text[])
          as judged (vehicle_id, zone, inside, since, state)
        on conflict (vehicle_id, zone) do update
        set inside = excluded.inside, since = excluded.since, judged_at = excluded.judged_at, state = excluded.state`.execute(
        db,
      )
    },
    /** False when it is there already: a crossing is named by vehicle, zone and moment. */
    addCrossing: async ({ vehicleId, zone, crossing }: SavedCrossing, now: EpochMs): Promise<boolean> => {
      const { at, to: side, lat, lon, hits, misses, confirmedAt } = crossing
      const evidence = JSON.stringify({ hits, misses, confirmedAt })
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('crossings')
        .values({ vehicleId, zone, at, side, lat, lon, evidence, recordedAt: now })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    standings: async (zones: readonly string[], vehicles: readonly VehicleId[]): Promise<readonly StoredStanding[]> =>
      vehicles.length === 0 || zones.length === 0
        ? []
        : db
            .selectFrom('zoneStates')
            .select(['vehicleId', 'zone', 'inside', 'since'])
            .select(sql<boolean>`coalesce((state->>'witnessed')::boolean, false)`.as('witnessed'))
            .select(sql<EpochMs | null>`(state->'believed'->>'at')::bigint`.as('provedAt'))
            .where('zone', 'in', [...zones])
            .where('vehicleId', 'in', [...vehicles])
            .execute(),
    /** Drawn zones of this kind, in use, that these vehicles stand in. */
    within: async (kind: ZoneRow['kind'], vehicles: readonly VehicleId[]) =>
      vehicles.length === 0
        ? []
        : db
            .selectFrom('zoneStates as s')
            .innerJoin('zones as z', (join) => join.on(sql<boolean>`z.id::text = s.zone`))
            .select(['s.vehicleId', 's.since', 'z.id', 'z.name'])
            .where('s.vehicleId', 'in', [...vehicles])
            .where('s.inside', '=', true)
            .where('z.kind', '=', kind)
            .where('z.archivedAt', 'is', null)
            .orderBy('z.name')
            .execute(),

    addLeap: async (leap: PositionLeapRow): Promise<void> => {
      const { vehicleId: _, ...row } = leap
      await db
        .insertInto('positionLeaps')
        .values(leap)
        .onConflict((conflict) =>
          conflict.column('vehicleId').doUpdateSet(row).where('positionLeaps.at', '<=', leap.at),
        )
        .execute()
    },
    leapsSince: (at: EpochMs): Promise<PositionLeapRow[]> =>
      db.selectFrom('positionLeaps').selectAll().where('at', '>=', at).execute(),

    doubts: (vehicles?: readonly VehicleId[]): Promise<SignalDoubtRow[]> => {
      const all = db.selectFrom('signalDoubts').selectAll()
      return vehicles === undefined
        ? all.execute()
        : vehicles.length === 0
          ? Promise.resolve([])
          : all.where('vehicleId', 'in', [...vehicles]).execute()
    },
    setDoubt: async (doubt: SignalDoubtRow): Promise<void> => {
      await db
        .insertInto('signalDoubts')
        .values(doubt)
        .onConflict((conflict) => conflict.column('vehicleId').doUpdateSet({ cause: doubt.cause }))
        .execute()
    },
    endDoubt: async (vehicle: VehicleId): Promise<void> => {
      await db.deleteFrom('signalDoubts').where('vehicleId', '=', vehicle).execute()
    },
  }
}
