import { type SqlBool, sql } from 'kysely'
import type { ParksInSight } from '../http/access.ts'
import type { InboxConversationRow } from '../postgres/inbox-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import { cardInParks } from '../processes/card-parks.ts'
import type { IncomingWord } from './incoming.ts'

export type ConversationStore = ReturnType<typeof createConversationStore>
/** Whose conversations: of accounts and cards of these parks (or of none), and of accounts that this role sees. */
export type InboxSight = { readonly parks: ParksInSight; readonly role: string; readonly id: string }
export type ConversationFilter = {
  readonly state?: 'unanswered' | 'answered' | 'closed' | undefined
  readonly account?: string | undefined
  readonly mine?: 'yes' | 'no' | undefined
  readonly card?: string | undefined
  readonly q?: string | undefined
}

/** Tables `inbox_conversations` and `inbox_items`. */
export function createConversationStore(db: Db) {
  const inSight = ({ parks, role, id }: InboxSight) => {
    let rows = db
      .selectFrom('inboxConversations')
      .innerJoin('inboxAccounts', 'inboxAccounts.id', 'inboxConversations.account')
    if (parks !== 'all')
      rows = rows.where(
        sql<SqlBool>`(inbox_accounts.park_id is null or inbox_accounts.park_id::text = any(${[...parks]}::text[]))
          and ${cardInParks(sql, parks, 'inbox_conversations.card')}`,
      )
    if (role !== 'owner' && role !== 'head')
      rows = rows.where(
        sql<SqlBool>`(inbox_accounts.roles = '[]'::jsonb or inbox_accounts.roles @> ${JSON.stringify([role])}::jsonb or inbox_conversations.assignee = ${id})`,
      )
    return rows
  }
  const shown = (sight: InboxSight) =>
    inSight(sight)
      .selectAll('inboxConversations')
      .select(['inboxAccounts.channel', 'inboxAccounts.title as accountTitle', 'inboxAccounts.source'])

  return {
    lock: (account: string, outsideId: string): Promise<InboxConversationRow | undefined> =>
      db
        .selectFrom('inboxConversations')
        .selectAll()
        .where('account', '=', account)
        .where('outsideId', '=', outsideId)
        .forUpdate()
        .executeTakeFirst(),
    /** The conversation of one of our letters, by the beginning of its id. */
    lockMarked: (account: string, mark: string): Promise<InboxConversationRow | undefined> =>
      db
        .selectFrom('inboxConversations')
        .selectAll()
        .where('account', '=', account)
        .where(sql<SqlBool>`id::text like ${`${mark}%`}`)
        .forUpdate()
        .executeTakeFirst(),
    /** False when it is known already. */
    insert: async (row: InboxConversationRow): Promise<boolean> =>
      (await db
        .insertInto('inboxConversations')
        .values(row)
        .onConflict((conflict) => conflict.columns(['account', 'outsideId']).doNothing())
        .returning('id')
        .executeTakeFirst()) !== undefined,
    update: ({ id, ...row }: Partial<InboxConversationRow> & { readonly id: string }) =>
      db.updateTable('inboxConversations').set(row).where('id', '=', id).execute(),
    /** False when this message has come before. */
    addIn: async (
      id: string,
      conversation: string,
      account: string,
      { key, text, files, name }: IncomingWord,
      at: number,
    ): Promise<boolean> =>
      (await db
        .insertInto('inboxItems')
        .values({
          id,
          conversation,
          account,
          direction: 'in',
          key,
          text,
          files: JSON.stringify(files),
          at,
          byName: name ?? null,
          state: 'received',
          dueAt: null,
          problem: null,
        })
        .onConflict((conflict) => conflict.columns(['account', 'direction', 'key']).doNothing())
        .returning('id')
        .executeTakeFirst()) !== undefined,
    addOut: async (item: {
      readonly id: string
      readonly conversation: string
      readonly account: string
      readonly text: string
      readonly at: number
      readonly by: string
    }): Promise<void> => {
      const { by, ...row } = item
      await db
        .insertInto('inboxItems')
        .values({
          ...row,
          direction: 'out',
          key: item.id,
          files: '[]',
          byName: by,
          state: 'queued',
          dueAt: item.at,
          problem: null,
        })
        .execute()
    },
    seen: (id: string, sight: InboxSight) => shown(sight).where('inboxConversations.id', '=', id).executeTakeFirst(),
    lockById: (id: string): Promise<InboxConversationRow | undefined> =>
      db.selectFrom('inboxConversations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst(),
    /** The unanswered: whoever waits longest first; all others: the newest first. */
    list: (
      filter: ConversationFilter,
      sight: InboxSight,
      { limit, after }: { readonly limit: number; readonly after: readonly [number, string] | undefined },
    ) => {
      const { state, account, mine, card, q } = filter
      let rows = shown(sight)
      if (state === 'unanswered') rows = rows.where('waitingSince', 'is not', null)
      if (state === 'answered')
        rows = rows.where('waitingSince', 'is', null).where('inboxConversations.closedAt', 'is', null)
      if (state === 'closed') rows = rows.where('inboxConversations.closedAt', 'is not', null)
      if (account !== undefined) rows = rows.where('account', '=', account)
      if (mine === 'yes') rows = rows.where('assignee', '=', sight.id)
      if (card !== undefined) rows = rows.where('card', '=', card)
      if (q !== undefined && q !== '')
        rows = rows.where(({ or, eb }) =>
          or(
            (['inboxConversations.name', 'inboxConversations.phone', 'subject', 'lastText'] as const).map((column) =>
              eb(column, 'ilike', anywhere(q)),
            ),
          ),
        )
      const by = state === 'unanswered' ? ('waitingSince' as const) : ('lastAt' as const)
      const way = state === 'unanswered' ? ('asc' as const) : ('desc' as const)
      if (after !== undefined)
        rows = rows.where(({ or, and, eb }) =>
          or([
            eb(by, way === 'asc' ? '>' : '<', after[0]),
            and([eb(by, '=', after[0]), eb('inboxConversations.id', '>', after[1])]),
          ]),
        )
      return rows.orderBy(by, way).orderBy('inboxConversations.id').limit(limit).execute()
    },
    items: (conversation: string, limit: number) =>
      db
        .selectFrom('inboxItems')
        .selectAll()
        .where('conversation', '=', conversation)
        .orderBy('at')
        .orderBy('id')
        .limit(limit)
        .execute(),
    /** What was said in the conversations of a card, newest first; the cursor is the last pair seen. */
    itemsOfCard: (
      card: string,
      sight: InboxSight,
      { limit, before }: { readonly limit: number; readonly before: readonly [number, string] | undefined },
    ) => {
      let rows = inSight(sight)
        .innerJoin('inboxItems', 'inboxItems.conversation', 'inboxConversations.id')
        .selectAll('inboxItems')
        .select(['inboxConversations.name as who', 'inboxAccounts.channel', 'inboxAccounts.title as accountTitle'])
        .where('inboxConversations.card', '=', card)
      if (before !== undefined)
        rows = rows.where(({ or, and, eb }) =>
          or([
            eb('inboxItems.at', '<', before[0]),
            and([eb('inboxItems.at', '=', before[0]), eb('inboxItems.id', '>', before[1])]),
          ]),
        )
      return rows.orderBy('inboxItems.at', 'desc').orderBy('inboxItems.id').limit(limit).execute()
    },
    /** How many wait, since when, and how long a first answer takes, by who gave it. */
    figures: async (sight: InboxSight, from: number, to: number) => {
      const waiting = await inSight(sight)
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('waitingSince').as('since')])
        .where('waitingSince', 'is not', null)
        .executeTakeFirstOrThrow()
      const people = await inSight(sight)
        .select('firstAnswerBy as by')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .select(
          sql<number>`percentile_cont(0.5) within group (order by inbox_conversations.first_answer_ms)`.as('medianMs'),
        )
        .where('firstAnswerMs', 'is not', null)
        .where('firstInAt', '>=', from)
        .where('firstInAt', '<', to)
        .groupBy('firstAnswerBy')
        .orderBy('count', 'desc')
        .execute()
      return { waiting, people }
    },
    dueOut: (now: number, limit: number) =>
      db
        .selectFrom('inboxItems')
        .innerJoin('inboxConversations', 'inboxConversations.id', 'inboxItems.conversation')
        .innerJoin('inboxAccounts', 'inboxAccounts.id', 'inboxItems.account')
        .select(['inboxItems.id', 'inboxItems.text', 'inboxItems.attempts', 'inboxItems.conversation'])
        .select(['inboxConversations.outsideId', 'inboxConversations.subject'])
        .select(['inboxAccounts.channel', 'inboxAccounts.address', 'inboxAccounts.replyUrl', 'inboxAccounts.secret'])
        .where('inboxItems.state', '=', 'queued')
        .where('inboxItems.dueAt', '<=', now)
        .orderBy('inboxItems.dueAt')
        .limit(limit)
        .execute(),
    tried: (
      id: string,
      {
        state,
        problem,
        dueAt,
      }: {
        readonly state: 'sent' | 'queued' | 'failed'
        readonly problem: string | null
        readonly dueAt: number | null
      },
    ) =>
      db
        .updateTable('inboxItems')
        .set(({ eb }) => ({ state, problem, dueAt, attempts: eb('attempts', '+', 1) }))
        .where('id', '=', id)
        .execute(),
  }
}
