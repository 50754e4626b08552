import { sql } from 'kysely'
import type { Facts } from '../expressions/fact-type.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { factsFrom } from '../processes/stored-facts.ts'

export type OrderStore = ReturnType<typeof createOrderStore>
const MOST_ORDERS = 30
const MOST_CARS = 30

/** What a client's page reads: cards that point at him, his cars, files of his cards. */
export function createOrderStore(db: Db) {
  const cards = (client: string) =>
    db
      .selectFrom('cards')
      .innerJoin('cardLinks', 'cardLinks.card', 'cards.id')
      .select(['cards.id', 'cards.no', 'cards.pipeline', 'cards.stage', 'cards.definition', 'cards.fields'])
      .select(['cards.createdAt', 'cards.closedAt'])
      .where('cardLinks.entity', '=', 'client')
      .where('cardLinks.record', '=', client)
  return {
    /** Open ones first, then the newest. */
    orders: async (client: string) => {
      const rows = await cards(client)
        .orderBy(sql`cards.closed_at is not null`)
        .orderBy('cards.createdAt', 'desc')
        .limit(MOST_ORDERS)
        .execute()
      return rows.map((row) => ({ ...row, fields: factsFrom(row.fields) }))
    },
    order: async (client: string, id: string) => {
      const row = await cards(client).where('cards.id', '=', id).executeTakeFirst()
      return row && { ...row, fields: factsFrom(row.fields) }
    },
    cars: async (client: string): Promise<readonly (Facts & { readonly id: string })[]> => {
      const rows = await db
        .selectFrom('processRecords')
        .select(['id', 'fields'])
        .where('entity', '=', 'auto')
        .where(sql<boolean>`fields @> ${JSON.stringify({ client })}::jsonb`)
        .orderBy('changedAt', 'desc')
        .limit(MOST_CARS)
        .execute()
      return rows.map(({ id, fields }) => ({ ...factsFrom(fields), id }))
    },
    /** His own word in the log of a card. */
    comment: async (card: string, text: string, name: string, at: number): Promise<void> => {
      const row = await db
        .selectFrom('cards')
        .select(['version', 'pipeline', 'stage'])
        .where('id', '=', card)
        .executeTakeFirstOrThrow()
      const change = JSON.stringify({ kind: 'comment', text })
      const by = { actorKind: 'system', actor: 'client-page', actorName: name }
      await db
        .insertInto('cardLog')
        .values({ ...row, ...by, card, at, kind: 'comment', change, ruleVersion: null, reason: null, evidence: null })
        .execute()
    },
    /** Names of PDF files that were made of these documents. */
    files: (cards: readonly string[], documents: readonly string[]) =>
      cards.length === 0 || documents.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('processFiles')
            .select(['id', 'card', 'document', 'addedAt'])
            .where('card', 'in', [...cards])
            .where('document', 'in', [...documents])
            .where('type', '=', 'application/pdf')
            .orderBy('addedAt', 'desc')
            .execute(),
  }
}
