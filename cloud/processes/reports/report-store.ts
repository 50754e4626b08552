import { sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { inSight } from './in-sight.ts'
import type { Deed } from './kpi.ts'
import type { Period } from './period.ts'

export type ReportStore = ReturnType<typeof createReportStore>

/** Figures computed from the log and from closed tasks, never from how things stand now (but for what has no log: an absence). */
export function createReportStore(db: Db, parks: ParksInSight) {
  const { log, cards, tasks } = inSight(sql, parks)
  return {
    /** Time on each stage, by visits that ended in the period, and how often its limit was passed. */
    stages: async (pipeline: string, { from, to }: Period) => {
      const found = await sql<{ stage: string; medianMs: number; p90Ms: number }>`
        select l.change ->> 'from' as stage,
          percentile_cont(0.5) within group (order by (l.change ->> 'stood')::float8) as median_ms,
          percentile_cont(0.9) within group (order by (l.change ->> 'stood')::float8) as p90_ms
        from ${log} l
        where l.pipeline = ${pipeline} and l.kind = 'moved' and l.at >= ${from} and l.at < ${to}
        group by 1`.execute(db)
      // The log's own column is where the card stood afterwards, which may be further.
      const overruns = await sql<{ stage: string; count: number }>`
        select change ->> 'stage' as stage, count(*)::int as count from ${log} l
        where pipeline = ${pipeline} and kind = 'overran' and at >= ${from} and at < ${to} group by 1`.execute(db)
      return {
        times: new Map(
          found.rows.map((row) => [row.stage, { medianMs: Math.round(row.medianMs), p90Ms: Math.round(row.p90Ms) }]),
        ),
        overruns: new Map(overruns.rows.map(({ stage, count }) => [stage, count])),
      }
    },

    /** What each person has closed, day by day. */
    load: async ({ from, to }: Period, pipeline: string | undefined) => {
      const found = await sql<{
        person: string
        name: string | null
        day: string
        done: number
        late: number
        template: string
      }>`
        select actor as person, max(actor_name) as name, change ->> 'template' as template,
          to_char(to_timestamp(at / 1000.0) at time zone 'Europe/Moscow', 'YYYY-MM-DD') as day,
          count(*)::int as done, count(*) filter (where (change ->> 'late')::boolean)::int as late
        from ${log} l
        where kind = 'done' and actor_kind = 'person' and at >= ${from} and at < ${to}
          and (${pipeline ?? ''} = '' or pipeline = ${pipeline ?? ''})
        group by 1, 3, 4 order by 4, 1`.execute(db)
      return found.rows
    },

    /** What each person did, month by month of Moscow: cards brought to a stage, each once, and tasks closed. */
    deeds: async ({ from, to }: Period, pipeline: string | undefined): Promise<readonly Deed[]> => {
      const found = await sql<Deed>`
        select actor as person, max(actor_name) as name,
          to_char(to_timestamp(at / 1000.0) at time zone 'Europe/Moscow', 'YYYY-MM') as month, kind, pipeline,
          coalesce(change ->> 'to', change ->> 'template', '') as what, change ->> 'outcome' as outcome,
          coalesce((change ->> 'late')::boolean, false) as late,
          (case when kind = 'moved' then count(distinct card) else count(*) end)::int as count
        from ${log} l
        where kind in ('moved', 'done') and actor_kind = 'person' and at >= ${from} and at < ${to}
          and (${pipeline ?? ''} = '' or pipeline = ${pipeline ?? ''})
        group by 1, 3, 4, 5, 6, 7, 8 order by 3, 1`.execute(db)
      return found.rows
    },

    /** Of the cards that were closed in the period, how many nobody has touched by hand. */
    withoutPerson: async (pipeline: string, { from, to }: Period, ends: readonly string[]) => {
      if (ends.length === 0) return { closed: 0, withoutPerson: 0, share: 0 }
      const found = await sql<{ closed: number; alone: number }>`
        with closed as (
          select distinct card from ${log} l
          where pipeline = ${pipeline} and kind = 'moved' and at >= ${from} and at < ${to}
            and change ->> 'to' in (${sql.join(ends)})
        )
        select count(*)::int as closed,
          count(*) filter (where not exists (select 1 from ${log} l where l.card = closed.card and l.actor_kind = 'person'))::int as alone
        from closed`.execute(db)
      const { closed = 0, alone = 0 } = found.rows[0] ?? {}
      return { closed, withoutPerson: alone, share: closed === 0 ? 0 : alone / closed }
    },

    /** Open cards that nothing keeps: no task, no timer, no process. Must be none. */
    withoutTasks: async (pipelines: readonly string[]) => {
      if (pipelines.length === 0) return []
      const found = await sql<{ id: string; no: number; pipeline: string; stage: string }>`
        select c.id, c.no, c.pipeline, c.stage from ${cards} c
        where c.closed_at is null and c.pipeline in (${sql.join(pipelines)})
          and not exists (select 1 from ${tasks} t where t.card = c.id and t.state = 'open')
          and not exists (select 1 from card_timers m where m.card = c.id and m.state = 'set')
          and not exists (select 1 from card_runs r where r.card = c.id and r.state = 'running' and r.paused is null)
        order by c.no limit 500`.execute(db)
      return found.rows
    },

    /** How long a person needs from one closed task to the next, within a working day. */
    betweenTasks: async ({ from, to }: Period) => {
      const found = await sql<{
        person: string
        name: string | null
        tasks: number
        medianMs: number
        p90Ms: number
      }>`
        with gaps as (
          select actor as person, actor_name, at - lag(at) over (partition by actor order by at, id) as gap
          from ${log} l where kind = 'done' and actor_kind = 'person' and at >= ${from} and at < ${to}
        )
        select person, max(actor_name) as name, count(*)::int as tasks,
          percentile_cont(0.5) within group (order by gap::float8) as median_ms,
          percentile_cont(0.9) within group (order by gap::float8) as p90_ms
        from gaps where gap is not null and gap < 14400000 group by 1 order by 1`.execute(db)
      return found.rows.map((row) => ({
        person: row.person,
        name: row.name,
        tasks: row.tasks,
        medianMs: Math.round(row.medianMs),
        p90Ms: Math.round(row.p90Ms),
      }))
    },

    /** «Не прошло автоматически»: moves and effects that stopped at a guard, newest first. */
    refused: async ({ from, to }: Period) => {
      const found = await sql<{
        card: string
        no: number
        pipeline: string
        stage: string
        at: number
        change: Record<string, unknown>
      }>`
        select l.card, c.no, l.pipeline, l.stage, l.at::float8 as at, l.change from ${log} l join cards c on c.id = l.card
        where l.kind in ('refused', 'unknown', 'parked') and l.at >= ${from} and l.at < ${to}
        order by l.id desc limit 500`.execute(db)
      return found.rows
    },
  }
}
