import { sql } from 'kysely'
import type { Db } from '../postgres/postgres-client.ts'
import type { CardRow, CardRunRow } from '../postgres/process-tables.ts'
import { linksOf } from './card-links.ts'
import { taskOf } from './desk/task-row.ts'
import { outboxRow } from './effects/outbox-row.ts'
import type { Actor, Card, CardState, Change, Effect, Run, Timer } from './engine/card.ts'
import { factsFrom } from './stored-facts.ts'

type Read<Row> = { readonly [K in keyof Row]: Row[K] extends { readonly __select__: infer Value } ? Value : Row[K] }

export type CardStore = ReturnType<typeof createCardStore>
export type Decided = {
  readonly before: CardState
  readonly after: CardState
  readonly changes: readonly { readonly change: Change; readonly actor: Actor }[]
  readonly effects: readonly Effect[]
  readonly now: number
  readonly reason: string | undefined
  readonly clientKey: string | undefined
}

/** Cards with their tasks, runs and timers, the log, and the outbox line written with it: all in the caller's transaction. */
export function createCardStore(db: Db) {
  return {
    /** Locks the card: events of one card come one after another. Undefined when there is none. */
    load: async (id: string, lock: 'lock' | 'look'): Promise<CardState | undefined> => {
      const found = db.selectFrom('cards').selectAll().where('id', '=', id)
      const row = await (lock === 'lock' ? found.forUpdate() : found).executeTakeFirst()
      if (row === undefined) return undefined
      const tasks = await db
        .selectFrom('cardTasks')
        .selectAll()
        .where('card', '=', id)
        .where('state', 'in', ['open', 'held'])
        .orderBy('createdAt')
        .orderBy('id')
        .execute()
      const runs = await db
        .selectFrom('cardRuns')
        .selectAll()
        .where('card', '=', id)
        .where('state', '=', 'running')
        .orderBy('startedAt')
        .execute()
      const timers = await db.selectFrom('cardTimers').selectAll().where('card', '=', id).execute()
      return {
        card: cardOf(row),
        tasks: tasks.map(taskOf),
        runs: runs.map(runOf),
        timers: timers.map(
          ({ name, dueAt, basis, version, state }): Timer => ({
            name,
            dueAt,
            basis,
            version,
            state: state === 'rung' || state === 'held' ? state : 'set',
          }),
        ),
        repeats: row.repeats,
      }
    },

    /** `no` is given by the database. False when a card of that id exists. */
    insert: async (card: Card): Promise<number | undefined> => {
      const row = await db
        .insertInto('cards')
        .values({ ...columnsOf(card), id: card.id, repeats: '{}' })
        .onConflict((conflict) => conflict.doNothing())
        .returning('no')
        .executeTakeFirst()
      if (row !== undefined) await putLinks(db, card)
      return row?.no
    },

    save: async ({ before, after, changes, effects, now, reason, clientKey }: Decided): Promise<readonly string[]> => {
      const { card } = after
      const isChanged = card !== before.card || after.repeats !== before.repeats
      if (isChanged && (changes.length > 0 || card !== before.card))
        await db
          .updateTable('cards')
          .set({ ...columnsOf(card), repeats: JSON.stringify(after.repeats) })
          .where('id', '=', card.id)
          .execute()
      if (card.fields !== before.card.fields) await putLinks(db, card)
      await putTasks(db, before, after, clientKey)
      await putRuns(db, before, after)
      await putTimers(db, before, after)
      await putLog(db, after, changes, now, reason)
      const keys = effects.map((_, index) => `${card.id}:${card.version}:${index}`)
      if (effects.length > 0)
        await db
          .insertInto('processOutbox')
          .values(effects.map((effect, index) => outboxRow(keys[index] ?? '', card.id, effect, now)))
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      return keys
    },
  }
}

const columnsOf = (card: Card) => ({
  pipeline: card.pipeline,
  definition: card.definition,
  stage: card.stage,
  enteredAt: card.enteredAt,
  createdAt: card.createdAt,
  entity: card.entity,
  subject: card.subject ?? null,
  fields: JSON.stringify(card.fields),
  responsible: card.responsible ?? null,
  author: card.author ?? null,
  parent: card.parent ?? null,
  version: card.version,
  closedAt: card.closedAt ?? null,
  parked: card.parked ?? null,
})

export const cardOf = (
  row: Pick<Read<CardRow>, Exclude<keyof CardRow, 'fields' | 'repeats' | 'no'>> & {
    readonly no: number
    readonly fields: Record<string, unknown>
  },
): Card => ({
  id: row.id,
  no: row.no,
  pipeline: row.pipeline,
  definition: row.definition,
  stage: row.stage,
  enteredAt: row.enteredAt,
  createdAt: row.createdAt,
  entity: row.entity,
  subject: row.subject ?? undefined,
  fields: factsFrom(row.fields),
  responsible: row.responsible ?? undefined,
  author: row.author ?? undefined,
  parent: row.parent ?? undefined,
  version: row.version,
  closedAt: row.closedAt ?? undefined,
  parked: row.parked ?? undefined,
})

