import { VehicleId } from '#contract/ids.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { leaseStatesOf } from '../rules/lease-scope.ts'
import type { ActionEnd, ActionHandler, ActionWish, RulePorts, Subject, SubjectSource } from '../rules/ports.ts'
import type { BoardStore, CardBrief } from './board-store.ts'
import { outboxRow } from './effects/outbox-row.ts'
import type { OutboxStore } from './effects/outbox-store.ts'
import type { Actor, Effect, Wanted } from './engine/card.ts'
import { NO_LOCALS } from './engine/draft.ts'
import type { FactStore } from './fact-store.ts'
import type { Action, ActionKind } from './notation/action.ts'
import { type Assignment, isCel } from './notation/value.ts'
import type { ProcessService } from './process-service.ts'

type Deps = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly processes: ProcessService
  readonly boards: (db: Db) => BoardStore
  readonly facts: (db: Db) => FactStore
  readonly outbox: (db: Db) => OutboxStore
  readonly now: () => number
}

/** Actions of a rule that concern cards; holds, messages and events are carried out by the rules themselves. */
const OF_CARDS: readonly ActionKind[] = [
  'task',
  'move',
  'spawn',
  'create',
  'start',
  'set',
  'make_doc',
  'number',
  'registry',
  'book',
  'screen',
  'grant',
  'add_payment',
  'telephony',
  'call',
]
const PER_SWEEP = 5000
/** Leases that the house itself keeps are those of this stage. */
const LEASES = 'lease'
const ON_LINE = 'on_line'

