import type { Kysely } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'

/** A long-lived key of a program that acts for a person, with that person's role. */
export type ApiToken = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs | null
}

export type TokenStore = ReturnType<typeof createTokenStore>

const COLUMNS = ['id', 'accountId', 'name', 'createdAt', 'expiresAt'] as const

/** Table `api_tokens`. Holds SHA-256 of the token; the token itself is shown once. */
export function createTokenStore(db: Kysely<Tables>) {
  const valid = () => db.selectFrom('apiTokens').select(COLUMNS).where('revokedAt', 'is', null)
  return {
    insert: async (token: ApiToken, tokenHash: string): Promise<void> => {
      await db
        .insertInto('apiTokens')
        .values({ ...token, tokenHash, lastUsedAt: null, revokedAt: null })
        .execute()
    },
    find: (tokenHash: string): Promise<ApiToken | undefined> =>
      valid().where('tokenHash', '=', tokenHash).executeTakeFirst(),
    listOf: (accountId: string): Promise<readonly ApiToken[]> =>
      valid().where('accountId', '=', accountId).orderBy('createdAt').execute(),
    /** Resolves to false when this account has no such token. */
    revoke: async (id: string, accountId: string, revokedAt: EpochMs): Promise<boolean> => {
      const revoked = await db
        .updateTable('apiTokens')
        .set({ revokedAt })
        .where('id', '=', id)
        .where('accountId', '=', accountId)
        .where('revokedAt', 'is', null)
        .executeTakeFirst()
      return revoked.numUpdatedRows > 0n
    },
    revokeOf: async (accountId: string, revokedAt: EpochMs): Promise<void> => {
      await db
        .updateTable('apiTokens')
        .set({ revokedAt })
        .where('accountId', '=', accountId)
        .where('revokedAt', 'is', null)
        .execute()
    },
  }
}
