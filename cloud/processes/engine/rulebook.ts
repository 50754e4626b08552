import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { BirthAction } from '../notation/action.ts'
import type { Rule } from '../notation/rule.ts'
import { type Actor, type Card, type CardState, keyOf, SYSTEM } from './card.ts'
import type { Question } from './decision.ts'
import { createDraft, type Draft, type Locals, NeedsFacts, NO_LOCALS } from './draft.ts'
import type { Machine } from './machine.ts'
import { isOpen, type Memory } from './memory.ts'

export type Subject = Readonly<Record<string, string>>

type Deps = {
  readonly machine: Machine
  readonly memory: Memory
  now(): number
  /** What an event makes of a card that stands in memory, by its id. */
  on(id: string, event: Question['event'], actor: Actor): unknown
  /** The same of a card that stands nowhere. */
  decideFor(state: CardState, event: Question['event'], actor: Actor): unknown
  /** The id of the new card. */
  birth(pipeline: string, stage: string, fields: Facts, actor: Actor): string
}

const MOST_ROUNDS = 20
const NO_SEED = '00000000-0000-4000-8000-000000000000'

/** Pure. Whether an event about these concerns this card; one that waits in a queue is asked in its turn. */
export function isAbout(machine: Machine, { card }: CardState, subject: Subject): boolean {
  const stage = machine.stage(card.pipeline, card.stage)
  if (stage?.when.some(({ deliver }) => deliver === 'oldest') === true && subject['card'] !== card.id) return false
  return Object.entries(subject).some(([entity, id]) =>
    entity === 'card' ? card.id === id : card.fields[entity] === id || card.subject === id,
  )
}

/** Rules of the files on cards in memory: each fires once per card (and record of it), as its last outcome says. */
export function createRulebook({ machine, memory, now, on, decideFor, birth }: Deps) {
  const outcomes = new Map<string, boolean>()
  const openCards = (): readonly CardState[] => [...memory.cards.values()].filter(isOpen)
  const actorOf = (rule: Rule): Actor => ({ kind: 'rule', id: rule.id, version: machine.version })
  const draftOf = (state: CardState, known: ReadonlyMap<string, Fact>): Draft =>
    createDraft({ state, machine, actor: SYSTEM, now: now(), known, seed: NO_SEED })

  /** Undefined: it cannot be told. */
  const verdict = (rule: Rule, state: CardState, locals: Locals): boolean | undefined => {
    const known = new Map<string, Fact>()
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      try {
        return judged(rule, draftOf(state, known), locals)
      } catch (cause) {
        if (!(cause instanceof NeedsFacts)) throw cause
        for (const wanted of cause.wanted) known.set(keyOf(wanted), memory.resolve(wanted, now()))
      }
    }
    return undefined
  }

  const fire = (rule: Rule, id: string, payload: Facts, each: Subject): void => {
    // What fired before may have changed the card.
    const state = memory.cards.get(id)
    if (state === undefined) return
    const locals: Locals = { ...NO_LOCALS, reads: rule.read, event: payload, each }
    const key = `${rule.id} ${id} ${JSON.stringify(each)}`
    const satisfied = verdict(rule, state, locals)
    const before = outcomes.get(key)
    if (satisfied === undefined) return
    outcomes.set(key, satisfied)
    if (!satisfied || (rule.fires === 'on_change' && before === true)) return
    on(id, { kind: 'actions', actions: rule.do, locals }, actorOf(rule))
  }

  /** A rule that is for no card: it works on the one that its event is about, or makes one. */
  const fireFree = (rule: Rule, payload: Facts, target: CardState | undefined, subject: Subject): void => {
    const actor = actorOf(rule)
    const locals: Locals = { ...NO_LOCALS, reads: rule.read, event: payload, each: subject }
    const state = target ?? nobody(rule, machine.version, now())
    if (verdict(rule, state, locals) !== true) return
    let here = target?.card.id
    for (const one of rule.do) {
      if (one.kind === 'create') here = create(one, state, locals, actor)
      else if (here !== undefined) on(here, { kind: 'actions', actions: [one], locals }, actor)
      else decideFor(state, { kind: 'actions', actions: [one], locals }, actor)
    }
  }
  const create = (one: BirthAction, state: CardState, locals: Locals, actor: Actor): string => {
    const draft = draftOf(state, new Map())
    const match = Object.fromEntries(one.unlessOpen.map(({ path, value }) => [path, draft.valueOf(value, locals)]))
    const standing = one.unlessOpen.length === 0 ? undefined : memory.standing(one.pipeline.name, match)
    if (standing !== undefined) return standing.card.id
    const linked = one.link.flatMap(({ name }): [string, Fact][] => {
      const id = locals.each[name]
      return id === undefined ? [] : [[name, id]]
    })
    const set = one.set.map(({ path, value }): [string, Fact] => [
      path.split('.').at(-1) ?? path,
      draft.valueOf(value, locals),
    ])
    return birth(one.pipeline.name, one.stage.name, Object.fromEntries([...linked, ...set]), actor)
  }

  return {
    /** Judges a rule on every card that it is for, or once where it is for none. */
    run: (rule: Rule, payload: Facts, subject: Subject): void => {
      const scope = rule.for
      if (scope === undefined) {
        const to = rule.do.find((one) => one.kind === 'move' && one.pipeline !== undefined)
        const pipeline = to?.kind === 'move' ? to.pipeline?.name : undefined
        const target =
          pipeline === undefined
            ? undefined
            : openCards().find((state) => state.card.pipeline === pipeline && isAbout(machine, state, subject))
        const isMaking = rule.do.some((one) => one.kind === 'create')
        if (isMaking || pipeline === undefined || target !== undefined) fireFree(rule, payload, target, subject)
        return
      }
      for (const state of openCards()) {
        const { card } = state
        if (scope.pipeline === undefined ? card.entity !== scope.entity?.name : card.pipeline !== scope.pipeline.name)
          continue
        if (scope.stage.length > 0 && !scope.stage.some(({ name }) => name === card.stage)) continue
        if (Object.keys(subject).length > 0 && !isAbout(machine, state, subject)) continue
        for (const each of eachOf(card, scope.each?.name)) fire(rule, card.id, payload, each)
      }
    },
  }
}

