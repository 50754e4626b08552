import type { Kysely } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'

export type SetupStore = ReturnType<typeof createSetupStore>

/** Table `setup_links`: only the newest link counts, and it works once. */
export function createSetupStore(db: Kysely<Tables>) {
  return {
    replace: async (tokenHash: string, createdAt: EpochMs, expiresAt: EpochMs): Promise<void> => {
      await db.deleteFrom('setupLinks').execute()
      await db.insertInto('setupLinks').values({ tokenHash, createdAt, expiresAt, usedAt: null }).execute()
    },
    /** Resolves to true for exactly one caller per link. */
    use: async (tokenHash: string, now: EpochMs): Promise<boolean> => {
      const used = await db
        .updateTable('setupLinks')
        .set({ usedAt: now })
        .where('tokenHash', '=', tokenHash)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', now)
        .executeTakeFirst()
      return used.numUpdatedRows > 0n
    },
  }
}
