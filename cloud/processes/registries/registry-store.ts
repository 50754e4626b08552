import { type SqlBool, sql } from 'kysely'
import type { Facts } from '../../expressions/fact-type.ts'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { anywhere } from '../../postgres/search-pattern.ts'
import { recordInParks } from '../card-parks.ts'
import { factsFrom } from '../stored-facts.ts'

export type RegistryRow = { readonly id: string; readonly fields: Facts; readonly changedAt: number }
export type RegistryQuery = {
  readonly entity: string
  /** Rows about a vehicle or a driver of another park are not there. */
  readonly parks: ParksInSight
  readonly q: string | undefined
  /** Fields whose values may be searched and sorted by: no more than the caller may see. */
  readonly fields: readonly string[]
  readonly exact: Facts
  /** A field, or `changedAt`. */
  readonly sort: string
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** The sort value and id of the last row seen. */
  readonly after: readonly [string, string] | undefined
}
export type RegistryStore = ReturnType<typeof createRegistryStore>

/** Pure. A text in the ways it may be written: a database with a plain locale does not know that «Т» and «т» are one letter. */
const writings = (typed: string): readonly string[] => {
  const lower = typed.toLocaleLowerCase('ru')
  const named = lower.replaceAll(/(?<![\p{L}\p{N}])\p{L}/gu, (letter) => letter.toLocaleUpperCase('ru'))
  return [...new Set([typed, lower, lower.toLocaleUpperCase('ru'), named])]
}

/** Table `process_records` as lists: cars, contracts, machines, clients and whatever the files keep. */
export function createRegistryStore(db: Db) {
  const inSight = (parks: ParksInSight) => {
    const rows = db.selectFrom('processRecords')
    return parks === 'all' ? rows : rows.where(recordInParks(sql, parks))
  }
  return {
    counts: (parks: ParksInSight) =>
      inSight(parks)
        .select('entity')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .groupBy('entity')
        .execute(),

    list: async ({ entity, parks, q, fields, exact, sort, order, limit, after }: RegistryQuery) => {
      // Numbers are set right so that texts of them sort as they do; what is missing comes first.
      const key =
        sort === 'changedAt'
          ? sql<string>`lpad(changed_at::text, 20, '0')`
          : sql<string>`case jsonb_typeof(fields -> ${sort}::text)
              when 'number' then lpad(fields ->> ${sort}::text, 20, '0')
              else lower(coalesce(fields ->> ${sort}::text, '')) end`
      let rows = inSight(parks)
        .select(['id', 'fields', 'changedAt'])
        .select(key.as('place'))
        .where('entity', '=', entity)
      if (Object.keys(exact).length > 0) rows = rows.where(sql<SqlBool>`fields @> ${JSON.stringify(exact)}::jsonb`)
      if (q !== undefined && q.trim() !== '') {
        const like = writings(q.trim()).map(anywhere)
        rows = rows.where(
          // Ids that a machine has made and numbers (sums, moments) are nothing that anybody types.
          sql<SqlBool>`((id !~ '^[0-9a-f]{8}-' and id like any(${like}::text[])) or exists (
            select 1 from jsonb_each(fields) f where f.key = any(${[...fields]}::text[])
              and jsonb_typeof(f.value) <> 'number' and f.value #>> '{}' like any(${like}::text[])))`,
        )
      }
      if (after !== undefined)
        rows = rows.where(
          order === 'asc'
            ? sql<SqlBool>`(${key}, id) > (${after[0]}, ${after[1]})`
            : sql<SqlBool>`(${key}, id) < (${after[0]}, ${after[1]})`,
        )
      const found = await rows.orderBy(key, order).orderBy('id', order).limit(limit).execute()
      return found.map((row) => ({
        id: row.id,
        fields: factsFrom(row.fields),
        changedAt: row.changedAt,
        place: row.place,
      }))
    },

    /** How often each value of a field occurs, the most frequent first; of a list each of its values counts. */
    top: async (
      entity: string,
      {
        field,
        by,
        parks,
        limit,
      }: {
        readonly field: string
        readonly by: string | undefined
        readonly parks: ParksInSight
        readonly limit: number
      },
    ) => {
      const seen = parks === 'all' ? sql`true` : recordInParks(sql, parks)
      const group = by === undefined ? sql<string | null>`null::text` : sql<string | null>`r.fields ->> ${by}::text`
      const { rows } = await sql<{ value: string; group: string | null; count: number }>`
        select v.value as value, ${group} as "group", count(*)::int as count
        from (select * from process_records where ${seen}) r
        cross join lateral jsonb_array_elements_text(
          case jsonb_typeof(r.fields -> ${field}::text)
            when 'array' then r.fields -> ${field}::text
            when null then '[]'::jsonb
            else jsonb_build_array(r.fields -> ${field}::text) end) as v(value)
        where r.entity = ${entity} and r.fields ? ${field}::text
        group by 1, 2 order by 3 desc, 1, 2 limit ${limit}`.execute(db)
      return rows
    },

    numbers: (
      series: string,
      { limit, after }: { readonly limit: number; readonly after: readonly [string, string, number] | undefined },
    ) => {
      let rows = db.selectFrom('processNumbers').selectAll().where('series', '=', series)
      if (after !== undefined)
        rows = rows.where(sql<SqlBool>`(scope, period, n) > (${after[0]}, ${after[1]}, ${after[2]})`)
      return rows.orderBy('scope').orderBy('period').orderBy('n').limit(limit).execute()
    },
    /** The number stays, as cancelled, and is never given again. False when there is none, or it is cancelled already. */
    cancelNumber: async (
      which: { readonly series: string; readonly scope: string; readonly period: string; readonly n: number },
      why: string,
      at: number,
    ): Promise<boolean> => {
      const row = await db
        .updateTable('processNumbers')
        .set({ cancelledAt: at, cancelledWhy: why })
        .where('series', '=', which.series)
        .where('scope', '=', which.scope)
        .where('period', '=', which.period)
        .where('n', '=', which.n)
        .where('cancelledAt', 'is', null)
        .returning('n')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