function judged(rule: Rule, draft: Draft, locals: Locals): boolean | undefined {
  const holds = (expr: Rule['if']): boolean | undefined => {
    if (expr === undefined) return undefined
    const result = draft.evaluate(expr, locals)
    return result.kind === 'value' ? result.value === true : undefined
  }
  if (rule.for?.where !== undefined && holds(rule.for.where) !== true) return false
  const yes = rule.if === undefined ? true : holds(rule.if)
  const exempt = rule.unless === undefined ? false : holds(rule.unless)
  if (yes === false || exempt === true) return false
  if (yes === undefined || exempt === undefined) return undefined
  // A bad moment decides nothing: it is as if nobody had looked.
  return rule.notNow === undefined || holds(rule.notNow) === false ? true : undefined
}

/** Records of a card that a rule is judged for one by one: `each: driver` of a card with `driver` or `drivers`. */
function eachOf(card: Card, entity: string | undefined): readonly Subject[] {
  if (entity === undefined) return [{}]
  const many = card.fields[`${entity}s`]
  const one = card.fields[entity]
  const ids = Array.isArray(many) ? many.map(String) : typeof one === 'string' ? [one] : []
  return ids.map((id) => ({ [entity]: id }))
}

/** A rule that works on no card yet still decides somewhere. */
const nobody = (rule: Rule, definition: number, now: number): CardState => ({
  tasks: [],
  runs: [],
  timers: [],
  repeats: {},
  card: {
    id: `rule:${rule.id}`,
    no: 0,
    pipeline: '',
    definition,
    stage: '',
    enteredAt: now,
    createdAt: now,
    entity: '',
    subject: undefined,
    fields: {},
    responsible: undefined,
    author: undefined,
    parent: undefined,
    version: 0,
    closedAt: undefined,
    parked: undefined,
  },
})
