import { sql } from 'kysely'
import type { Db } from '../postgres/postgres-client.ts'
import { factsFrom } from '../processes/stored-facts.ts'
import type { SentCard } from './roistat.ts'

export type RoistatStore = ReturnType<typeof createRoistatStore>

/** Cards by what has happened to them since a place in their log. */
export function createRoistatStore(db: Db) {
  return {
    /**
     * Cards of these pipelines that the log tells of behind `after`, not after `until`; and the place it was read to. A
     * line of the last moments may still come behind others: it is waited for.
     */
    changed: async (
      pipelines: readonly string[],
      after: number,
      { until, limit }: { readonly until: number; readonly limit: number },
    ): Promise<{ readonly cards: readonly SentCard[]; readonly through: number }> => {
      const lines = await db
        .selectFrom('cardLog')
        .select(['id', 'card'])
        .where('id', '>', after)
        .where('at', '<=', until)
        .where('pipeline', 'in', [...pipelines])
        .orderBy('id')
        .limit(limit)
        .execute()
      const ids = [...new Set(lines.map(({ card }) => card))]
      const rows =
        ids.length === 0
          ? []
          : await db
              .selectFrom('cards')
              .select(['id', 'no', 'pipeline', 'stage', 'createdAt', 'fields'])
              .where('id', 'in', ids)
              .where(sql<boolean>`pipeline = any(${[...pipelines]}::text[])`)
              .execute()
      return {
        cards: rows.map((row) => ({ ...row, fields: factsFrom(row.fields) })),
        through: lines.at(-1)?.id ?? after,
      }
    },
  }
}