/** Rules may be about cards, read what stands beside them, and act on them. */
export function hangCards(ports: RulePorts, deps: Deps): void {
  const { db, inTransaction, processes } = deps

  const subjects: SubjectSource = async (scope, only) => {
    if (scope === undefined) return only?.subject?.startsWith('card:') === true ? cardAlone(only.subject) : undefined
    const machine = await processes.active()
    const pipeline = scope.pipeline?.name
    if (machine === undefined || pipeline === undefined || machine.pipeline(pipeline) === undefined) return undefined
    if (leaseStatesOf(scope) !== undefined) return undefined
    const entity = machine.pipeline(pipeline)?.card.name ?? 'deal'
    const about =
      only?.vehicleId === undefined
        ? only?.driverId === undefined
          ? undefined
          : { entity: 'driver', record: only.driverId }
        : { entity: 'vehicle', record: only.vehicleId }
    const cards = await deps
      .boards(db)
      .list({ pipeline, link: about }, { limit: PER_SWEEP, after: undefined, sort: 'no' })
    const wanted = cards.filter(
      ({ id, stage }) =>
        (scope.stage.length === 0 || scope.stage.some(({ name }) => name === stage)) &&
        (only?.subject === undefined || only.subject === `card:${id}`),
    )
    return wanted.map((card) => subjectOf(card, entity))
  }
  const cardAlone = async (subject: string): Promise<readonly Subject[]> => {
    const card = await deps.boards(db).brief(subject.slice('card:'.length))
    const machine = await processes.active()
    return card === undefined ? [] : [subjectOf(card, machine?.pipeline(card.pipeline)?.card.name ?? 'deal')]
  }
  ports.subjects(subjects)

  ports.read('find', async (asks, now) => {
    const machine = await processes.active()
    return Promise.all(
      asks.map(async ({ read, args }) => {
        if (read.kind !== 'find' || machine === undefined) return { value: undefined }
        const match: Facts = Object.fromEntries(
          read.match.map(({ path, value }) => [path, isCel(value) ? args[path] : value.literal]),
        )
        const wanted: Wanted = {
          kind: 'find',
          pipeline: read.pipeline?.name,
          stage: read.stage?.name,
          entity: read.entity?.name,
          match,
        }
        return { value: await deps.facts(db).resolve(wanted, { machine, card: '', now, uuid: '' }) }
      }),
    )
  })

  const act: ActionHandler = async (wish) =>
    inTransaction(async (tx): Promise<ActionEnd> => {
      const actor: Actor = { kind: 'rule', id: wish.rule.id, version: wish.rule.version }
      const [decision = '', line = '0'] = wish.key.split(':')
      if (wish.action.kind === 'create') return create(tx, wish, actor, decision, line)
      const card = wish.subject.id.startsWith('card:')
        ? wish.subject.id.slice('card:'.length)
        : ((await currentOf(tx, decision)) ?? (await cardAbout(tx, wish, actor)) ?? foundBy(wish))
      if (card === undefined && wish.action.kind === 'telephony') return askExchange(tx, wish, wish.action)
      if (card === undefined && wish.action.kind === 'add_payment') return post(tx, wish, wish.action)
      if (card === undefined) return { state: 'dropped', note: 'Нет карточки, к которой относится действие' }
      const acted = await processes.actIn(
        tx,
        card,
        {
          kind: 'actions',
          actions: [oncePer(wish)],
          locals: { ...NO_LOCALS, event: eventOf(wish), given: givenOf(wish), each: eachOf(wish) },
        },
        actor,
      )
      return acted === undefined
        ? { state: 'dropped', note: 'Карточки больше нет' }
        : { state: 'done', note: `Карточка № ${acted.state.card.no}` }
    })

  /** Where work about a lease or a vehicle of the house is done: its own card, made when there is none. */
  const cardAbout = async (tx: Db, { subject }: ActionWish, actor: Actor): Promise<string | undefined> => {
    const { vehicleId, driverId } = subject
    if (vehicleId === undefined) return undefined
    const machine = await processes.activeIn(tx)
    const ofLease = subject.id.startsWith('lease:')
    const pipeline = [...(machine?.definitions.pipelines.values() ?? [])].find((one) =>
      ofLease ? one.id === LEASES : one.card.name === 'vehicle',
    )
    if (pipeline === undefined) return undefined
    const standing = (await deps.boards(tx).about({ vehicle: vehicleId })).find((one) => one.pipeline === pipeline.id)
    if (standing !== undefined) return standing.id
    const born = await processes.birthIn(
      tx,
      ofLease
        ? {
            pipeline: pipeline.id,
            stage: pipeline.stages.find(({ id }) => id === ON_LINE)?.id,
            fields: { vehicle: vehicleId, ...(driverId === undefined ? {} : { driver: driverId }) },
          }
        : { pipeline: pipeline.id, fields: {}, subject: vehicleId },
      actor,
    )
    return born?.state.card.id
  }

  const create = async (tx: Db, wish: ActionWish, actor: Actor, decision: string, line: string): Promise<ActionEnd> => {
    if (wish.action.kind !== 'create') return { state: 'dropped', note: '' }
    const { pipeline, stage, set, unlessOpen, link } = wish.action
    const match = valuesOf(unlessOpen, wish.values)
    const standing = unlessOpen.length === 0 ? undefined : await deps.boards(tx).standing(pipeline.name, match)
    const linked = Object.fromEntries(
      link.flatMap(({ name }): [string, Fact][] =>
        name === 'vehicle' && wish.subject.vehicleId !== undefined
          ? [[name, wish.subject.vehicleId]]
          : name === 'driver' && wish.subject.driverId !== undefined
            ? [[name, wish.subject.driverId]]
            : idIn(wish.facts[name]).map((id): [string, Fact] => [name, id]),
      ),
    )
    const id = `${decision.slice(0, -4)}${Number(line).toString(16).padStart(4, '0')}`
    if (standing === undefined)
      await processes.birthIn(
        tx,
        { id, pipeline: pipeline.name, stage: stage.name, fields: { ...linked, ...valuesOf(set, wish.values) } },
        actor,
      )
    await tx
      .insertInto('processCurrents')
      .values({ decision, card: standing ?? id })
      .onConflict((conflict) => conflict.column('decision').doUpdateSet({ card: standing ?? id }))
      .execute()
    return { state: 'done', note: standing === undefined ? 'Карточка создана' : 'Такая карточка уже открыта' }
  }

  /** A call may be answered before there is a card of it. */
  const askExchange = async (
    tx: Db,
    wish: ActionWish,
    { transfer, say }: Extract<Action, { kind: 'telephony' }>,
  ): Promise<ActionEnd> => {
    const to = transfer?.kind === 'role' || transfer?.kind === 'group' ? transfer : undefined
    if (to === undefined && say === undefined) return { state: 'dropped', note: 'Некому передать звонок' }
    await deps.outbox(tx).add([
      outboxRow(
        `rule:${wish.key}`,
        null,
        {
          kind: 'telephony',
          transfer: to === undefined ? undefined : { kind: to.kind === 'role' ? 'role' : 'group', id: to.name },
          say: say?.name,
          facts: { ...wish.facts, call: eventOf(wish) ?? {} },
        },
        deps.now(),
      ),
    ])
    return { state: 'done', note: 'Просьба к АТС' }
  }

  /** A payment finds its card by itself, or waits for one. */
  const post = async (
    tx: Db,
    wish: ActionWish,
    { amount, key, match, fill }: Extract<Action, { kind: 'add_payment' }>,
  ): Promise<ActionEnd> => {
    const told = (value: typeof amount): Fact => (isCel(value) ? wish.values[value.cel] : value.literal)
    const [kopecks, own] = [told(amount), told(key)]
    if (typeof kopecks !== 'number' || typeof own !== 'string')
      return { state: 'dropped', note: 'Сумма или ключ платежа неизвестны' }
    const matched = valuesOf(match, wish.values)
    const effect: Effect = {
      kind: 'payment',
      match: matched,
      amount: kopecks,
      key: own,
      fill: fill.map(({ name }) => name),
    }
    await deps.outbox(tx).add([outboxRow(`rule:${wish.key}`, null, effect, deps.now())])
    return { state: 'done', note: 'Платёж разносится' }
  }

  for (const kind of OF_CARDS) ports.action(kind, act)
}

