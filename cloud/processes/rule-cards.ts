import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { ActionEnd, ActionHandler, ActionWish, RulePorts, SubjectSource } from '../rules/ports.ts'
import type { BoardStore } from './board-store.ts'
import type { Actor, Wanted } from './engine/card.ts'
import { NO_LOCALS } from './engine/draft.ts'
import type { FactStore } from './fact-store.ts'
import type { ActionKind } from './notation/action.ts'
import { type Assignment, isCel } from './notation/value.ts'
import type { ProcessService } from './process-service.ts'

type Deps = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly processes: ProcessService
  readonly boards: (db: Db) => BoardStore
  readonly facts: (db: Db) => FactStore
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

/** Rules may be about cards, read what stands beside them, and act on them. */
export function hangCards(ports: RulePorts, deps: Deps): void {
  const { db, inTransaction, processes } = deps

  const subjects: SubjectSource = async (scope, only) => {
    const machine = await processes.active()
    const pipeline = scope?.pipeline?.name
    if (machine === undefined || pipeline === undefined || machine.pipeline(pipeline) === undefined) return undefined
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
        (scope?.stage.length === 0 || scope?.stage.some(({ name }) => name === stage) === true) &&
        (only?.subject === undefined || only.subject === `card:${id}`),
    )
    return wanted.map((card) => ({
      id: `card:${card.id}`,
      eachKey: '',
      vehicleId: undefined,
      driverId: undefined,
      facts: {
        [entity]: { ...card.fields, id: card.id, no: String(card.no), createdAt: card.createdAt },
        stage: { id: card.stage, enteredAt: card.enteredAt },
      },
      asOf: {},
    }))
  }
  ports.subjects(subjects)

  ports.read('find', async (asks, now) => {
    const machine = await processes.active()
    return Promise.all(
      asks.map(async ({ read, args }) => {
        if (read.kind !== 'find' || machine === undefined) return { value: undefined }
        const match: Facts = Object.fromEntries(
          read.match.map(({ path, value }) => [path, isCel(value) ? (args[path] ?? args[value.cel]) : value.literal]),
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
        : await currentOf(tx, decision)
      if (card === undefined) return { state: 'dropped', note: 'Нет карточки, к которой относится действие' }
      const acted = await processes.actIn(
        tx,
        card,
        {
          kind: 'actions',
          actions: [wish.action],
          locals: { ...NO_LOCALS, event: eventOf(wish), given: givenOf(wish) },
        },
        actor,
      )
      return acted === undefined
        ? { state: 'dropped', note: 'Карточки больше нет' }
        : { state: 'done', note: `Карточка № ${acted.state.card.no}` }
    })

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
            : [],
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

  for (const kind of OF_CARDS) ports.action(kind, act)
}

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
