import type { Caller } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { InboxConversationRow } from '../postgres/inbox-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { InboxAccount } from './account-store.ts'
import { answered, type Conversation, closed, heard } from './conversation.ts'
import type { ConversationFilter, ConversationStore, InboxSight } from './conversation-store.ts'
import { asksReturn, type IncomingWord, markedIn } from './incoming.ts'
import type { ReplyClient } from './reply-client.ts'

/** Something that cards and rules are to hear of. */
export type InboxEvent = {
  readonly key: string
  readonly name: 'message.received' | 'driver.asked_return'
  readonly payload: Readonly<Record<string, string>>
  readonly about?: { readonly driver: string }
}
type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly conversationStore: (db: Db) => ConversationStore
    /** Queues an event within the transaction; answers its key in the outbox. */
    readonly tell: (within: Db, event: InboxEvent) => Promise<string | undefined>
    /** Carries an event out at once. */
    readonly carryOut: (key: string) => Promise<void>
    /** An open card of this conversation, by what its person has said of himself. */
    readonly cardOf: (within: Db, phone: string) => Promise<string | undefined>
    /** Whose account of this channel it is, among our drivers. */
    readonly driverOf: (within: Db, channel: string, outsideId: string) => Promise<string | undefined>
    readonly replies: ReplyClient
  }
export type InboxService = ReturnType<typeof createInboxService>

const MOST_ATTEMPTS = 8
const SOON_MS = 5000
const LONGEST_SHOWN = 200

