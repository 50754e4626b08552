import type { MailboxSettings } from '../messages/channel-settings.ts'
import type { World } from '../world.ts'
import type { AccountStore } from './account-store.ts'
import type { ImapClient } from './imap-client.ts'
import type { InboxService } from './inbox-service.ts'
import { wordOfLetter } from './letter.ts'
import type { MailboxStore } from './mailbox-store.ts'

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly accounts: Pick<AccountStore, 'all'>
  readonly places: MailboxStore
  readonly mailboxes: readonly MailboxSettings[]
  readonly imap: (mailbox: MailboxSettings) => ImapClient
  readonly inbox: Pick<InboxService, 'receive'>
}

/** Letters of our mailboxes as conversations of the accounts that have their addresses. */
export function createMailboxService({ clock, log, accounts, places, mailboxes, imap, inbox }: Deps) {
  return {
    /** Looks into every mailbox once; one that cannot be read keeps no other from being read. Answers how many letters were new. */
    look: async (stop: AbortSignal): Promise<number> => {
      let count = 0
      const open = (await accounts.all()).filter(({ channel, closedAt }) => channel === 'email' && closedAt === null)
      for (const mailbox of mailboxes) {
        const account = open.find(({ address }) => address?.toLowerCase() === mailbox.address.toLowerCase())
        if (account === undefined || stop.aborted) continue
        const take = async (letter: Uint8Array): Promise<void> => {
          const word = wordOfLetter(letter)
          // What we have sent to ourselves is no inquiry.
          if (word === undefined || word.outsideId === mailbox.address.toLowerCase()) return
          if (await inbox.receive(account, word)) count += 1
        }
        try {
          const place = await imap(mailbox).read(await places.placeOf(account.id), clock.now(), take, stop)
          await places.keep(account.id, place)
        } catch (err) {
          log.warn({ err, account: account.id }, 'inbox.mailbox-not-read')
        }
      }
      return count
    },
  }
}
