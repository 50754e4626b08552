import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import { MAIN_PARK } from '../../cloud/parks/park.ts'
import type { Db } from '../../cloud/postgres/postgres-client.ts'

const FIRST = { lease: '1ea5', driver: 'd41e' } as const
/** Of the same vehicle always the same, and not its own: cards bear the ids of what they are about. */
const idOf = (what: keyof typeof FIRST, vehicle: 'v.id' | 'v.vehicle_id' = 'v.id') =>
  sql`overlay(${sql.ref(vehicle)}::text placing ${sql.lit(FIRST[what])} from 1)::uuid`

/**
 * Puts every vehicle of the database that has no lease into the hands of a driver of its own, with a balance that is known
 * now: every shipped rule then has as many subjects as there are cars. Three statements, whatever the size of the fleet.
 */
export async function seedLeases(db: Db, now: EpochMs, kopecks = 900_000): Promise<void> {
  await sql`insert into drivers (id, park_id, family_name, given_name, legal_form, state, version, created_at)
    select ${idOf('driver')}, ${MAIN_PARK}::uuid, 'Иванов', 'Иван', 'person', 'active', 1, 0 from vehicles v
    where not exists (select from leases l where l.vehicle_id = v.id)`.execute(db)
  await sql`with made as (
      insert into leases (id, park_id, vehicle_id, plan, state, starts_on, deposit_kopecks, schedule, version, created_at, created_by, activated_at)
      select ${idOf('lease')}, ${MAIN_PARK}::uuid, v.id, 'rent', 'active', '2026-01-01', 0,
        '{"rates": [1,1,1,1,1,1,1], "chargeAt": "00:00", "freeDays": [], "holidays": [], "holidayRateKopecks": 0, "payer": "main"}', 1, 0, 'seed', 1
      from vehicles v where not exists (select from leases l where l.vehicle_id = v.id) returning id, vehicle_id)
    insert into lease_parties select v.id, ${idOf('driver', 'v.vehicle_id')}, true, 0, null from made v`.execute(db)
  await sql`insert into balances (driver_id, source, kopecks, as_of, status, changed_at)
    select d.id, 'ledger', ${kopecks}::bigint, ${now}::bigint, null, ${now}::bigint from drivers d
    on conflict (driver_id) do nothing`.execute(db)
}
