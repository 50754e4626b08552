import type { RawBuilder, Sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import { cardInParks } from '../card-parks.ts'

/**
 * What reports are counted from, as somebody sees it: the log, the cards and the tasks of the cards of his parks, each
 * with the columns of its table. A query gives it a name: `from ${log} l`. A card is of the parks it is of now, with all
 * that its log ever said.
 */
export type InSight = {
  readonly log: RawBuilder<unknown>
  readonly cards: RawBuilder<unknown>
  readonly tasks: RawBuilder<unknown>
}

/** Pure. */
export function inSight(sql: Sql, parks: ParksInSight): InSight {
  const of = (table: string, card: string): RawBuilder<unknown> =>
    parks === 'all'
      ? sql.table(table)
      : sql`(select * from ${sql.table(table)} where ${cardInParks(sql, parks, `${table}.${card}`)})`
  return { log: of('card_log', 'card'), cards: of('cards', 'id'), tasks: of('card_tasks', 'card') }
}
