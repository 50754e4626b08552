import { type SqlBool, sql } from 'kysely'
import type { Facts } from '../expressions/fact-type.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import type { CardLink } from './card-links.ts'
import { cardInParks } from './card-parks.ts'
import { factsFrom } from './stored-facts.ts'

export type CardBrief = {
  readonly id: string
  readonly no: number
  readonly pipeline: string
  readonly stage: string
  readonly definition: number
  readonly enteredAt: number
  readonly createdAt: number
  readonly closedAt: number | null
  readonly responsible: string | null
  readonly parked: string | null
  readonly subject: string | null
  readonly fields: Facts
}
export type CardFilter = {
  readonly pipeline?: string | undefined
  readonly stage?: string | undefined
  readonly responsible?: string | undefined
  readonly state?: 'open' | 'closed' | 'all' | undefined
  readonly q?: string | undefined
  /** Field → exact value. */
  readonly fields?: Facts | undefined
  readonly link?: { readonly entity: string; readonly record: string } | undefined
  /** Only cards with a task past its due time, or longer on their stage than they may be, at this moment. */
  readonly overdueAt?: number | undefined
  /** Only cards that nobody has a task on. */
  readonly tasks?: 'none' | undefined
  /** Only cards of these parks; one that points at no vehicle, driver or lease is of no park, and seen by all. */
  readonly parks?: ParksInSight | undefined
}

const isOverdue = (now: number) =>
  sql<SqlBool>`(exists (select 1 from card_tasks t where t.card = cards.id and t.state = 'open' and t.due_at < ${now})
    or exists (select 1 from card_timers m where m.card = cards.id and m.name = 'limit' and m.due_at < ${now}))`
const WITHOUT_TASKS = sql<SqlBool>`not exists (select 1 from card_tasks t where t.card = cards.id and t.state = 'open')`
export type CardSort = 'enteredAt' | 'createdAt' | 'no'
export type BoardStore = ReturnType<typeof createBoardStore>

const BRIEF = [
  'id',
  'no',
  'pipeline',
  'stage',
  'definition',
  'enteredAt',
  'createdAt',
  'closedAt',
  'responsible',
  'parked',
  'subject',
  'fields',
] as const

/** A card of a list as it crosses from the database: thousands of them in one value are read far quicker than in rows. */
type BriefRow = readonly [
  id: string,
  no: number,
  pipeline: string,
  stage: string,
  definition: number,
  enteredAt: number,
  createdAt: number,
  closedAt: number | null,
  responsible: string | null,
  parked: string | null,
  subject: string | null,
  fields: Record<string, unknown>,
]
const briefFrom = ([id, no, pipeline, stage, definition, enteredAt, ...rest]: BriefRow): CardBrief => {
  const [createdAt, closedAt, responsible, parked, subject, fields] = rest
  return {
    id,
    no,
    pipeline,
    stage,
    definition,
    enteredAt,
    createdAt,
    closedAt,
    responsible,
    parked,
    subject,
    fields: factsFrom(fields),
  }
}

