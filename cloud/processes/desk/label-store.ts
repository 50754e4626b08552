import { type SqlBool, sql } from 'kysely'
import type { Facts } from '../../expressions/fact-type.ts'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { anywhere } from '../../postgres/search-pattern.ts'
import { factsFrom } from '../stored-facts.ts'
import { rolesPlayed } from './may.ts'

export type Choice = { readonly value: string; readonly label: string }
export type LabelStore = ReturnType<typeof createLabelStore>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NAMING = ['name', 'plate', 'serial', 'num', 'ref', 'phone'] as const

/** Pure. What a record of ours is called; its id when nothing names it. */
export function recordName(id: string, fields: Facts): string {
  for (const field of NAMING) if (typeof fields[field] === 'string' && fields[field] !== '') return fields[field]
  return id
}

/** Names of people and of what cards point at, and the lists to choose them from. */
export function createLabelStore(db: Db) {
  const driverName = sql<string>`trim(concat_ws(' ', family_name, given_name, patronymic))`
  return {
    /** By account id. */
    people: async (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      const known = ids.filter((id) => UUID.test(id))
      if (known.length === 0) return new Map()
      const rows = await db.selectFrom('accounts').select(['id', 'name']).where('id', 'in', known).execute()
      return new Map(rows.map(({ id, name }) => [id, name]))
    },
    /** By record id; what is unknown is absent. */
    records: async (entity: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      if (ids.length === 0) return new Map()
      const own = await db
        .selectFrom('processRecords')
        .select(['id', 'fields'])
        .where('entity', '=', entity)
        .where('id', 'in', [...ids])
        .execute()
      const names = new Map(own.map(({ id, fields }) => [id, recordName(id, factsFrom(fields))]))
      const uuids = ids.filter((id) => UUID.test(id))
      if (entity === 'vehicle' && uuids.length > 0) {
        const rows = await db
          .selectFrom('vehicles')
          .select(['id', 'plate'])
          .where(sql<SqlBool>`id::text = any(${uuids}::text[])`)
          .execute()
        for (const { id, plate } of rows) names.set(id, plate)
      }
      if (entity === 'driver' && uuids.length > 0) {
        const rows = await db
          .selectFrom('drivers')
          .select(['id', driverName.as('name')])
          .where(sql<SqlBool>`id::text = any(${uuids}::text[])`)
          .execute()
        for (const { id, name } of rows) names.set(id, name)
      }
      return names
    },
    /** Accounts that play this role (all, when it is null), by name. */
    peopleOf: async (role: string | null, text: string, limit: number): Promise<readonly Choice[]> => {
      const rows = await db
        .selectFrom('accounts')
        .select(['id', 'name', 'role'])
        .where('disabledAt', 'is', null)
        .where(sql<SqlBool>`name ilike ${anywhere(text)}`)
        .orderBy('name')
        .limit(500)
        .execute()
      const given = Map.groupBy(await db.selectFrom('processPeople').selectAll().execute(), ({ account }) => account)
      return rows
        .filter((row) => {
          if (row.role === 'driver' || row.role === 'integration') return false
          return (
            role === null ||
            rolesPlayed(
              row,
              (given.get(row.id) ?? []).map((one) => one.role),
            ).includes(role)
          )
        })
        .slice(0, limit)
        .map(({ id, name }) => ({ value: id, label: name }))
    },
    /** Records whose name has this text in it. */
    recordsLike: async (
      entity: string,
      text: string,
      { parks, limit }: { readonly parks: ParksInSight; readonly limit: number },
    ): Promise<readonly Choice[]> => {
      if (entity === 'vehicle') {
        let cars = db
          .selectFrom('vehicles')
          .select(['id', 'plate', 'model'])
          .where(sql<SqlBool>`(plate || ' ' || model) ilike ${anywhere(text)}`)
        if (parks !== 'all') cars = cars.where(sql<SqlBool>`park_id::text = any(${[...parks]}::text[])`)
        const rows = await cars.orderBy('plate').limit(limit).execute()
        return rows.map(({ id, plate, model }) => ({ value: id, label: `${plate} · ${model}` }))
      }
      if (entity === 'driver') {
        let drivers = db
          .selectFrom('drivers')
          .select(['id', driverName.as('name')])
          .where('state', '!=', 'merged')
          .where(sql<SqlBool>`concat_ws(' ', family_name, given_name, patronymic) ilike ${anywhere(text)}`)
        if (parks !== 'all') drivers = drivers.where(sql<SqlBool>`park_id::text = any(${[...parks]}::text[])`)
        const rows = await drivers.orderBy('familyName').limit(limit).execute()
        return rows.map(({ id, name }) => ({ value: id, label: name }))
      }
      const rows = await db
        .selectFrom('processRecords')
        .select(['id', 'fields'])
        .where('entity', '=', entity)
        .where(sql<SqlBool>`fields::text ilike ${anywhere(text)}`)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id, fields }) => ({ value: id, label: recordName(id, factsFrom(fields)) }))
    },
  }
}
