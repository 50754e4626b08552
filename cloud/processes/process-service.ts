import type { EpochMs } from '#contract/instant.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import { Fault, type FaultCode } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { CardStore } from './card-store.ts'
import type { DefinitionStore } from './definition-store.ts'
import { type Actor, type CardState, type Effect, keyOf, type Wanted } from './engine/card.ts'
import { decide } from './engine/decide.ts'
import type { Decision, Question } from './engine/decision.ts'
import type { RefusalCode } from './engine/draft.ts'
import { RUSSIAN_HOLIDAYS } from './engine/holidays.ts'
import { createMachine, type Machine } from './engine/machine.ts'
import { buttons, ways } from './engine/offers.ts'
import type { FactStore } from './fact-store.ts'
import { check } from './lint/lint.ts'

export type Birth = {
  readonly id?: string
  readonly pipeline: string
  readonly stage?: string | undefined
  readonly fields: Facts
  readonly subject?: string | undefined
  readonly responsible?: string | undefined
  readonly parent?: string | undefined
}
export type Acted = {
  readonly state: CardState
  readonly effects: readonly Effect[]
  /** Of the effects, in the outbox. */
  readonly keys: readonly string[]
  /** Something came of it. */
  readonly did: boolean
}
export type ActOptions = { readonly reason?: string | undefined; readonly clientKey?: string | undefined }

export type ProcessService = {
  /** The machine of the active version; undefined while nothing is loaded. */
  active(): Promise<Machine | undefined>
  /** Within a transaction of the caller: there, nothing else may ask the database. */
  activeIn(db: Db): Promise<Machine | undefined>
  machineOf(version: number): Promise<Machine>
  /** Puts a new card on its pipeline. Faults: definition/none, pipeline/unknown, card/refused. */
  birth(wish: Birth, actor: Actor): Promise<Acted>
  birthIn(db: Db, wish: Birth, actor: Actor): Promise<Acted | undefined>
  /** Something happens to a card. Faults: card/unknown, card/refused and its kin, with the sentences in `why`. */
  act(card: string, event: Question['event'], actor: Actor, options?: ActOptions): Promise<Acted>
  /** The same within a transaction of the caller; undefined when there is no such card. */
  actIn(db: Db, card: string, event: Question['event'], actor: Actor, options?: ActOptions): Promise<Acted | undefined>
  /** Where the card may go, and which buttons it shows. */
  waysOf(card: string, actor: Actor, roles: readonly string[]): Promise<CardWays>
}
export type CardWays = {
  readonly state: CardState
  readonly machine: Machine
  readonly ways: readonly { readonly stage: string; readonly title: string; readonly why: readonly string[] }[]
  readonly buttons: readonly { readonly id: string; readonly title: string }[]
}

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly cardStore: (db: Db) => CardStore
    readonly factStore: (db: Db) => FactStore
    readonly definitionStore: (db: Db) => DefinitionStore
    /** Values that people have set instead of the defaults of the files. */
    readonly policy: () => Facts
    /** A card has changed, or its tasks. */
    readonly changed: (card: CardState) => void
    /** There is something to carry out. */
    readonly wake: () => void
  }

const FAULT_OF: Readonly<Record<RefusalCode, FaultCode>> = {
  guard: 'card/refused',
  way: 'card/refused',
  fields: 'card/fields-missing',
  manual: 'card/no-manual-moves',
  task: 'task/closed',
  button: 'card/no-such-button',
  closed: 'card/refused',
  unknown: 'card/refused',
}
const MOST_ROUNDS = 50

