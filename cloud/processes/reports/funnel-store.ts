import { sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { inSight } from './in-sight.ts'
import type { Period } from './period.ts'

export type FunnelStore = ReturnType<typeof createFunnelStore>

/** Longer than this between two actions, a person was not at work on the second one. */
const AT_WORK_MS = 15 * 60_000

/** How cards go through their pipelines, and who leads them; from the log that is in sight. */
export function createFunnelStore(db: Db, parks: ParksInSight) {
  const { log, cards } = inSight(sql, parks)
  return {
    /** Comings to and goings from each stage in the period, and how long a card had stood there when it went. */
    passages: async (pipeline: string, { from, to }: Period) => {
      const found = await sql<{ from: string; to: string; count: number }>`
        select change ->> 'from' as "from", change ->> 'to' as "to", count(*)::int as count
        from ${log} l where pipeline = ${pipeline} and kind = 'moved' and at >= ${from} and at < ${to}
        group by 1, 2
        union all
        select '', change ->> 'stage', count(*)::int
        from ${log} l where pipeline = ${pipeline} and kind = 'born' and at >= ${from} and at < ${to}
        group by 1, 2`.execute(db)
      return found.rows
    },

    /** Of the cards born in the period, how many have reached each stage: ever, or before `until`. */
    reached: async (pipeline: string, { from, to }: Period, until: number = Number.MAX_SAFE_INTEGER) => {
      const found = await sql<{ stage: string; cards: number }>`
        with cohort as (
          select card from ${log} l where pipeline = ${pipeline} and kind = 'born' and at >= ${from} and at < ${to}
        ), reached as (
          select l.card, l.change ->> 'to' as stage from ${log} l join cohort using (card)
          where l.kind = 'moved' and l.at < ${until}
          union
          select l.card, l.change ->> 'stage' from ${log} l join cohort using (card) where l.kind = 'born'
        )
        select stage, count(distinct card)::int as cards from reached group by 1`.execute(db)
      return new Map(found.rows.map(({ stage, cards }) => [stage, cards]))
    },

    born: async (pipeline: string, { from, to }: Period): Promise<number> => {
      const found = await sql<{ count: number }>`
        select count(*)::int as count from ${log} l
        where pipeline = ${pipeline} and kind = 'born' and at >= ${from} and at < ${to}`.execute(db)
      return found.rows[0]?.count ?? 0
    },

    /**
     * The same across linked pipelines: of the cards born in the period in the first one, how many have reached each
     * stage there and, by the cards that were spawned of them, in the pipelines that follow. A card that comes back into
     * the first pipeline begins a count of its own. One out of sight may stand between two that are in sight; it counts for
     * nothing itself.
     */
    reachedAlong: async (first: string, { from, to }: Period) => {
      const found = await sql<{ pipeline: string; stage: string; cards: number }>`
        with recursive tree (card, root) as (
          select card, card from ${log} l where pipeline = ${first} and kind = 'born' and at >= ${from} and at < ${to}
          union
          select c.id, tree.root from cards c join tree on c.parent = tree.card where c.pipeline <> ${first}
        ), reached as (
          select tree.root, l.pipeline, l.change ->> 'to' as stage from ${log} l join tree using (card) where l.kind = 'moved'
          union
          select tree.root, l.pipeline, l.change ->> 'stage' from ${log} l join tree using (card) where l.kind = 'born'
        )
        select pipeline, stage, count(distinct root)::int as cards from reached group by 1, 2`.execute(db)
      return found.rows
    },

    /** Cards born in the period by the person who closed the first task on each, and what became of them. */
    byPerson: async (
      pipeline: string,
      { from, to }: Period,
      ends: { won: readonly string[]; lost: readonly string[] },
    ) => {
      const found = await sql<{
        person: string
        name: string | null
        cards: number
        won: number
        lost: number
        firstMs: number
      }>`
        with cohort as (
          select card, at from ${log} l where pipeline = ${pipeline} and kind = 'born' and at >= ${from} and at < ${to}
        ), first as (
          select distinct on (l.card) l.card, l.actor, l.actor_name, l.at - cohort.at as waited
          from ${log} l join cohort using (card)
          where l.kind = 'done' and l.actor_kind = 'person' order by l.card, l.id
        ), last as (
          select distinct on (l.card) l.card, l.change ->> 'to' as stage
          from ${log} l join cohort using (card) where l.kind = 'moved' order by l.card, l.id desc
        )
        select first.actor as person, max(first.actor_name) as name, count(*)::int as cards,
          count(*) filter (where last.stage = any(${[...ends.won]}::text[]))::int as won,
          count(*) filter (where last.stage = any(${[...ends.lost]}::text[]))::int as lost,
          percentile_cont(0.5) within group (order by first.waited::float8) as first_ms
        from first left join last using (card) group by 1 order by 3 desc, 1`.execute(db)
      return found.rows.map((row) => ({ ...row, firstMs: Math.round(row.firstMs) }))
    },

    /**
     * Work of people on a pipeline: tasks closed, minutes at work (from one's previous action to this one, where that was
     * not longer ago than a quarter of an hour), and how many cards they brought to the stage that it is all for.
     */
    effort: async (pipeline: string, { from, to }: Period, target: string) => {
      const found = await sql<{ person: string; name: string | null; tasks: number; workMs: number; reached: number }>`
        with acts as (
          select pipeline, kind, change, actor, actor_name, at - lag(at) over (partition by actor order by at, id) as gap
          from ${log} l
          where actor_kind = 'person' and kind in ('done', 'moved') and at >= ${from} and at < ${to}
        )
        select actor as person, max(actor_name) as name,
          count(*) filter (where kind = 'done')::int as tasks,
          coalesce(sum(gap) filter (where gap <= ${AT_WORK_MS}), 0)::float8 as work_ms,
          count(*) filter (where kind = 'moved' and change ->> 'to' = ${target})::int as reached
        from acts where pipeline = ${pipeline} group by 1 order by 3 desc, 1`.execute(db)
      return found.rows.map((row) => ({ ...row, workMs: Number(row.workMs) }))
    },

    /** Cards born in the period in any of the pipelines that nobody has given a source. */
    withoutSource: async (pipeline: string, { from, to }: Period) => {
      const found = await sql<{ id: string; no: number; stage: string; at: number }>`
        select c.id, c.no, c.stage, c.created_at as at from ${cards} c
        where c.pipeline = ${pipeline} and c.created_at >= ${from} and c.created_at < ${to}
          and coalesce(c.fields ->> 'source', '') = '' order by c.no limit 500`.execute(db)
      return found.rows
    },
  }
}
