import type { Kysely } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'
import type { SessionTimes } from './session.ts'

export type StoredSession = SessionTimes & { readonly tokenHash: string; readonly accountId: string }

export type SessionStore = ReturnType<typeof createSessionStore>

/** Table `sessions`. Holds SHA-256 of the cookie, so that a copy of the table lets nobody in. */
export function createSessionStore(db: Kysely<Tables>) {
  return {
    insert: async (session: StoredSession): Promise<void> => {
      await db
        .insertInto('sessions')
        .values({ ...session, lastSeenAt: session.createdAt })
        .execute()
    },
    find: (tokenHash: string): Promise<StoredSession | undefined> =>
      db
        .selectFrom('sessions')
        .select(['tokenHash', 'accountId', 'createdAt', 'expiresAt'])
        .where('tokenHash', '=', tokenHash)
        .executeTakeFirst(),
    extend: async (tokenHash: string, expiresAt: EpochMs, lastSeenAt: EpochMs): Promise<void> => {
      await db.updateTable('sessions').set({ expiresAt, lastSeenAt }).where('tokenHash', '=', tokenHash).execute()
    },
    remove: async (tokenHash: string): Promise<void> => {
      await db.deleteFrom('sessions').where('tokenHash', '=', tokenHash).execute()
    },
    removeOf: async (accountId: string): Promise<void> => {
      await db.deleteFrom('sessions').where('accountId', '=', accountId).execute()
    },
    removeExpired: async (now: EpochMs): Promise<void> => {
      await db.deleteFrom('sessions').where('expiresAt', '<', now).execute()
    },
  }
}