export function createProcessService(deps: Deps): ProcessService {
  const { clock, uuid } = deps
  const machines = new Map<number, Machine>()
  let active: { readonly version: number | undefined; readonly until: EpochMs } | undefined

  const machineIn = async (db: Db, version: number): Promise<Machine> => {
    const known = machines.get(version)
    const policy = deps.policy()
    if (known !== undefined)
      return Object.keys(policy).length === 0 ? known : { ...known, policy: { ...known.policy, ...policy } }
    const stored = await deps.definitionStore(db).find(version)
    if (stored === undefined) throw new Error(`definitions ${version} are gone`)
    const machine = createMachine(version, check(stored.files).definitions, RUSSIAN_HOLIDAYS)
    machines.set(version, machine)
    return { ...machine, policy: { ...machine.policy, ...policy } }
  }
  const activeIn = async (db: Db): Promise<Machine | undefined> => {
    const now = clock.now()
    if (active === undefined || active.until < now || active.version === undefined)
      active = { version: (await deps.definitionStore(db).active())?.version, until: now }
    return active.version === undefined ? undefined : machineIn(db, active.version)
  }

  /** Asks until nothing more is wanted: what the decision needs to know is read in its own transaction. */
  const settled = async <Answer extends { readonly kind: string }>(
    db: Db,
    state: CardState,
    machine: Machine,
    actor: Actor,
    ask: (
      question: Omit<Question, 'event'>,
    ) => Answer | { readonly kind: 'wanted'; readonly wanted: readonly Wanted[] },
  ): Promise<Answer> => {
    const known = new Map<string, Fact>()
    const seed = uuid()
    const now = clock.now()
    const facts = deps.factStore(db)
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const answer = ask({ state, machine, actor, now, known, seed })
      if (!isWanted(answer)) return answer
      for (const wanted of answer.wanted)
        known.set(keyOf(wanted), await facts.resolve(wanted, { machine, card: state.card.id, now, uuid: uuid() }))
    }
    throw new Error('a decision asks for facts without end')
  }

  const keep = async (db: Db, before: CardState, decision: Decision, options: ActOptions): Promise<Acted> => {
    if (decision.kind === 'refused')
      throw new Fault(FAULT_OF[decision.code], decision.why.join('; '), { why: decision.why })
    if (decision.kind !== 'decided') throw new Error('not decided')
    const { state: after, changes, effects } = decision
    const now = clock.now()
    const keys = await deps
      .cardStore(db)
      .save({ before, after, changes, effects, now, reason: options.reason, clientKey: options.clientKey })
    const written = new Map<string, Record<string, Fact>>()
    for (const { change } of changes)
      if (change.kind === 'set' && change.record !== undefined) {
        const [entity = '', field = ''] = change.path.split('.')
        const key = `${entity} ${change.record}`
        written.set(key, { ...written.get(key), [field]: change.to ?? undefined })
      }
    for (const [key, set] of written) {
      const [entity = '', ...id] = key.split(' ')
      await deps.factStore(db).write(entity, id.join(' '), set, now)
    }
    return { state: after, effects, keys, did: changes.some(({ change }) => change.kind !== 'unknown') }
  }

  const actIn: ProcessService['actIn'] = async (db, id, event, actor, options = {}) => {
    const state = await deps.cardStore(db).load(id, 'lock')
    if (state === undefined) return undefined
    const machine = await machineIn(db, state.card.definition)
    const decision = await settled(db, state, machine, actor, (question) => decide({ ...question, event }))
    return keep(db, state, decision, options)
  }

  const birthIn: ProcessService['birthIn'] = async (db, wish, actor) => {
    const machine = await activeIn(db)
    if (machine === undefined) throw new Fault('definition/none')
    const pipeline = machine.pipeline(wish.pipeline)
    if (pipeline === undefined) throw new Fault('pipeline/unknown', `Воронки «${wish.pipeline}» нет`)
    const now = clock.now()
    const fresh: CardState = {
      card: {
        id: wish.id ?? uuid(),
        no: 0,
        pipeline: pipeline.id,
        definition: machine.version,
        stage: wish.stage ?? pipeline.start.name,
        enteredAt: now,
        createdAt: now,
        entity: pipeline.card.name,
        subject: wish.subject,
        fields: wish.fields,
        responsible: wish.responsible,
        author: actor.kind === 'person' ? `person:${actor.id}` : undefined,
        parent: wish.parent,
        version: 0,
        closedAt: undefined,
        parked: undefined,
      },
      tasks: [],
      runs: [],
      timers: [],
      repeats: {},
    }
    const no = await deps.cardStore(db).insert(fresh.card)
    if (no === undefined) return undefined
    const state = { ...fresh, card: { ...fresh.card, no } }
    const decision = await settled(db, state, machine, actor, (question) =>
      decide({ ...question, event: { kind: 'born' } }),
    )
    return keep(db, state, decision, {})
  }

  const told = (acted: Acted): Acted => {
    deps.changed(acted.state)
    if (acted.effects.length > 0) deps.wake()
    return acted
  }

  return {
    active: () => activeIn(deps.db),
    activeIn,
    machineOf: (version) => machineIn(deps.db, version),
    birthIn,
    actIn,
    birth: async (wish, actor) => {
      const acted = await deps.inTransaction((db) => birthIn(db, wish, actor))
      if (acted === undefined) throw new Fault('card/exists')
      return told(acted)
    },
    act: async (id, event, actor, options) => {
      const acted = await deps.inTransaction((db) => actIn(db, id, event, actor, options))
      if (acted === undefined) throw new Fault('card/unknown')
      return told(acted)
    },
    waysOf: (id, actor, roles) =>
      deps.inTransaction(async (db) => {
        const state = await deps.cardStore(db).load(id, 'look')
        if (state === undefined) throw new Fault('card/unknown')
        const machine = await machineIn(db, state.card.definition)
        const open = await settled(db, state, machine, actor, ways)
        const shown = await settled(db, state, machine, actor, (question) => buttons(question, roles))
        return {
          state,
          machine,
          ways: open.kind === 'ways' ? open.ways : [],
          buttons: shown.kind === 'buttons' ? shown.buttons : [],
        }
      }),
  }
}

const isWanted = (answer: { readonly kind: string }): answer is Extract<Decision, { readonly kind: 'wanted' }> =>
  answer.kind === 'wanted'