/** The shared inbox: whoever writes waits until somebody has answered, whatever account he wrote to. */
export function createInboxService(deps: Deps) {
  const { db, inTransaction, clock, uuid, log } = deps
  const store = deps.conversationStore(db)
  const sightOf = ({ parks, role, id }: Caller): InboxSight => ({ parks, role, id })

  const fresh = (account: InboxAccount, word: IncomingWord, at: number): InboxConversationRow => ({
    id: uuid(),
    account: account.id,
    outsideId: word.outsideId,
    name: word.name ?? null,
    phone: word.phone ?? null,
    subject: word.subject ?? null,
    assignee: account.assignTo,
    assigneeName: account.assignName,
    card: null,
    firstInAt: at,
    lastAt: at,
    lastText: '',
    waitingSince: null,
    firstAnswerMs: null,
    firstAnswerBy: null,
    closedAt: null,
    closedBy: null,
  })
  const conversationFor = async (within: Db, account: InboxAccount, word: IncomingWord, at: number) => {
    const rows = deps.conversationStore(within)
    const mark = markedIn(word.subject)
    const marked = mark === undefined ? undefined : await rows.lockMarked(account.id, mark)
    if (marked !== undefined) return { row: marked, isNew: false }
    const row = fresh(account, word, at)
    if (await rows.insert(row)) return { row, isNew: true }
    const known = await rows.lock(account.id, word.outsideId)
    if (known === undefined) throw new Error('a conversation is neither new nor known')
    return { row: known, isNew: false }
  }

  const change = async (
    caller: Caller,
    id: string,
    work: (within: Db, row: InboxConversationRow) => Promise<void>,
  ): Promise<void> => {
    if ((await store.seen(id, sightOf(caller))) === undefined) throw new Fault('inbox/unknown')
    await inTransaction(async (within) => {
      const row = await deps.conversationStore(within).lockById(id)
      if (row === undefined) throw new Fault('inbox/unknown')
      await work(within, row)
    })
  }

  return {
    /** Keeps what somebody has said; false when it has come before. */
    receive: async (account: InboxAccount, word: IncomingWord): Promise<boolean> => {
      const now = clock.now()
      const told = await inTransaction(async (within) => {
        const rows = deps.conversationStore(within)
        const { row, isNew } = await conversationFor(within, account, word, now)
        if (!(await rows.addIn(uuid(), row.id, account.id, word, word.at ?? now))) return undefined
        const phone = row.phone ?? word.phone ?? null
        const card = row.card ?? (phone === null ? undefined : await deps.cardOf(within, phone)) ?? null
        await rows.update({
          id: row.id,
          ...stateOf(heard(conversationOf(row), now)),
          closedBy: null,
          name: row.name ?? word.name ?? null,
          phone,
          card,
          lastAt: now,
          lastText: word.text.slice(0, LONGEST_SHOWN),
        })
        // A person who comes back after a closed conversation is a new inquiry; one who goes on talking is not.
        const isInquiry = isNew || (row.closedAt !== null && card === null)
        const driver = asksReturn(word.text) ? await deps.driverOf(within, account.channel, word.outsideId) : undefined
        const event =
          driver !== undefined
            ? returnOf(account, word, driver)
            : isInquiry
              ? eventOf(account, row, word, phone)
              : undefined
        return { conversation: row.id, key: event && (await deps.tell(within, event)), phone }
      })
      if (told === undefined) return false
      if (told.key !== undefined) await deps.carryOut(told.key)
      const card = told.phone === null ? undefined : await deps.cardOf(db, told.phone)
      if (card !== undefined) await store.update({ id: told.conversation, card })
      return true
    },
    list: (caller: Caller, filter: ConversationFilter, page: Parameters<ConversationStore['list']>[2]) =>
      store.list(filter, sightOf(caller), page),
    one: async (caller: Caller, id: string) => {
      const row = await store.seen(id, sightOf(caller))
      if (row === undefined) throw new Fault('inbox/unknown')
      return { row, items: await store.items(id, 500) }
    },
    ofCard: (caller: Caller, card: string, page: Parameters<ConversationStore['itemsOfCard']>[2]) =>
      store.itemsOfCard(card, sightOf(caller), page),
    figures: (caller: Caller, from: number, to: number) => store.figures(sightOf(caller), from, to),
    /** Queues an answer; whoever answers takes the conversation, unless somebody has it. */
    answer: (caller: Caller, id: string, text: string): Promise<void> =>
      change(caller, id, async (within, row) => {
        const now = clock.now()
        const rows = deps.conversationStore(within)
        await rows.addOut({ id: uuid(), conversation: id, account: row.account, text, at: now, by: caller.name })
        await rows.update({
          id,
          ...stateOf(answered(conversationOf(row), now)),
          firstAnswerBy: row.firstAnswerBy ?? caller.name,
          assignee: row.assignee ?? caller.id,
          assigneeName: row.assigneeName ?? caller.name,
          lastAt: now,
          lastText: text.slice(0, LONGEST_SHOWN),
        })
      }),
    assign: (
      caller: Caller,
      id: string,
      to: { readonly id: string; readonly name: string } | undefined,
    ): Promise<void> =>
      change(caller, id, async (within) => {
        await deps.conversationStore(within).update({ id, assignee: to?.id ?? null, assigneeName: to?.name ?? null })
      }),
    close: (caller: Caller, id: string): Promise<void> =>
      change(caller, id, async (within, row) => {
        const state = stateOf(closed(conversationOf(row), clock.now()))
        await deps.conversationStore(within).update({ id, ...state, closedBy: caller.name })
      }),
    /** Sends what is due; answers how many were tried. */
    deliver: async (stop: AbortSignal): Promise<number> => {
      const due = await store.dueOut(clock.now(), 50)
      for (const item of due) {
        if (stop.aborted) break
        const now = clock.now()
        const sent = await deps.replies.send(item, now, stop)
        if (sent.outcome === 'sent') await store.tried(item.id, { state: 'sent', problem: null, dueAt: null })
        else if (sent.outcome === 'refused' || item.attempts + 1 >= MOST_ATTEMPTS) {
          await store.tried(item.id, { state: 'failed', problem: sent.why, dueAt: null })
          log.warn({ item: item.id, why: sent.why }, 'inbox.answer-failed')
          // Nobody has read it: whoever asked waits again.
          await store.update({ id: item.conversation, waitingSince: now })
        } else
          await store.tried(item.id, { state: 'queued', problem: sent.why, dueAt: now + SOON_MS * 2 ** item.attempts })
      }
      return due.length
    },
  }
}

const conversationOf = (row: InboxConversationRow): Conversation => ({
  firstInAt: row.firstInAt,
  waitingSince: row.waitingSince ?? undefined,
  firstAnswerMs: row.firstAnswerMs ?? undefined,
  closedAt: row.closedAt ?? undefined,
})
const stateOf = ({ waitingSince, firstAnswerMs, closedAt }: Conversation) => ({
  waitingSince: waitingSince ?? null,
  firstAnswerMs: firstAnswerMs ?? null,
  closedAt: closedAt ?? null,
})

const eventOf = (
  account: InboxAccount,
  row: InboxConversationRow,
  word: IncomingWord,
  phone: string | null,
): InboxEvent => ({
  key: `${account.id}:${word.key}`.slice(0, 200),
  name: 'message.received',
  payload: {
    conversation: row.id,
    channel: account.channel,
    account: account.title,
    source: account.source,
    form: account.form,
    text: word.text.slice(0, 500),
    ...(word.name === undefined ? {} : { name: word.name }),
    ...(phone === null ? {} : { phone }),
  },
})

/** A driver who is known by his account says it: the card of his lease hears of it, and nobody is made an inquirer. */
const returnOf = (account: InboxAccount, word: IncomingWord, driver: string): InboxEvent => ({
  key: `return ${account.id}:${word.key}`.slice(0, 200),
  name: 'driver.asked_return',
  payload: {},
  about: { driver },
})