/** Cards as lists, counts and neighbours of one another; permits and payments that stand beside them. */
export function createBoardStore(db: Db) {
  const chosen = (filter: CardFilter) => {
    let cards = db.selectFrom('cards')
    if (filter.pipeline !== undefined) cards = cards.where('pipeline', '=', filter.pipeline)
    if (filter.stage !== undefined) cards = cards.where('stage', '=', filter.stage)
    if (filter.responsible !== undefined) cards = cards.where('responsible', '=', filter.responsible)
    if (filter.state !== 'all') cards = cards.where('closedAt', filter.state === 'closed' ? 'is not' : 'is', null)
    if (filter.fields !== undefined && Object.keys(filter.fields).length > 0)
      cards = cards.where(sql<SqlBool>`cards.fields @> ${JSON.stringify(filter.fields)}::jsonb`)
    if (filter.q !== undefined && filter.q !== '') {
      const pattern = anywhere(filter.q)
      const number = Number.parseInt(filter.q, 10)
      cards = cards.where(({ or, eb }) =>
        or([
          sql<SqlBool>`cards.fields::text ilike ${pattern}`,
          ...(Number.isSafeInteger(number) ? [eb('no', '=', number)] : []),
        ]),
      )
    }
    if (filter.parks !== undefined && filter.parks !== 'all')
      cards = cards.where(cardInParks(sql, filter.parks, 'cards.id'))
    if (filter.overdueAt !== undefined) cards = cards.where(isOverdue(filter.overdueAt))
    if (filter.tasks === 'none') cards = cards.where(WITHOUT_TASKS)
    const { link } = filter
    if (link !== undefined)
      cards = cards.where('id', 'in', (of) =>
        of.selectFrom('cardLinks').select('card').where('entity', '=', link.entity).where('record', '=', link.record),
      )
    return cards
  }
  return {
    /** The query itself, for those who count and gather what is chosen. */
    chosen,
    brief: async (id: string): Promise<CardBrief | undefined> => {
      if (!UUID.test(id)) return undefined
      const row = await db.selectFrom('cards').select(BRIEF).where('id', '=', id).executeTakeFirst()
      return row && { ...row, fields: factsFrom(row.fields) }
    },
    /** Whether a card is to be seen by who sees these parks. */
    inSight: async (id: string, parks: ParksInSight): Promise<boolean> => {
      if (parks === 'all' || !UUID.test(id)) return true
      const row = await chosen({ state: 'all', parks }).select('id').where('id', '=', id).executeTakeFirst()
      return row !== undefined
    },
    /** Whether all vehicles, drivers and leases among these exist for who sees these parks. */
    mayPointAt: async (links: readonly CardLink[], parks: ParksInSight): Promise<boolean> => {
      if (parks === 'all') return true
      for (const [entity, table] of DIVIDED) {
        const ids = links.filter((link) => link.entity === entity).map(({ record }) => record)
        if (ids.length === 0) continue
        const rows = await db
          .selectFrom(table)
          .select('id')
          .where(sql<SqlBool>`id::text = any(${ids}::text[]) and park_id::text = any(${[...parks]}::text[])`)
          .execute()
        if (rows.length < new Set(ids).size) return false
      }
      return true
    },
    /** Those of these cards that are to be seen by who sees these parks. */
    amongInSight: async (ids: readonly string[], parks: ParksInSight): Promise<ReadonlySet<string>> => {
      if (parks === 'all' || ids.length === 0) return new Set(ids)
      const rows = await chosen({ state: 'all', parks })
        .select('id')
        .where('id', 'in', [...ids])
        .execute()
      return new Set(rows.map(({ id }) => id))
    },
    /** One page, by `sort`, then by number; the cursor is the last pair seen. */
    list: async (
      filter: CardFilter,
      {
        limit,
        after,
        sort,
        order = 'asc',
      }: {
        readonly limit: number
        readonly after: readonly [number, number] | undefined
        readonly sort: CardSort
        readonly order?: 'asc' | 'desc'
      },
    ): Promise<readonly CardBrief[]> => {
      let cards = chosen(filter).select(BRIEF)
      if (after !== undefined) {
        const [value, no] = after
        const past = order === 'asc' ? '>' : '<'
        cards = cards.where(({ or, and, eb }) =>
          or([eb(sort, past, value), and([eb(sort, '=', value), eb('no', past, no)])]),
        )
      }
      const page = cards.orderBy(sort, order).orderBy('no', order).limit(limit).as('page')
      const by = sql.raw(order)
      const { rows } = await db
        .selectFrom(page)
        .select(
          sql<readonly BriefRow[]>`coalesce(json_agg(json_build_array(page.id, page.no, page.pipeline, page.stage,
            page.definition, page.entered_at, page.created_at, page.closed_at, page.responsible, page.parked, page.subject,
            page.fields) order by ${sql.ref(`page.${sort}`)} ${by}, page.no ${by}), '[]'::json)`.as('rows'),
        )
        .executeTakeFirstOrThrow()
      return rows.map(briefFrom)
    },
    counts: (pipeline: string, parks: ParksInSight = 'all') =>
      chosen({ pipeline, state: 'open', parks })
        .select(['stage'])
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('enteredAt').as('oldest')])
        .select(sql<number>`coalesce(sum((fields ->> 'total')::numeric), 0)::bigint`.as('total'))
        .groupBy('stage')
        .execute(),
    /** Open cards that an event about these is meant for. */
    about: async (
      subject: Readonly<Record<string, string>>,
    ): Promise<readonly { readonly id: string; readonly pipeline: string; readonly stage: string }[]> => {
      const { card, ...links } = subject
      const pairs = Object.entries(links)
      return db
        .selectFrom('cards')
        .select(['id', 'pipeline', 'stage'])
        .where('closedAt', 'is', null)
        .where(({ or, eb, selectFrom }) =>
          or([
            ...(card === undefined || !UUID.test(card) ? [] : [eb('id', '=', card)]),
            ...pairs.map(([entity, record]) =>
              eb(
                'id',
                'in',
                selectFrom('cardLinks').select('card').where('record', '=', record).where('entity', '=', entity),
              ),
            ),
            sql<SqlBool>`false`,
          ]),
        )
        .orderBy('enteredAt')
        .limit(1000)
        .execute()
    },
    /** Ids of open cards of a stage, the longest waiting first. */
    waiting: async (pipeline: string, stage: string, limit: number): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('cards')
        .select('id')
        .where('pipeline', '=', pipeline)
        .where('stage', '=', stage)
        .where('closedAt', 'is', null)
        .orderBy('enteredAt')
        .orderBy('no')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
    /** An open card with these values. */
    standing: async (pipeline: string | undefined, match: Facts): Promise<string | undefined> => {
      const fields = Object.fromEntries(
        Object.entries(match).map(([path, value]) => [path.split('.').at(-1) ?? path, value]),
      )
      const row = await chosen({ pipeline, fields }).select('id').orderBy('createdAt').executeTakeFirst()
      return row?.id
    },
    dueTimers: (now: number, limit: number) =>
      db
        .selectFrom('cardTimers')
        .select(['card', 'name', 'version'])
        .where('state', '=', 'set')
        .where('dueAt', '<=', now)
        .orderBy('dueAt')
        .limit(limit)
        .execute(),
    grant: async (permit: {
      readonly permit: string
      readonly entity: string
      readonly record: string
      readonly until: number
      readonly grantedAt: number
      readonly card: string
    }): Promise<void> => {
      await db.insertInto('processPermits').values(permit).execute()
    },
    /** Payments that fitted no card when they came, oldest first. */
    waitingPayments: (limit: number) =>
      db
        .selectFrom('processPayments')
        .select(['key', 'amount', 'match'])
        .where('card', 'is', null)
        .orderBy('at')
        .limit(limit)
        .execute(),
    /** A payment that found its card at last; false when somebody else has placed it. */
    placePayment: async (key: string, card: string): Promise<boolean> => {
      const row = await db
        .updateTable('processPayments')
        .set({ card })
        .where('key', '=', key)
        .where('card', 'is', null)
        .returning('key')
        .executeTakeFirst()
      return row !== undefined
    },
    /** False when this payment has been posted before. */
    addPayment: async (payment: {
      readonly key: string
      readonly amount: number
      readonly match: string
      readonly card: string | null
      readonly at: number
    }): Promise<boolean> => {
      const row = await db
        .insertInto('processPayments')
        .values(payment)
        .onConflict((conflict) => conflict.doNothing())
        .returning('key')
        .executeTakeFirst()
      return row !== undefined
    },
    /** Newest first; the cursor is the last pair of moment and id seen. */
    past: (
      card: string,
      { limit, before }: { readonly limit: number; readonly before: readonly [number, number] | undefined },
      kinds: { readonly only: readonly string[]; readonly not: readonly string[] },
    ) => {
      let rows = db.selectFrom('cardLog').selectAll().where('card', '=', card)
      if (kinds.only.length > 0) rows = rows.where('kind', 'in', [...kinds.only])
      if (kinds.not.length > 0) rows = rows.where('kind', 'not in', [...kinds.not])
      if (before !== undefined)
        rows = rows.where(({ or, and, eb }) =>
          or([eb('at', '<', before[0]), and([eb('at', '=', before[0]), eb('id', '<', before[1])])]),
        )
      return rows.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
    log: (card: string, after: number, limit: number) =>
      db
        .selectFrom('cardLog')
        .selectAll()
        .where('card', '=', card)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute(),
  }
}

/** What has a park, and where it is kept. */
const DIVIDED = [
  ['vehicle', 'vehicles'],
  ['driver', 'drivers'],
  ['lease', 'leases'],
] as const
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
