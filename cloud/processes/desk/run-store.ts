import { type SqlBool, sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { cardInParks } from '../card-parks.ts'

export type RunFilter = {
  readonly parks: ParksInSight
  readonly processes?: readonly string[] | undefined
  readonly state?: 'going' | 'paused' | undefined
}
export type RunStore = ReturnType<typeof createRunStore>

/** Processes that run on cards: what goes on in the house at this moment. */
export function createRunStore(db: Db) {
  const chosen = ({ parks, processes, state }: RunFilter) => {
    let runs = db
      .selectFrom('cardRuns')
      .innerJoin('cards', 'cards.id', 'cardRuns.card')
      .where('cardRuns.state', '=', 'running')
    if (parks !== 'all') runs = runs.where(cardInParks(sql, parks, 'cards.id'))
    if (processes !== undefined)
      runs =
        processes.length === 0 ? runs.where(sql<SqlBool>`false`) : runs.where('cardRuns.process', 'in', [...processes])
    if (state !== undefined) runs = runs.where('cardRuns.paused', state === 'paused' ? 'is not' : 'is', null)
    return runs
  }
  return {
    /** How many of each process run, and how many of them are paused. */
    counts: async (parks: ParksInSight) => {
      const rows = await chosen({ parks })
        .select('cardRuns.process')
        .select(({ fn }) => fn.countAll<number>().as('all'))
        .select(sql<number>`count(*) filter (where card_runs.paused is not null)::int`.as('paused'))
        .groupBy('cardRuns.process')
        .execute()
      return new Map(rows.map(({ process, all, paused }) => [process, { all: Number(all), paused }]))
    },
    /** What began last comes first; `after`: beginning and id of the last one seen. */
    list: async (filter: RunFilter, limit: number, after: readonly [number, string] | undefined) => {
      let runs = chosen(filter)
      if (after !== undefined)
        runs = runs.where(sql<SqlBool>`(card_runs.started_at, card_runs.id::text) < (${after[0]}, ${after[1]})`)
      return runs
        .select([
          'cardRuns.id',
          'cardRuns.process',
          'cardRuns.step',
          'cardRuns.startedAt',
          'cardRuns.paused',
          'cards.id as card',
          'cards.no',
          'cards.pipeline',
          'cards.stage',
          'cards.definition',
        ])
        .orderBy('cardRuns.startedAt', 'desc')
        .orderBy(sql`card_runs.id::text`, 'desc')
        .limit(limit)
        .execute()
    },
  }
}