const runOf = (
  row: Omit<Read<CardRunRow>, 'bound' | 'awaits' | 'paused'> & {
    readonly bound: Record<string, string>
    readonly awaits: readonly string[]
    readonly paused: { readonly at: number; readonly answered: boolean } | null
  },
): Run => ({
  id: row.id,
  process: row.process,
  definition: row.definition,
  state: row.state === 'ended' ? 'ended' : row.state === 'stopped' ? 'stopped' : 'running',
  step: row.step ?? undefined,
  author: row.author ?? undefined,
  bound: row.bound,
  comment: row.comment ?? undefined,
  awaits: row.awaits,
  startedAt: row.startedAt,
  endedAt: row.endedAt ?? undefined,
  paused: row.paused ?? undefined,
})

async function putLinks(db: Db, card: Card): Promise<void> {
  const links = linksOf(card).map((link) => ({ card: card.id, ...link }))
  await db.deleteFrom('cardLinks').where('card', '=', card.id).execute()
  if (links.length > 0) await db.insertInto('cardLinks').values(links).execute()
}

async function putTasks(db: Db, before: CardState, after: CardState, clientKey: string | undefined): Promise<void> {
  const known = new Map(before.tasks.map((task) => [task.id, task]))
  const changed = after.tasks.filter((task) => known.get(task.id) !== task)
  for (const task of changed) {
    const columns = {
      state: task.state,
      dueAt: task.dueAt,
      outcome: task.outcome ?? null,
      answer: task.answer === undefined ? null : JSON.stringify(task.answer),
      comment: task.comment ?? null,
      closedAt: task.closedAt ?? null,
      closedBy: task.closedBy ?? null,
      clientKey: task.state === 'done' ? (clientKey ?? null) : null,
    }
    if (known.has(task.id)) await db.updateTable('cardTasks').set(columns).where('id', '=', task.id).execute()
  }
  const fresh = changed.filter((task) => !known.has(task.id))
  if (fresh.length === 0) return
  await db
    .insertInto('cardTasks')
    .values(
      fresh.map((task) => ({
        id: task.id,
        card: after.card.id,
        kind: task.kind,
        template: task.template,
        title: task.title,
        assignee: task.assignee,
        watchers: JSON.stringify(task.watchers),
        priority: task.priority,
        openFrom: task.openFrom,
        dueAt: task.dueAt,
        createdAt: task.createdAt,
        state: task.state,
        ofLimit: task.ofLimit,
        run: task.run ?? null,
        step: task.step ?? null,
        about: task.about ?? null,
        outcome: null,
        answer: null,
        comment: null,
        closedAt: task.closedAt ?? null,
        closedBy: null,
        takenBy: null,
        takenAt: null,
        clientKey: null,
      })),
    )
    .execute()
}

async function putRuns(db: Db, before: CardState, after: CardState): Promise<void> {
  const known = new Map(before.runs.map((run) => [run.id, run]))
  for (const run of after.runs) {
    if (known.get(run.id) === run) continue
    const columns = {
      state: run.state,
      step: run.step ?? null,
      bound: JSON.stringify(run.bound),
      comment: run.comment ?? null,
      awaits: JSON.stringify(run.awaits),
      endedAt: run.endedAt ?? null,
      paused: run.paused === undefined ? null : JSON.stringify(run.paused),
    }
    await db
      .insertInto('cardRuns')
      .values({
        id: run.id,
        card: after.card.id,
        process: run.process,
        definition: run.definition,
        author: run.author ?? null,
        startedAt: run.startedAt,
        ...columns,
      })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
      .execute()
  }
}

async function putTimers(db: Db, before: CardState, after: CardState): Promise<void> {
  const known = new Map(before.timers.map((timer) => [timer.name, timer]))
  const kept = new Set(after.timers.map(({ name }) => name))
  const gone = before.timers.filter(({ name }) => !kept.has(name)).map(({ name }) => name)
  if (gone.length > 0)
    await db.deleteFrom('cardTimers').where('card', '=', after.card.id).where('name', 'in', gone).execute()
  const rows = after.timers
    .filter((timer) => known.get(timer.name) !== timer)
    .map((timer) => ({ card: after.card.id, ...timer }))
  if (rows.length > 0)
    await db
      .insertInto('cardTimers')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['card', 'name']).doUpdateSet({
          dueAt: sql`excluded.due_at`,
          basis: sql`excluded.basis`,
          version: sql`excluded.version`,
          state: sql`excluded.state`,
        }),
      )
      .execute()
}

async function putLog(
  db: Db,
  { card }: CardState,
  changes: Decided['changes'],
  now: number,
  reason: string | undefined,
): Promise<void> {
  if (changes.length === 0) return
  await db
    .insertInto('cardLog')
    .values(
      changes.map(({ change, actor }) => ({
        card: card.id,
        version: card.version,
        at: now,
        pipeline: card.pipeline,
        stage: card.stage,
        kind: change.kind,
        change: JSON.stringify(change),
        actorKind: actor.kind,
        actor: actor.kind === 'person' ? `person:${actor.id}` : actor.id,
        actorName: actor.kind === 'person' ? actor.name : null,
        ruleVersion: actor.kind === 'rule' ? actor.version : null,
        reason: reason ?? null,
        evidence: null,
      })),
    )
    .execute()
}
