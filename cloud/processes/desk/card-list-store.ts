import { type Expression, sql } from 'kysely'
import type { Db } from '../../postgres/postgres-client.ts'
import type { BoardStore, CardFilter } from '../board-store.ts'

export type CardListStore = ReturnType<typeof createCardListStore>
export type Due = { readonly dueAt: number; readonly count: number }

/** More than these are asked for by their pipeline instead of one by one. */
const MOST_IDS = 500

/** The rows of a query in one value, as lists of these columns: thousands are read far quicker so. */
async function asOne<Row extends readonly unknown[]>(
  db: Db,
  query: Expression<unknown>,
  columns: readonly string[],
): Promise<readonly Row[]> {
  const list = sql.join(columns.map((column) => sql.ref(`one.${column}`)))
  const { rows } = await sql<{
    rows: readonly Row[]
  }>`select coalesce(json_agg(json_build_array(${list})), '[]'::json) as rows
    from (${query}) one`.execute(db)
  return rows[0]?.rows ?? []
}

/** What stands beside the cards of a list: counts of what is chosen, nearest tasks, limits of stages, values to narrow by. */
export function createCardListStore(db: Db, boards: Pick<BoardStore, 'chosen'>) {
  return {
    /** By stage: how many are chosen, and the sum of their `total`. */
    counts: async (filter: CardFilter) => {
      const rows = await boards
        .chosen(filter)
        .select('stage')
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('enteredAt').as('oldest')])
        .select(sql<number>`coalesce(sum((cards.fields ->> 'total')::numeric), 0)::bigint`.as('total'))
        .groupBy('stage')
        .execute()
      return rows.map(({ stage, count, oldest, total }) => ({
        stage,
        count: Number(count),
        total: Number(total),
        oldest: oldest === null ? null : Number(oldest),
      }))
    },
    /** The nearest due time of the open tasks of each of these cards, and how many there are. */
    nearestTasks: async (pipeline: string | undefined, ids: readonly string[]): Promise<ReadonlyMap<string, Due>> => {
      if (ids.length === 0) return new Map()
      let tasks = db
        .selectFrom('cardTasks')
        .select('cardTasks.card')
        .select(({ fn }) => [fn.min('cardTasks.dueAt').as('dueAt'), fn.countAll<number>().as('count')])
        .where('cardTasks.state', '=', 'open')
      tasks =
        ids.length <= MOST_IDS || pipeline === undefined
          ? tasks.where('cardTasks.card', 'in', [...ids])
          : tasks
              .innerJoin('cards', 'cards.id', 'cardTasks.card')
              .where('cards.pipeline', '=', pipeline)
              .where('cards.closedAt', 'is', null)
      const rows = await asOne<[string, number, number]>(db, tasks.groupBy('cardTasks.card'), [
        'card',
        'due_at',
        'count',
      ])
      return new Map(rows.map(([card, dueAt, count]) => [card, { dueAt, count }]))
    },
    /** When each of these cards has stood, or will have stood, on its stage for as long as it may. */
    limits: async (pipeline: string | undefined, ids: readonly string[]): Promise<ReadonlyMap<string, number>> => {
      if (ids.length === 0) return new Map()
      let timers = db
        .selectFrom('cardTimers')
        .select(['cardTimers.card', 'cardTimers.dueAt'])
        .where('name', '=', 'limit')
      timers =
        ids.length <= MOST_IDS || pipeline === undefined
          ? timers.where('cardTimers.card', 'in', [...ids])
          : timers
              .innerJoin('cards', 'cards.id', 'cardTimers.card')
              .where('cards.pipeline', '=', pipeline)
              .where('cards.closedAt', 'is', null)
      return new Map(await asOne<[string, number]>(db, timers, ['card', 'due_at']))
    },
    /** People who answer for cards that are chosen, with how many. */
    responsible: async (filter: CardFilter) => {
      const rows = await boards
        .chosen(filter)
        .select('responsible')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('responsible', 'is not', null)
        .groupBy('responsible')
        .orderBy('count', 'desc')
        .limit(100)
        .execute()
      return rows.flatMap(({ responsible, count }) =>
        responsible === null ? [] : [{ value: responsible, count: Number(count) }],
      )
    },
    /** Values of these fields among the cards that are chosen, the most frequent first. */
    values: async (filter: CardFilter, fields: readonly string[]) => {
      if (fields.length === 0) return []
      const chosen = boards.chosen(filter).select('cards.fields').as('chosen')
      const rows = await db
        .selectFrom(chosen)
        .innerJoin(sql<{ key: string; value: string }>`jsonb_each_text(chosen.fields)`.as('pair'), (join) =>
          join.onTrue(),
        )
        .select(['pair.key', 'pair.value'])
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('pair.key', 'in', [...fields])
        .groupBy(['pair.key', 'pair.value'])
        .orderBy('count', 'desc')
        .limit(400)
        .execute()
      return rows.map((row) => ({ field: row.key, value: row.value, count: Number(row.count) }))
    },
    /** Cards that were spawned of this one, and the one it was spawned of. */
    family: async (id: string, parent: string | null) => {
      const rows = await db
        .selectFrom('cards')
        .select(['id', 'parent'])
        .where(({ or, eb }) => or([eb('parent', '=', id), ...(parent === null ? [] : [eb('id', '=', parent)])]))
        .orderBy('createdAt')
        .limit(100)
        .execute()
      return rows.map((row) => ({ id: row.id, relation: row.id === parent ? ('parent' as const) : ('child' as const) }))
    },
    /** Writes a word of a person into the card's log. */
    comment: async (line: {
      readonly card: string
      readonly text: string
      readonly by: string
      readonly name: string
      readonly at: number
    }): Promise<void> => {
      const card = await db
        .selectFrom('cards')
        .select(['version', 'pipeline', 'stage'])
        .where('id', '=', line.card)
        .executeTakeFirstOrThrow()
      await db
        .insertInto('cardLog')
        .values({
          ...card,
          card: line.card,
          at: line.at,
          kind: 'comment',
          change: JSON.stringify({ kind: 'comment', text: line.text }),
          actorKind: 'person',
          actor: `person:${line.by}`,
          actorName: line.name,
          ruleVersion: null,
          reason: null,
          evidence: null,
        })
        .execute()
    },
  }
}
