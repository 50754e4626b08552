import { type SqlBool, sql } from 'kysely'
import type { Facts } from '../../expressions/fact-type.ts'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { recordInParks } from '../card-parks.ts'
import { factsFrom } from '../stored-facts.ts'

export type PartyStore = ReturnType<typeof createPartyStore>
export type Party = { readonly id: string; readonly fields: Facts }
const MOST = 20

/** Clients and machines of the second-hand records: found by whatever a caller says. */
export function createPartyStore(db: Db) {
  const records = (entity: 'client' | 'machine') =>
    db.selectFrom('processRecords').select(['id', 'fields']).where('entity', '=', entity)
  /** Machines that carry the gateway of a car of another park are not there. */
  const machines = (parks: ParksInSight) =>
    parks === 'all' ? records('machine') : records('machine').where(recordInParks(sql, parks))
  const partyOf = (row: { readonly id: string; readonly fields: Record<string, unknown> }): Party => ({
    id: row.id,
    fields: factsFrom(row.fields),
  })
  const like = (text: string) => `%${text.toLowerCase().replace(/[%_\\]/g, (sign) => `\\${sign}`)}%`

  return {
    clientsByPhone: async (phone: string): Promise<readonly Party[]> =>
      (
        await records('client')
          .where(sql<SqlBool>`fields @> ${JSON.stringify({ phone })}::jsonb`)
          .limit(MOST)
          .execute()
      ).map(partyOf),
    clientsLike: async (text: string): Promise<readonly Party[]> =>
      (
        await records('client')
          .where(
            sql<SqlBool>`lower(coalesce(fields ->> 'name', '') || ' ' || coalesce(fields ->> 'inn', '')) like ${like(text)}`,
          )
          .orderBy('id')
          .limit(MOST)
          .execute()
      ).map(partyOf),
    machinesLike: async (text: string, parks: ParksInSight): Promise<readonly Party[]> =>
      (
        await machines(parks)
          .where(
            sql<SqlBool>`lower(id || ' ' || coalesce(fields ->> 'serial', '') || ' ' || coalesce(fields ->> 'specs', '')) like ${like(text)}`,
          )
          .orderBy('id')
          .limit(MOST)
          .execute()
      ).map(partyOf),
    /** Machines of a client: those that name him as their buyer, and those of his earlier requests. */
    machinesOf: async (client: Party, parks: ParksInSight): Promise<readonly Party[]> => {
      const name = client.fields['name']
      const rows = await machines(parks)
        .where(({ or, eb, selectFrom }) =>
          or([
            sql<SqlBool>`fields ->> 'buyer' = ${typeof name === 'string' ? name : '\u0000'}`,
            eb(
              'id',
              'in',
              selectFrom('cardLinks as m')
                .innerJoin('cardLinks as c', 'c.card', 'm.card')
                .select('m.record')
                .where('m.entity', '=', 'machine')
                .where('c.entity', '=', 'client')
                .where('c.record', '=', client.id),
            ),
          ]),
        )
        .orderBy('id')
        .limit(50)
        .execute()
      return rows.map(partyOf)
    },
    machine: async (serial: string, parks: ParksInSight): Promise<Party | undefined> => {
      const row = await machines(parks).where('id', '=', serial).executeTakeFirst()
      return row && partyOf(row)
    },
    /** By its id or its plate as it is written on it, spaces and case apart; of these parks. */
    vehicle: async (parks: ParksInSight, named: string): Promise<string | undefined> => {
      const row = await db
        .selectFrom('vehicles')
        .select(['id', 'parkId'])
        .where(({ or }) =>
          or([
            sql<SqlBool>`id::text = ${named.toLowerCase()}`,
            sql<SqlBool>`upper(replace(plate, ' ', '')) = ${named.toUpperCase().replace(/\s/g, '')}`,
          ]),
        )
        .executeTakeFirst()
      return row === undefined || (parks !== 'all' && !parks.includes(row.parkId)) ? undefined : row.id
    },
    client: async (id: string): Promise<Party | undefined> => {
      const row = await records('client').where('id', '=', id).executeTakeFirst()
      return row && partyOf(row)
    },
  }
}
