import pg from 'pg'
import type { GatewayId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { REGION } from '../../cloud/zones/app.ts'
import type { ZoneState } from '../../cloud/zones/crossing.ts'
import { NEVER_SEEN } from '../../cloud/zones/crossing.ts'

export type KnownPlace = { readonly gateway: GatewayId; readonly lat: number; readonly lon: number }

const AN_HOUR_MS = 3_600_000

/** Puts into a migrated database that these cars have been seen inside the zone of work, an hour ago: a fleet of yesterday. */
export async function seedPlaces(databaseUrl: string, places: readonly KnownPlace[], now: number): Promise<void> {
  const at = epochMs(now - AN_HOUR_MS)
  const states = places.map(
    ({ lat, lon }): ZoneState => ({
      ...NEVER_SEEN,
      side: 'inside',
      since: at,
      believed: { at, lat, lon, accuracyM: 5 },
      witnessed: true,
    }),
  )
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `insert into zone_states (vehicle_id, zone, inside, since, judged_at, state)
     select vehicle_id, $1, true, $2, $2, known.state from unnest($3::text[], $4::jsonb[]) as known (id, state)
     join gateways on gateways.id = known.id`,
    [REGION.id, at, places.map(({ gateway }) => gateway), states.map((state) => JSON.stringify(state))],
  )
  await client.end()
}
