import { createHash } from 'node:crypto'
import type { InboxAccountRow } from '../postgres/inbox-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

/** An account as it is read. */
export type InboxAccount = Omit<InboxAccountRow, 'roles'> & { readonly roles: readonly string[] }
export type AccountStore = ReturnType<typeof createAccountStore>
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Table `inbox_accounts`. */
export function createAccountStore(db: Db) {
  return {
    add: async ({
      token,
      roles,
      ...row
    }: Omit<InboxAccountRow, 'tokenHash' | 'roles' | 'closedAt'> & {
      readonly token: string
      readonly roles: readonly string[]
    }): Promise<void> => {
      await db
        .insertInto('inboxAccounts')
        .values({ ...row, tokenHash: hashOf(token), roles: JSON.stringify(roles), closedAt: null })
        .execute()
    },
    /** Closed ones take nothing more. */
    byToken: (token: string): Promise<InboxAccount | undefined> =>
      db
        .selectFrom('inboxAccounts')
        .selectAll()
        .where('tokenHash', '=', hashOf(token))
        .where('closedAt', 'is', null)
        .executeTakeFirst(),
    all: () => db.selectFrom('inboxAccounts').selectAll().orderBy('createdAt').execute(),
    close: async (id: string, at: number): Promise<boolean> =>
      (await db
        .updateTable('inboxAccounts')
        .set({ closedAt: at })
        .where('id', '=', id)
        .where('closedAt', 'is', null)
        .returning('id')
        .executeTakeFirst()) !== undefined,
  }
}
