import { sql } from 'kysely'
import type { OutOfSight } from '../http/park-lock.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { cardInParks } from '../processes/card-parks.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Which of these things are of other parks, whatever they are; one query, apart from those that answer requests. */
export const createStrangerStore =
  (db: Db): OutOfSight =>
  async (parks, ids) => {
    const uuids = sql`any(${ids.filter((id) => UUID.test(id))}::uuid[])`
    const inSight = sql`any(${[...parks]}::text[])`
    const found = await sql<{ id: string }>`
      select id::text as id from vehicles where id = ${uuids} and not (park_id::text = ${inSight})
      union all select id::text from drivers where id = ${uuids} and not (park_id::text = ${inSight})
      union all select id::text from leases where id = ${uuids} and not (park_id::text = ${inSight})
      union all select g.id from gateways g join vehicles v on v.id = g.vehicle_id
        where g.id = any(${[...ids]}::text[]) and not (v.park_id::text = ${inSight})
      union all select o.id::text from orders o join vehicles v on v.id = o.vehicle_id
        where o.id = ${uuids} and not (v.park_id::text = ${inSight})
      union all select cards.id::text from cards where id = ${uuids} and not ${cardInParks(sql, parks, 'cards.id')}`.execute(
      db,
    )
    return found.rows.map(({ id }) => id)
  }
