import { createHash } from 'node:crypto'
import { type SqlBool, sql } from 'kysely'
import type { Db } from '../../postgres/postgres-client.ts'
import { outboxRow } from '../effects/outbox-row.ts'
import type { About, Adapter, Incoming } from './webhook.ts'

export type InboxStore = ReturnType<typeof createInboxStore>
/** `late`: a newer word about the same was there before it. */
export type Taken =
  | { readonly kind: 'new'; readonly key: string }
  | { readonly kind: 'known' }
  | { readonly kind: 'late' }
/** Pure. Whom the sender says it is about. */
const subjectWord = (about: About = {}): string | null =>
  Object.entries(about)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([entity, id]) => `${entity}:${id}`)
    .toSorted()
    .join(' ') || null
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
  /** Of events where only the newest word counts: whether a newer one about the same was taken already. */
  const isOvertaken = async (event: string, subject: string, happenedAt: number): Promise<boolean> => {
    await sql`select pg_advisory_xact_lock(hashtext(${`${event} ${subject}`}))`.execute(db)
    const newer = await db
      .selectFrom('processInbox')
      .select('key')
      .where('event', '=', event)
      .where('subject', '=', subject)
      .where('happenedAt', '>', happenedAt)
      .limit(1)
      .executeTakeFirst()
    return newer !== undefined
  }
  const takeInOrder = async (
    adapter: Adapter | 'inbox',
    { event, key, payload, happenedAt, about }: Incoming,
    now: number,
    counts: 'each' | 'newest' = 'each',
  ): Promise<Taken> => {
    const subject = subjectWord(about)
    const late =
      counts === 'newest' &&
      subject !== null &&
      happenedAt !== undefined &&
      (await isOvertaken(event, subject, happenedAt))
    const found = await subjectOf(about)
    const waits = !late && about?.phone !== undefined && found['card'] === undefined
    const row = await db
      .insertInto('processInbox')
      .values({
        adapter,
        key,
        event,
        payload: JSON.stringify(payload),
        happenedAt: happenedAt ?? null,
        receivedAt: now,
        subject,
        late,
        waitsFor: waits ? (about?.phone ?? null) : null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst()
    if (row === undefined) return { kind: 'known' }
    if (late) return { kind: 'late' }
    const outbox = `in:${adapter}:${key}`
    await db
      .insertInto('processOutbox')
      .values(outboxRow(outbox, null, { kind: 'emit', event, payload, subject: found }, now))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return { kind: 'new', key: outbox }
  }
  /** Keeps an event and queues it in one stroke; undefined when it has come before. */
  const take = async (adapter: Adapter | 'inbox', incoming: Incoming, now: number): Promise<string | undefined> => {
    const taken = await takeInOrder(adapter, incoming, now)
    return taken.kind === 'new' ? taken.key : undefined
  }
  return {
    take,
    /** The same, and why nothing came of it: it has come before, or a newer word about the same has. */
    takeInOrder,
    /** Events about a number that no open card had, oldest first, where now one has. */
    placeable: async (since: number, limit: number) =>
      db
        .selectFrom('processInbox')
        .innerJoin('cards', (join) =>
          join.on(sql<SqlBool>`cards.fields ->> 'phone' = process_inbox.waits_for`).on('cards.closedAt', 'is', null),
        )
        .select(['processInbox.adapter', 'processInbox.key', 'processInbox.event', 'processInbox.payload'])
        .select(sql<string>`(array_agg(cards.id::text order by cards.created_at))[1]`.as('card'))
        .where('processInbox.waitsFor', 'is not', null)
        .where('processInbox.receivedAt', '>', since)
        .groupBy(['processInbox.adapter', 'processInbox.key'])
        .orderBy(sql`coalesce(process_inbox.happened_at, process_inbox.received_at)`)
        .limit(limit)
        .execute(),
    /** False when somebody else has placed it. */
    placed: async (adapter: string, key: string): Promise<boolean> => {
      const row = await db
        .updateTable('processInbox')
        .set({ waitsFor: null })
        .where('adapter', '=', adapter)
        .where('key', '=', key)
        .where('waitsFor', 'is not', null)
        .returning('key')
        .executeTakeFirst()
      return row !== undefined
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
