import { sql } from 'kysely'
import { z } from 'zod'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import { PolicyValue } from '../policies/policy.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { FactChangeRow } from '../postgres/rule-tables.ts'

export type FactStore = ReturnType<typeof createFactStore>

const AT_ONCE = 1000

/** How one field of one of them changed, oldest first. */
export type FactTrack = {
  readonly id: string
  readonly field: string
  readonly changes: readonly Pick<FactChangeRow, 'at' | 'value'>[]
}

const StoredValue = PolicyValue.or(z.boolean()).or(z.null())

function changeIn(line: string): Pick<FactChangeRow, 'at' | 'value'> {
  const gap = line.indexOf(' ')
  const text = line.slice(gap + 1)
  const at = epochMs(Number(line.slice(0, gap)))
  if (text === 'null') return { at, value: null }
  if (text === 'true' || text === 'false') return { at, value: text === 'true' }
  const number = Number(text)
  return { at, value: Number.isSafeInteger(number) ? number : StoredValue.parse(JSON.parse(text)) }
}

/** How facts changed: what rules are tried on. */
export function createFactStore(db: Db) {
  return {
    /** The newest values of these fields of these, by `id field`. */
    newest: async (kind: FactChangeRow['kind'], fields: readonly string[], ids: readonly string[]) => {
      if (ids.length === 0 || fields.length === 0) return new Map<string, FactChangeRow['value']>()
      // One look into the index each: a year of history costs no more than a day.
      const { rows } = await sql<{ id: string; field: string; value: FactChangeRow['value'] }>`
        select ids.id, fields.field, last.value
        from json_array_elements_text(${JSON.stringify(ids)}::json) ids (id)
        cross join json_array_elements_text(${JSON.stringify(fields)}::json) fields (field)
        cross join lateral (select value from fact_changes f where f.kind = ${kind} and f.id = ids.id
          and f.field = fields.field order by at desc limit 1) last`.execute(db)
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
    /** Changes of these within the time, and the last one before it as if it were at its beginning; oldest first. */
    between: async (
      kind: FactChangeRow['kind'],
      ids: readonly string[],
      fields: readonly string[],
      from: EpochMs,
      to: EpochMs,
    ): Promise<readonly FactTrack[]> => {
      if (ids.length === 0 || fields.length === 0) return []
      // A line for each change within one row for each track: a million rows one by one take ten times as long.
      const { rows } = await sql<{ id: string; field: string; lines: string }>`
        select id, field, string_agg(at::text || ' ' || value::text, chr(10) order by at) as lines from (
          select id, field, at, value from fact_changes
          where kind = ${kind} and id in (${sql.join(ids)}) and field in (${sql.join(fields)}) and at > ${from} and at <= ${to}
          union all
          (select distinct on (id, field) id, field, ${from}::bigint, value from fact_changes
          where kind = ${kind} and id in (${sql.join(ids)}) and field in (${sql.join(fields)}) and at <= ${from}
          order by id, field, at desc)
        ) changes group by id, field`.execute(db)
      return rows.map(({ id, field, lines }) => ({ id, field, changes: lines.split('\n').map(changeIn) }))
    },
    forgetBefore: (at: EpochMs) =>
      // The last value before that moment stays: it still holds.
      sql`delete from fact_changes gone where at < ${at} and exists (select 1 from fact_changes later
        where later.kind = gone.kind and later.id = gone.id and later.field = gone.field and later.at > gone.at
        and later.at < ${at})`.execute(db),
  }
}
