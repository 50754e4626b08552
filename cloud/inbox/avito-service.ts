import type { World } from '../world.ts'
import type { AccountStore } from './account-store.ts'
import type { AvitoClient } from './avito-client.ts'
import { avitoWord } from './avito-word.ts'
import type { InboxService } from './inbox-service.ts'
import type { MailboxStore } from './mailbox-store.ts'

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly accounts: Pick<AccountStore, 'all'>
  /** How far each account has been read: `uid` is the second of the newest change of a chat. */
  readonly places: MailboxStore
  readonly clients: readonly AvitoClient[]
  readonly inbox: Pick<InboxService, 'receive'>
}
const DAY_S = 86_400
/** Clocks of two machines, and two changes within one second; what comes twice is known by its id. */
const SLACK_S = 120
const PAGE = 100
/** The vendor gives no chat behind this one. */
const LAST_OFFSET = 1000

/** Messages of Avito as conversations of the accounts that have their user ids. */
export function createAvitoService({ clock, log, accounts, places, clients, inbox }: Deps) {
  const lookAt = async (
    account: Parameters<InboxService['receive']>[0],
    client: AvitoClient,
    stop: AbortSignal,
  ): Promise<number> => {
    const place = await places.placeOf(account.id)
    const since = (place?.uid ?? Math.floor(clock.now() / 1000) - DAY_S) - SLACK_S
    let newest = place?.uid ?? 0
    let count = 0
    for (let offset = 0; offset <= LAST_OFFSET && !stop.aborted; offset += PAGE) {
      const chats = await client.chats(offset, stop)
      for (const chat of chats.filter(({ updated }) => updated >= since)) {
        const other = chat.users.find(({ id }) => id !== client.userId)
        const about = { id: chat.id, name: other?.name || undefined, item: chat.context?.value?.title }
        const messages = await client.messages(chat.id, stop)
        for (const message of messages.toSorted((a, b) => a.created - b.created)) {
          if (message.direction === 'out' || message.author_id === client.userId || message.created < since) continue
          const word = avitoWord(message, about)
          if (word !== undefined && (await inbox.receive(account, word))) count += 1
        }
        newest = Math.max(newest, chat.updated)
      }
      if (chats.length < PAGE) break
    }
    if (newest > 0) await places.keep(account.id, { validity: 0, uid: newest })
    return count
  }
  return {
    /** Looks into every account once; one that cannot be read keeps no other from being read. Answers how many messages were new. */
    look: async (stop: AbortSignal): Promise<number> => {
      const open = (await accounts.all()).filter(({ channel, closedAt }) => channel === 'avito' && closedAt === null)
      let count = 0
      for (const client of clients) {
        const account = open.find(({ address }) => address === client.userId)
        if (account === undefined || stop.aborted) continue
        try {
          count += await lookAt(account, client, stop)
        } catch (err) {
          log.warn({ err, account: account.id }, 'inbox.avito-not-read')
        }
      }
      return count
    },
  }
}
