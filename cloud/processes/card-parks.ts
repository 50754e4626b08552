import type { RawBuilder, Sql, SqlBool } from 'kysely'

const parkOfLink = (sql: Sql) => sql`coalesce(v.park_id, d.park_id, s.park_id)::text`
const linksOf = (sql: Sql, card: string) => sql`from card_links l
    left join vehicles v on l.entity = 'vehicle' and v.id::text = l.record
    left join drivers d on l.entity = 'driver' and d.id::text = l.record
    left join leases s on l.entity = 'lease' and s.id::text = l.record
    where l.card = ${sql.ref(card)}`

/**
 * True for a card none of whose vehicles, drivers and leases is of a park outside of these; `card` is the column of its
 * id. One that points at none of them, but came of conversations, is of the parks of their accounts, and seen by who sees
 * one of them. Any other is of no park, and seen by all.
 */
export const cardInParks = (sql: Sql, parks: readonly string[], card: string): RawBuilder<SqlBool> => {
  const inSight = sql`any(${[...parks]}::text[])`
  return sql<SqlBool>`(
    not exists (select 1 ${linksOf(sql, card)} and not (${parkOfLink(sql)} = ${inSight}))
    and (${sql.ref(card)} is null
      or ${sql.ref(card)} not in (
        select w.card from inbox_conversations w join inbox_accounts a on a.id = w.account
        where w.card is not null group by w.card
        having bool_and(a.park_id is not null and not (a.park_id::text = ${inSight})))
      or exists (select 1 ${linksOf(sql, card)} and ${parkOfLink(sql)} = ${inSight})))`
}

/** The same of a row that a process keeps, by the fields with which it points at a vehicle or a driver. */
export const recordInParks = (sql: Sql, parks: readonly string[]): RawBuilder<SqlBool> =>
  sql<SqlBool>`not exists (
    select 1 from vehicles v where v.id::text = process_records.fields ->> 'vehicle'
      and not (v.park_id::text = any(${[...parks]}::text[])))
  and not exists (
    select 1 from drivers d where d.id::text = process_records.fields ->> 'driver'
      and not (d.park_id::text = any(${[...parks]}::text[])))`
