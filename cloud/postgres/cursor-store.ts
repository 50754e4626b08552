import type { Db } from './postgres-client.ts'

export type CursorStore = ReturnType<typeof createCursorStore>

/**
 * How far a consumer of a journal has come, kept in the transaction of its effects: when the database loses its last
 * commits, it loses these with them, and the consumer goes on where the database really stands.
 */
export function createCursorStore(db: Db) {
  return {
    /** 0 when it has consumed nothing yet. */
    read: async (journal: string, consumer: string): Promise<number> => {
      const row = await db
        .selectFrom('journalCursors')
        .select('position')
        .where('journal', '=', journal)
        .where('consumer', '=', consumer)
        .executeTakeFirst()
      return row?.position ?? 0
    },
    move: (journal: string, consumer: string, position: number) =>
      db
        .insertInto('journalCursors')
        .values({ journal, consumer, position })
        .onConflict((conflict) => conflict.columns(['journal', 'consumer']).doUpdateSet({ position }))
        .execute(),
  }
}
