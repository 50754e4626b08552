import { type RawBuilder, sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { inSight } from './in-sight.ts'
import type { Period } from './period.ts'
import type { TerminalLine } from './work-time.ts'

export type ResultStore = ReturnType<typeof createResultStore>
/** What income and cost are turned by. */
export const PIVOTS = ['adChannel', 'source', 'make', 'workKind'] as const
export type Pivot = (typeof PIVOTS)[number]

/** The sum of a deal: as agreed, else its price, else the estimate. */
const SUM = sql`coalesce((c.fields ->> 'total')::numeric, (c.fields ->> 'price')::numeric, (c.fields ->> 'estimate')::numeric, 0)`
const money = (field: string): RawBuilder<unknown> =>
  sql`coalesce(sum((c.fields ->> ${sql.lit(field)})::numeric), 0)::float8`

/** What deals have brought: when, from the log; how much, from the card, which a closed deal keeps as it was. */
export function createResultStore(db: Db, parks: ParksInSight) {
  const { log, cards, tasks } = inSight(sql, parks)
  return {
    /** Deals that came to one of these stages in the period: number and sum. */
    ended: async (pipeline: string, { from, to }: Period, stages: readonly string[]) => {
      const found = await sql<{ count: number; sum: number }>`
        with ended as (
          select distinct card from ${log} l where pipeline = ${pipeline} and kind = 'moved'
            and change ->> 'to' = any(${[...stages]}::text[]) and at >= ${from} and at < ${to}
        )
        select count(*)::int as count, coalesce(sum(${SUM}), 0)::float8 as sum
        from ended join cards c on c.id = ended.card`.execute(db)
      return found.rows[0] ?? { count: 0, sum: 0 }
    },

    /** Deals in work at a moment: born before, and not yet at an end then. */
    inWork: async (pipeline: string, at: number, ends: readonly string[]) => {
      const found = await sql<{ count: number; sum: number }>`
        with last as (
          select distinct on (card) card, coalesce(change ->> 'to', change ->> 'stage') as stage from ${log} l
          where pipeline = ${pipeline} and kind in ('born', 'moved') and at < ${at} order by card, id desc
        )
        select count(*)::int as count, coalesce(sum(${SUM}), 0)::float8 as sum
        from last join cards c on c.id = last.card where not (last.stage = any(${[...ends]}::text[]))`.execute(db)
      return found.rows[0] ?? { count: 0, sum: 0 }
    },

    /** Why deals were lost in the period, by the stage that they left. */
    losses: async (pipeline: string, { from, to }: Period, lost: readonly string[]) => {
      const found = await sql<{ stage: string; reason: string | null; count: number; sum: number }>`
        select l.change ->> 'from' as stage, c.fields ->> 'lossReason' as reason, count(*)::int as count,
          coalesce(sum(${SUM}), 0)::float8 as sum
        from ${log} l join cards c on c.id = l.card
        where l.pipeline = ${pipeline} and l.kind = 'moved' and l.change ->> 'to' = any(${[...lost]}::text[])
          and l.at >= ${from} and l.at < ${to}
        group by 1, 2 order by 3 desc, 1, 2`.execute(db)
      return found.rows
    },

    /** Income and cost of the deals won in the period, by the value of one field. */
    pivot: async (pipeline: string, { from, to }: Period, won: readonly string[], by: Pivot) => {
      const found = await sql<{
        value: string | null
        cards: number
        paid: number
        ad: number
        parts: number
        work: number
      }>`
        with ended as (
          select distinct card from ${log} l where pipeline = ${pipeline} and kind = 'moved'
            and change ->> 'to' = any(${[...won]}::text[]) and at >= ${from} and at < ${to}
        )
        select nullif(c.fields ->> ${sql.lit(by)}, '') as value, count(*)::int as cards, ${money('paid')} as paid,
          ${money('adCost')} as ad, ${money('partsCost')} as parts, ${money('workCost')} as work
        from ended join cards c on c.id = ended.card group by 1 order by 3 desc, 1`.execute(db)
      return found.rows
    },

    /** Scores given in the period; a low one is handled when a task on its card was closed within a day of it. */
    quality: async (pipeline: string, { from, to }: Period, low: number) => {
      const found = await sql<{ answers: number; average: number | null; low: number; handled: number }>`
        with scored as (
          select distinct on (card) card, version, at, (change ->> 'to')::float8 as score from ${log} l
          where pipeline = ${pipeline} and kind = 'set' and change ->> 'path' = 'deal.score'
            and at >= ${from} and at < ${to} order by card, id desc
        )
        select count(*)::int as answers, avg(score)::float8 as average, count(*) filter (where score <= ${low})::int as low,
          count(*) filter (where score <= ${low} and exists (
            select 1 from ${log} l where l.card = scored.card and l.kind = 'done' and l.version > scored.version
              and l.at <= scored.at + 86400000))::int as handled
        from scored`.execute(db)
      return found.rows[0] ?? { answers: 0, average: null, low: 0, handled: 0 }
    },

    /** Of the tasks closed in the period, how many in time, by kind of task. */
    onTime: async ({ from, to }: Period, pipeline: string | undefined) => {
      const found = await sql<{ template: string; done: number; late: number }>`
        select change ->> 'template' as template, count(*)::int as done,
          count(*) filter (where (change ->> 'late')::boolean)::int as late
        from ${log} l where kind = 'done' and at >= ${from} and at < ${to}
          and (${pipeline ?? ''} = '' or pipeline = ${pipeline ?? ''})
        group by 1 order by 2 desc, 1`.execute(db)
      return found.rows
    },

    /** What came in, by factory, model and reason: its code, or where there is none the words that were written. */
    reasons: async (pipeline: string, { from, to }: Period) => {
      const found = await sql<{
        factory: string | null
        model: string | null
        code: string | null
        need: string | null
        kind: string | null
        cards: number
      }>`
        select nullif(r.fields ->> 'factory', '') as factory, nullif(r.fields ->> 'model', '') as model,
          nullif(c.fields ->> 'reasonCode', '') as code,
          case when coalesce(c.fields ->> 'reasonCode', '') = '' then c.fields ->> 'need' end as need,
          c.fields ->> 'requestKind' as kind, count(*)::int as cards
        from ${cards} c left join process_records r on r.entity = 'machine' and r.id = c.fields ->> 'machine'
        where c.pipeline = ${pipeline} and c.created_at >= ${from} and c.created_at < ${to}
        group by 1, 2, 3, 4, 5 order by 6 desc, 1, 2, 3, 4 limit 500`.execute(db)
      return found.rows
    },

    /** Every step of the mechanics' terminal on cards where one fell into the period; names of people by their accounts. */
    terminal: async (
      { from, to }: Period,
      steps: Readonly<Record<string, TerminalLine['what']>>,
    ): Promise<{ readonly lines: readonly TerminalLine[]; readonly names: ReadonlyMap<string, string> }> => {
      const templates = [...new Set(Object.keys(steps).map((step) => step.split('.')[0] ?? step))]
      const found = await sql<{
        card: string
        template: string
        outcome: string
        at: number
        person: string
        name: string | null
        reason: string | null
      }>`
        select t.card, t.template, t.outcome, least(coalesce((t.answer ->> 'at')::bigint, t.closed_at), t.closed_at)::float8 as at,
          coalesce(t.closed_by, '') as person, a.name, t.answer ->> 'reason' as reason
        from ${tasks} t left join accounts a on 'person:' || a.id::text = t.closed_by
        where t.template = any(${templates}::text[]) and t.closed_at >= ${from} and t.closed_at < ${to} and t.outcome is not null
        order by t.closed_at`.execute(db)
      return {
        lines: found.rows.flatMap(({ template, outcome, reason, name: _name, ...row }) => {
          const what = steps[`${template}.${outcome}`] ?? steps[template]
          return what === undefined ? [] : [{ ...row, at: Number(row.at), what, reason: reason ?? undefined }]
        }),
        names: new Map(found.rows.map(({ person, name }) => [person, name ?? person])),
      }
    },
  }
}
