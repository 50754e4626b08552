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
  readonly lastUsedAt: EpochMs | null
  /** What it may be used for; null: everything its person may. */
  readonly scopes: readonly string[] | null
  /** How it begins, to tell it from others. */
  readonly shown: string
}

export type TokenStore = ReturnType<typeof createTokenStore>

const COLUMNS = ['id', 'accountId', 'name', 'createdAt', 'expiresAt', 'lastUsedAt', 'scopes', 'shown'] as const

/** Table `api_tokens`. Holds SHA-256 of the token; the token itself is shown once. */
export function createTokenStore(db: Kysely<Tables>) {
  const valid = () => db.selectFrom('apiTokens').select(COLUMNS).where('revokedAt', 'is', null)
  return {
    insert: async (token: ApiToken, tokenHash: string): Promise<void> => {
      await db
        .insertInto('apiTokens')
        .values({
          ...token,
          scopes: token.scopes === null ? null : JSON.stringify(token.scopes),
          tokenHash,
          revokedAt: null,
        })
        .execute()
    },
    find: (tokenHash: string): Promise<ApiToken | undefined> =>
      valid().where('tokenHash', '=', tokenHash).executeTakeFirst(),
    used: async (id: string, lastUsedAt: EpochMs): Promise<void> => {
      await db.updateTable('apiTokens').set({ lastUsedAt }).where('id', '=', id).execute()
    },
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
