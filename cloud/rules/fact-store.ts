import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { FactChangeRow } from '../postgres/rule-tables.ts'

export type FactStore = ReturnType<typeof createFactStore>

const AT_ONCE = 1000

/** How facts changed: what rules are tried on. */
export function createFactStore(db: Db) {
  return {
    /** The newest values of these fields of these, by `id field`. */
    newest: async (kind: FactChangeRow['kind'], fields: readonly string[], ids: readonly string[]) => {
      if (ids.length === 0 || fields.length === 0) return new Map<string, FactChangeRow['value']>()
      const rows = await db
        .selectFrom('factChanges')
        .distinctOn(['id', 'field'])
        .select(['id', 'field', 'value'])
        .where('kind', '=', kind)
        .where('field', 'in', fields)
        .where('id', 'in', ids)
        .orderBy('id')
        .orderBy('field')
        .orderBy('at', 'desc')
        .execute()
      return new Map(rows.map(({ id, field, value }) => [`${id} ${field}`, value]))
    },
    add: async (rows: readonly FactChangeRow[]): Promise<void> => {
      for (let from = 0; from < rows.length; from += AT_ONCE)
        await db
          .insertInto('factChanges')
          .values(
            rows.slice(from, from + AT_ONCE).map(({ value, ...row }) => ({ ...row, value: JSON.stringify(value) })),
          )
          .onConflict((conflict) => conflict.doNothing())
          .execute()
    },
    /** Changes of these within the time, and the last one before it; by id, field and time. */
    between: async (
      kind: FactChangeRow['kind'],
      ids: readonly string[],
      fields: readonly string[],
      from: EpochMs,
      to: EpochMs,
    ) => {
      if (ids.length === 0 || fields.length === 0) return []
      const before = db
        .selectFrom('factChanges')
        .distinctOn(['id', 'field'])
        .select(['id', 'field', sql<EpochMs>`${from}::bigint`.as('at'), 'value'])
        .where('kind', '=', kind)
        .where('id', 'in', ids)
        .where('field', 'in', fields)
        .where('at', '<=', from)
        .orderBy('id')
        .orderBy('field')
        .orderBy('at', 'desc')
      const within = db
        .selectFrom('factChanges')
        .select(['id', 'field', 'at', 'value'])
        .where('kind', '=', kind)
        .where('id', 'in', ids)
        .where('field', 'in', fields)
        .where('at', '>', from)
        .where('at', '<=', to)
      const [first, then] = [await before.execute(), await within.orderBy('id').orderBy('at').execute()]
      return [...first, ...then]
    },
    forgetBefore: (at: EpochMs) =>
      // The last value before that moment stays: it still holds.
      sql`delete from fact_changes gone where at < ${at} and exists (select 1 from fact_changes later
        where later.kind = gone.kind and later.id = gone.id and later.field = gone.field and later.at > gone.at
        and later.at < ${at})`.execute(db),
  }
}
