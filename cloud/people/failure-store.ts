import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type Millis, millis } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { FORGET_AFTER } from './throttle.ts'

/** Failed tries of one key, as one instance has counted them. */
export type CountedFailures = { readonly instance: string; readonly count: number; readonly age: Millis }

export type FailureStore = ReturnType<typeof createFailureStore>

// Instances need not agree on the time.
const NOW = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** Somebody may type a password where the login belongs. */
const digest = (key: string): string => createHash('sha256').update(key).digest('hex')

/** Table `failed_tries`: written by failures only. */
export function createFailureStore(db: Db) {
  return {
    /** By key; nothing older than an hour. */
    of: async (keys: readonly string[]): Promise<ReadonlyMap<string, readonly CountedFailures[]>> => {
      const rows = await db
        .selectFrom('failedTries')
        .select(['key', 'instance', 'count', sql<number>`${NOW} - last_at`.as('age')])
        .where('key', 'in', keys.map(digest))
        .where('lastAt', '>', sql<number>`${NOW} - ${sql.lit(FORGET_AFTER)}`)
        .execute()
      const counted = rows.map(({ age, ...row }) => ({ ...row, age: millis(Math.max(0, Number(age))) }))
      return new Map(keys.map((key) => [key, counted.filter((row) => row.key === digest(key))]))
    },
    add: async (keys: readonly string[], instance: string): Promise<void> => {
      await db
        .insertInto('failedTries')
        .values(keys.map((key) => ({ key: digest(key), instance, count: 1, lastAt: NOW })))
        .onConflict((conflict) =>
          conflict.columns(['key', 'instance']).doUpdateSet({
            count: sql<number>`case when excluded.last_at - failed_tries.last_at > ${sql.lit(FORGET_AFTER)}
              then 1 else failed_tries.count + 1 end`,
            lastAt: sql<number>`excluded.last_at`,
          }),
        )
        .execute()
    },
    forget: async (key: string): Promise<void> => {
      await db.deleteFrom('failedTries').where('key', '=', digest(key)).execute()
    },
    forgetOld: async (): Promise<void> => {
      await db
        .deleteFrom('failedTries')
        .where('lastAt', '<', sql<number>`${NOW} - ${sql.lit(FORGET_AFTER)}`)
        .execute()
    },
  }
}