const subjectOf = (card: CardBrief, entity: string): Subject => ({
  id: `card:${card.id}`,
  eachKey: '',
  vehicleId: VehicleId.safeParse(card.fields['vehicle'] ?? card.subject).data,
  driverId: DriverId.safeParse(card.fields['driver']).data,
  facts: {
    [entity]: { ...card.fields, id: card.id, no: String(card.no), createdAt: card.createdAt },
    stage: { id: card.stage, enteredAt: card.enteredAt },
  },
  asOf: {},
})

/** The card that the reads of the rule have found, where nothing else names one. */
const foundBy = ({ facts }: ActionWish): string | undefined =>
  Object.values(facts).flatMap((fact) => {
    const id = isFacts(fact) && typeof fact['no'] === 'string' ? fact['id'] : undefined
    return typeof id === 'string' ? [id] : []
  })[0]

/** A task of a rule that speaks of the same driver again joins the one that is open. */
const oncePer = ({ action }: ActionWish): Action => (action.kind === 'task' ? { ...action, oneOpen: true } : action)
const eachOf = ({ subject }: ActionWish): Readonly<Record<string, string>> =>
  subject.driverId === undefined ? {} : { driver: subject.driverId }

const currentOf = async (tx: Db, decision: string): Promise<string | undefined> =>
  (await tx.selectFrom('processCurrents').select('card').where('decision', '=', decision).executeTakeFirst())?.card

const valuesOf = (items: readonly Assignment[], values: Facts): Facts =>
  Object.fromEntries(
    items.flatMap(({ path, value }): [string, Fact][] => {
      const fact = isCel(value) ? values[value.cel] : value.literal
      return fact === undefined ? [] : [[path.split('.').at(-1) ?? path, fact]]
    }),
  )

const isFacts = (fact: Fact): fact is Facts => typeof fact === 'object' && fact !== null && !Array.isArray(fact)
/** The id of a record among the facts of a decision. */
const idIn = (fact: Fact): readonly string[] => {
  const id = isFacts(fact) ? fact['id'] : undefined
  return typeof id === 'string' ? [id] : []
}
const eventOf = ({ facts }: ActionWish): Facts | undefined => {
  const event = facts['event']
  return isFacts(event) ? event : undefined
}
/** What the rule has computed and read; the card itself is read anew. */
const givenOf = ({ values, facts }: ActionWish): Facts => {
  const {
    deal: _deal,
    vehicle: _vehicle,
    stage: _stage,
    now: _now,
    today: _today,
    policy: _policy,
    event: _event,
    ...reads
  } = facts
  return { ...reads, ...Object.fromEntries(Object.entries(values).map(([source, value]) => [`=${source}`, value])) }
}
