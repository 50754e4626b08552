import type { Db } from '../postgres/postgres-client.ts'
import type { MailPlace } from './imap-client.ts'

export type MailboxStore = ReturnType<typeof createMailboxStore>

/** Table `inbox_mailboxes`: how far the mailbox of an account has been read. */
export function createMailboxStore(db: Db) {
  return {
    placeOf: async (account: string): Promise<MailPlace | undefined> =>
      db.selectFrom('inboxMailboxes').select(['validity', 'uid']).where('account', '=', account).executeTakeFirst(),
    keep: async (account: string, place: MailPlace): Promise<void> => {
      await db
        .insertInto('inboxMailboxes')
        .values({ account, ...place })
        .onConflict((conflict) => conflict.column('account').doUpdateSet(place))
        .execute()
    },
  }
}
