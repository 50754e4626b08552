import { sql } from 'kysely'
import type { OutOfSight } from '../http/park-lock.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { cardInParks } from '../processes/card-parks.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** From so many ids on it takes less to read which vehicles are in sight than to hand all ids over. */
const LONG_LIST = 1000

/**
 * Which of these things are of other parks, whatever they are, asked apart from the queries that answer requests. What is a
 * vehicle in sight is looked for nowhere else.
 */
export const createStrangerStore =
  (db: Db): OutOfSight =>
  async (parks, asked) => {
    const ids = asked.length < LONG_LIST ? asked : await withoutVehicles(db, parks, asked)
    if (ids.length === 0) return []
    const uuids = ids.filter((id) => UUID.test(id))
    const names = ids.filter((id) => !UUID.test(id))
    const inSight = sql`any(${[...parks]}::text[])`
    const found = await sql<{ id: string }>`
      with rest as materialized (
        select asked.id from unnest(${`{${uuids.join()}}`}::uuid[]) as asked(id)
          left join vehicles v on v.id = asked.id and v.park_id::text = ${inSight} where v.id is null)
      select v.id::text as id from vehicles v join rest on rest.id = v.id
      union all select d.id::text from drivers d join rest on rest.id = d.id where not (d.park_id::text = ${inSight})
      union all select l.id::text from leases l join rest on rest.id = l.id where not (l.park_id::text = ${inSight})
      union all select g.id from gateways g join vehicles v on v.id = g.vehicle_id
        where g.id = any(${names}::text[]) and not (v.park_id::text = ${inSight})
      union all select o.id::text from orders o join rest on rest.id = o.id join vehicles v on v.id = o.vehicle_id
        where not (v.park_id::text = ${inSight})
      union all select cards.id::text from cards where id in (select id from rest) and not ${cardInParks(sql, parks, 'cards.id')}`.execute(
      db,
    )
    return found.rows.map(({ id }) => id)
  }

async function withoutVehicles(db: Db, parks: readonly string[], ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ ids: string | null }>`
    select string_agg(id::text, ',') as ids from vehicles where park_id::text = any(${[...parks]}::text[])`.execute(db)
  const inSight = new Set(rows[0]?.ids?.split(','))
  return ids.filter((id) => !inSight.has(id))
}
