import type { Db } from '../../postgres/postgres-client.ts'
import type { OutboxRow } from './outbox-row.ts'

export type WaitingEffect = {
  readonly key: string
  readonly card: string | null
  readonly effect: unknown
  readonly attempts: number
}
export type OutboxStore = ReturnType<typeof createOutboxStore>

/** Table `process_outbox`: effects that were decided and are not yet carried out. */
export function createOutboxStore(db: Db) {
  return {
    /** Keys that are due, oldest first. */
    due: async (now: number, limit: number): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('processOutbox')
        .select('key')
        .where('state', '=', 'waiting')
        .where('dueAt', '<=', now)
        .orderBy('dueAt')
        .orderBy('createdAt')
        .orderBy('key')
        .limit(limit)
        .execute()
      return rows.map(({ key }) => key)
    },
    /** Undefined when somebody else is at it, or it is done. */
    take: (key: string): Promise<WaitingEffect | undefined> =>
      db
        .selectFrom('processOutbox')
        .select(['key', 'card', 'effect', 'attempts'])
        .where('key', '=', key)
        .where('state', '=', 'waiting')
        .forUpdate()
        .skipLocked()
        .executeTakeFirst(),
    done: (key: string, now: number) =>
      db
        .updateTable('processOutbox')
        .set({ state: 'done', doneAt: now, problem: null })
        .where('key', '=', key)
        .execute(),
    later: (key: string, dueAt: number, problem: string) =>
      db
        .updateTable('processOutbox')
        .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), dueAt, problem }))
        .where('key', '=', key)
        .execute(),
    dead: (key: string, now: number, problem: string) =>
      db
        .updateTable('processOutbox')
        .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), state: 'dead', doneAt: now, problem }))
        .where('key', '=', key)
        .execute(),
    add: async (rows: readonly OutboxRow[]) => {
      if (rows.length > 0)
        await db
          .insertInto('processOutbox')
          .values([...rows])
          .onConflict((conflict) => conflict.doNothing())
          .execute()
    },
    /** The word on an effect that was found among those of one event, by the prefix of its key. */
    ofKeys: (keys: readonly string[]) =>
      keys.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('processOutbox')
            .select(['key', 'effect', 'state', 'problem'])
            .where('key', 'in', [...keys])
            .execute(),
    forget: (before: number) =>
      db.deleteFrom('processOutbox').where('state', '=', 'done').where('doneAt', '<', before).execute(),
  }
}
