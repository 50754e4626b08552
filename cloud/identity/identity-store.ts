import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type IdentityStore = ReturnType<typeof createIdentityStore>

/** Table `outside_identities`: which outside person is which account. */
export function createIdentityStore(db: Db) {
  return {
    accountOf: async (issuer: string, subject: string): Promise<string | undefined> => {
      const query = db.selectFrom('outsideIdentities').select('accountId')
      return (await query.where('issuer', '=', issuer).where('subject', '=', subject).executeTakeFirst())?.accountId
    },
    /** Resolves to false when this outside person is linked already. */
    link: async (issuer: string, subject: string, accountId: string, linkedAt: EpochMs): Promise<boolean> => {
      const linked = await db
        .insertInto('outsideIdentities')
        .values({ issuer, subject, accountId, linkedAt })
        .onConflict((it) => it.doNothing())
        .returning('accountId')
        .executeTakeFirst()
      return linked !== undefined
    },
    /** Of an account that is being recovered and has a password to come back by: whoever had it may have linked himself. */
    forgetOf: async (accountId: string): Promise<void> => {
      await db
        .deleteFrom('outsideIdentities')
        .where('accountId', '=', accountId)
        .where('accountId', 'in', db.selectFrom('accounts').select('id').where('passwordHash', 'is not', null))
        .execute()
    },
  }
}
