import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../postgres/postgres-client.ts'
import { outboxRow } from '../effects/outbox-row.ts'
import type { About, Adapter, Incoming } from './webhook.ts'

export type InboxStore = ReturnType<typeof createInboxStore>
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Tables `process_inbox` and `process_hooks`. */
export function createInboxStore(db: Db) {
  /** A number stands for the open card that has it, the oldest of several. */
  const subjectOf = async ({ phone, ...ids }: About = {}): Promise<Readonly<Record<string, string>>> => {
    const named = Object.entries(ids).filter((pair): pair is [string, string] => pair[1] !== undefined)
    if (phone === undefined || ids.card !== undefined) return Object.fromEntries(named)
    const card = await db
      .selectFrom('cards')
      .select('id')
      .where('closedAt', 'is', null)
      .where(sql<boolean>`fields ->> 'phone' = ${phone}`)
      .orderBy('createdAt')
      .executeTakeFirst()
    return Object.fromEntries(card === undefined ? named : [...named, ['card', card.id]])
  }
  return {
    /** Keeps an event and queues it in one stroke; undefined when it has come before. */
    take: async (
      adapter: Adapter | 'inbox',
      { event, key, payload, happenedAt, about }: Incoming,
      now: number,
    ): Promise<string | undefined> => {
      const row = await db
        .insertInto('processInbox')
        .values({
          adapter,
          key,
          event,
          payload: JSON.stringify(payload),
          happenedAt: happenedAt ?? null,
          receivedAt: now,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('key')
        .executeTakeFirst()
      if (row === undefined) return undefined
      const outbox = `in:${adapter}:${key}`
      await db
        .insertInto('processOutbox')
        .values(outboxRow(outbox, null, { kind: 'emit', event, payload, subject: await subjectOf(about) }, now))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return outbox
    },
    addHook: (hook: {
      readonly id: string
      readonly adapter: Adapter
      readonly token: string
      readonly secret: string | undefined
      readonly title: string
      readonly by: string
      readonly at: number
    }) =>
      db
        .insertInto('processHooks')
        .values({
          id: hook.id,
          adapter: hook.adapter,
          tokenHash: hashOf(hook.token),
          title: hook.title,
          createdAt: hook.at,
          createdBy: hook.by,
          revokedAt: null,
          secret: hook.secret ?? null,
        })
        .execute(),
    hooks: () =>
      db
        .selectFrom('processHooks')
        .select(['id', 'adapter', 'title', 'createdAt', 'createdBy', 'revokedAt'])
        .orderBy('createdAt')
        .execute(),
    revoke: async (id: string, at: number): Promise<boolean> => {
      const row = await db
        .updateTable('processHooks')
        .set({ revokedAt: at })
        .where('id', '=', id)
        .where('revokedAt', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
    /** The hook of this secret address; with a secret of its own its messages have to be signed. */
    findHook: async (adapter: string, token: string) => {
      const row = await db
        .selectFrom('processHooks')
        .select(['id', 'secret'])
        .where('tokenHash', '=', hashOf(token))
        .where('adapter', '=', adapter)
        .where('revokedAt', 'is', null)
        .executeTakeFirst()
      return row
    },
    unmatched: () =>
      db
        .selectFrom('processPayments')
        .select(['key', 'amount', 'match', 'at'])
        .where('card', 'is', null)
        .orderBy('at', 'desc')
        .limit(200)
        .execute(),
  }
}
