import { readFileSync } from 'node:fs'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'
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
  stranger: z.strictObject({ since: EpochMs, last: Place, jumpM: z.number() }).nullable(),
  candidate: z.strictObject({ side: Side, since: EpochMs, lastAt: EpochMs, hits: z.int(), misses: z.int() }).nullable(),
})

export type SavedStep = {
  readonly vehicleId: VehicleId
  readonly zone: string
  readonly state: ZoneState
  readonly crossings: readonly Crossing[]
}

export type StoredCrossing = { readonly zone: string; readonly at: EpochMs; readonly side: 'inside' | 'outside' }

export type ZoneStore = ReturnType<typeof createZoneStore>

/** Tables `zone_states` and `crossings`. */
export function createZoneStore(db: Kysely<Tables>) {
  return {
    loadStates: async (): Promise<readonly { vehicleId: VehicleId; zone: string; state: ZoneState }[]> => {
      const rows = await db.selectFrom('zoneStates').select(['vehicleId', 'zone', 'state']).execute()
      return rows.flatMap(({ vehicleId, zone, state }) => {
        const parsed = StoredState.safeParse(state)
        return parsed.success ? [{ vehicleId, zone, state: parsed.data }] : []
      })
    },

    /** Writing the same step twice changes nothing: a crossing is named by vehicle, zone and moment. */
    save: async ({ vehicleId, zone, state, crossings }: SavedStep, now: EpochMs): Promise<void> => {
      const row = {
        inside: state.side === 'unknown' ? null : state.side === 'inside',
        since: state.since,
        judgedAt: now,
        state: JSON.stringify(state),
      }
      for (const crossing of crossings)
        await db
          .insertInto('crossings')
          .values({
            vehicleId,
            zone,
            at: crossing.at,
            side: crossing.to,
            lat: crossing.lat,
            lon: crossing.lon,
            evidence: JSON.stringify({
              hits: crossing.hits,
              misses: crossing.misses,
              confirmedAt: crossing.confirmedAt,
            }),
            recordedAt: now,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      await db
        .insertInto('zoneStates')
        .values({ vehicleId, zone, ...row })
        .onConflict((conflict) => conflict.columns(['vehicleId', 'zone']).doUpdateSet(row))
        .execute()
    },

    crossingsOf: async (vehicleId: VehicleId, limit: number): Promise<readonly StoredCrossing[]> =>
      db
        .selectFrom('crossings')
        .select(['zone', 'at', 'side'])
        .where('vehicleId', '=', vehicleId)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute(),
  }
}
