import type { Kysely } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'
import type { SessionTimes } from './session.ts'

export type StoredSession = SessionTimes & {
  readonly id: string
  readonly tokenHash: string
  readonly accountId: string
  readonly secondFactorAt: EpochMs | null
  /** From where, and by which program in its own words, it was opened. */
  readonly address: string
  readonly program: string
}

export type SeenSession = Omit<StoredSession, 'tokenHash'> & { readonly lastSeenAt: EpochMs }

const COLUMNS = ['id', 'accountId', 'createdAt', 'expiresAt', 'secondFactorAt', 'address', 'program'] as const

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
        .select([...COLUMNS, 'tokenHash'])
        .where('tokenHash', '=', tokenHash)
        .executeTakeFirst(),
    extend: async (tokenHash: string, expiresAt: EpochMs, lastSeenAt: EpochMs): Promise<void> => {
      await db.updateTable('sessions').set({ expiresAt, lastSeenAt }).where('tokenHash', '=', tokenHash).execute()
    },
    /** The session goes on under another secret; the old one opens nothing from now on. */
    rotate: async (tokenHash: string, next: string, secondFactorAt: EpochMs | null): Promise<void> => {
      await db
        .updateTable('sessions')
        .set({ tokenHash: next, secondFactorAt })
        .where('tokenHash', '=', tokenHash)
        .execute()
    },
    /** Newest first. */
    listOf: (accountId: string, now: EpochMs): Promise<readonly SeenSession[]> =>
      db
        .selectFrom('sessions')
        .select([...COLUMNS, 'lastSeenAt'])
        .where('accountId', '=', accountId)
        .where('expiresAt', '>', now)
        .orderBy('lastSeenAt', 'desc')
        .execute(),
    /** Resolves to false when this account has no such session. */
    end: async (id: string, accountId: string): Promise<boolean> => {
      const ended = await db
        .deleteFrom('sessions')
        .where('id', '=', id)
        .where('accountId', '=', accountId)
        .executeTakeFirst()
      return ended.numDeletedRows > 0n
    },
    endOthers: async (id: string, accountId: string): Promise<void> => {
      await db.deleteFrom('sessions').where('accountId', '=', accountId).where('id', '<>', id).execute()
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
