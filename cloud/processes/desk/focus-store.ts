import { sql } from 'kysely'
import type { Db } from '../../postgres/postgres-client.ts'
import type { Pipeline } from '../notation/pipeline.ts'

export type FocusStore = ReturnType<typeof createFocusStore>
/** `share`: 0 to 1. Absent: nothing to tell it from. */
export type FocusValue = { readonly unit: 'share' | 'ms' | 'count'; readonly value: number }

const MONTH_MS = 30 * 86_400_000

/** The one figure that stands above a board, of the last thirty days. */
export function createFocusStore(db: Db) {
  /** Of the cards born in the time, the share that has come to `to`. */
  const conversion = async (pipeline: string, to: string, since: number): Promise<FocusValue | undefined> => {
    const { rows } = await sql<{ born: number; reached: number }>`
      with cohort as (select distinct card from card_log where pipeline = ${pipeline} and kind = 'born' and at >= ${since})
      select count(*)::int as born, count(*) filter (where exists (select 1 from card_log l where l.card = cohort.card
        and l.kind = 'moved' and l.change ->> 'to' = ${to}))::int as reached from cohort`.execute(db)
    const [row] = rows
    return row === undefined || row.born === 0 ? undefined : { unit: 'share', value: row.reached / row.born }
  }
  /** The median time from coming to one stage to coming to the other. */
  const leadTime = async (
    pipeline: string,
    from: string,
    to: string,
    since: number,
  ): Promise<FocusValue | undefined> => {
    const { rows } = await sql<{ ms: number | null }>`
      with done as (
        select card, max(at) as at from card_log
        where pipeline = ${pipeline} and kind = 'moved' and change ->> 'to' = ${to} and at >= ${since} group by card
      ), begun as (
        select l.card, min(l.at) as at from card_log l join done using (card)
        where (l.kind = 'moved' and l.change ->> 'to' = ${from}) or (l.kind = 'born' and l.change ->> 'stage' = ${from})
        group by l.card
      )
      select percentile_cont(0.5) within group (order by (done.at - begun.at)::float8) as ms
      from done join begun using (card)`.execute(db)
    const ms = rows[0]?.ms ?? null
    return ms === null ? undefined : { unit: 'ms', value: Math.round(ms) }
  }
  const count = async (pipeline: string, stage: string | undefined): Promise<FocusValue> => {
    let cards = db
      .selectFrom('cards')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('pipeline', '=', pipeline)
      .where('closedAt', 'is', null)
    if (stage !== undefined) cards = cards.where('stage', '=', stage)
    return { unit: 'count', value: Number((await cards.executeTakeFirstOrThrow()).count) }
  }
  return {
    /** Undefined: the pipeline has no figure, or nothing has gone through it yet. */
    valueOf: async ({ id, start, focus }: Pipeline, now: number): Promise<FocusValue | undefined> => {
      if (focus === undefined) return undefined
      const since = now - MONTH_MS
      const to = focus.to?.name
      if (focus.metric === 'count') return count(id, to)
      if (to === undefined) return undefined
      return focus.metric === 'conversion'
        ? conversion(id, to, since)
        : leadTime(id, focus.from?.name ?? start.name, to, since)
    },
  }
}
