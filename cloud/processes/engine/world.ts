import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { parseDuration } from '../notation/duration.ts'
import {
  type Actor,
  type CardEvent,
  type CardState,
  type Change,
  type Effect,
  keyOf,
  SYSTEM,
  type Task,
} from './card.ts'
import { decide } from './decide.ts'
import type { Decision, Question } from './decision.ts'
import { NO_LOCALS } from './draft.ts'
import type { Machine } from './machine.ts'
import { createMemory, isOpen, type OutsideFacts } from './memory.ts'
import { createRulebook, isAbout, type Subject } from './rulebook.ts'
import { openOn } from './tasks.ts'

/** What happened, in order: a line of the log, or something that went out. */
export type Step = { readonly at: number; readonly card: string } & (
  | { readonly change: Change; readonly actor: Actor }
  | { readonly effect: Effect }
)

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: string; readonly why: readonly string[] }

export type World = ReturnType<typeof createWorld>

type Born = {
  readonly id?: string
  readonly parent?: string | undefined
  readonly responsible?: string | undefined
  readonly actor?: Actor
  readonly subject?: string
}
type Birth = {
  readonly at: number
  readonly effect: Extract<Effect, { kind: 'birth' }>
  readonly from: CardState
}

const MOST_ROUNDS = 50
/** A sweep of calendar months is taken as one of this length. */
const MONTH_MS = 30 * 86_400_000

/**
 * The whole engine in memory with time turned by hand: cards, records, registries, timers and what goes out. Plays event
 * files and is the runner of the tests; the database does the same with rows.
 */
export function createWorld(machine: Machine, start: number, outside: OutsideFacts = () => undefined) {
  let now = start
  let count = 0
  const memory = createMemory(machine, outside)
  const { cards, record, give } = memory
  const swept = new Map<string, number>()
  const births: Birth[] = []
  const steps: Step[] = []
  const queue: (() => void)[] = []

  const seed = (): string => {
    count += 1
    return `00000000-0000-4000-8000-${count.toString(16).padStart(8, '0')}0000`
  }

  const ask = (state: CardState, event: Question['event'], actor: Actor): Decision => {
    const known = new Map<string, Fact>()
    const own = seed()
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const decision = decide({ state, machine, event, actor, now, known, seed: own })
      if (decision.kind !== 'wanted') return decision
      for (const wanted of decision.wanted) known.set(keyOf(wanted), memory.resolve(wanted, now))
    }
    throw new Error('a decision asks for facts without end')
  }

  const on = (id: string, event: Question['event'], actor: Actor = SYSTEM): Outcome => {
    const state = cards.get(id)
    if (state === undefined) return { kind: 'refused', code: 'unknown', why: ['Такой карточки нет'] }
    return take(ask(state, event, actor))
  }

  const take = (decision: Decision): Outcome => {
    if (decision.kind === 'wanted') throw new Error('not decided')
    if (decision.kind === 'refused') return decision
    const { card } = decision.state
    // A rule without a card of its own decides, but leaves none behind.
    if (card.pipeline !== '') cards.set(card.id, decision.state)
    for (const { change, actor } of decision.changes) {
      steps.push({ at: now, card: card.id, change, actor })
      if (change.kind === 'set' && change.record !== undefined) write(change.path, change.record, change.to)
    }
    for (const effect of decision.effects) {
      steps.push({ at: now, card: card.id, effect })
      queue.push(() => carryOut(decision.state, effect))
    }
    drain()
    return { kind: 'done' }
  }

  const write = (path: string, id: string, to: Fact): void => {
    const [entity = '', field = ''] = path.split('.')
    memory.write(entity, id, { [field]: to })
  }

  let draining = false
  const drain = (): void => {
    if (draining) return
    draining = true
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) next()
    draining = false
  }

  const carryOut = (from: CardState, effect: Effect): unknown => {
    switch (effect.kind) {
      case 'birth':
        births.push({ at: effect.at ?? now, effect, from })
        return bear()
      case 'emit':
        return deliver(effect.event, effect.payload, effect.subject)
      case 'recordChanged':
        return recordChanged(effect.entity, effect.id, effect.paths)
      case 'onCard': {
        const each: Subject = effect.about === undefined ? {} : { driver: effect.about }
        return on(effect.card, openOn(effect.task, { ...NO_LOCALS, each }))
      }
      case 'permit':
        return memory.grant(effect)
      case 'hold':
        return memory.hold(effect)
      case 'registry':
        return memory.register(effect)
      case 'payment': {
        const { amount, key, fill } = effect
        const card = memory.paid(effect)
        return card && on(card.card.id, { kind: 'payment', amount, key, fill })
      }
      default:
        return undefined
    }
  }

  const bear = (): void => {
    for (const due of births.filter(({ at }) => at <= now)) {
      births.splice(births.indexOf(due), 1)
      const { effect, from } = due
      const { pipeline, unlessOpen } = effect
      const isThere = Object.keys(unlessOpen).length > 0 && memory.standing(pipeline, unlessOpen) !== undefined
      if (machine.pipeline(pipeline) === undefined || isThere) continue
      birth(pipeline, effect.stage, effect.fields, {
        id: effect.id,
        parent: from.card.id,
        responsible: effect.owner ?? from.card.responsible,
      })
    }
  }

  const birth = (
    pipeline: string,
    stage: string | undefined,
    fields: Facts,
    more: Born = {},
  ): { readonly id: string; readonly outcome: Outcome } => {
    const found = machine.pipeline(pipeline)
    if (found === undefined) throw new Error(`no pipeline ${pipeline}`)
    const id = more.id ?? seed()
    const actor = more.actor ?? SYSTEM
    const state: CardState = {
      tasks: [],
      runs: [],
      timers: [],
      repeats: {},
      card: {
        id,
        no: cards.size + 1,
        pipeline,
        definition: machine.version,
        stage: stage ?? found.start.name,
        enteredAt: now,
        createdAt: now,
        entity: found.card.name,
        subject: more.subject,
        fields,
        responsible: more.responsible,
        author: actor.kind === 'person' ? `person:${actor.id}` : undefined,
        parent: more.parent,
        version: 0,
        closedAt: undefined,
        parked: undefined,
      },
    }
    return { id, outcome: take(ask(state, { kind: 'born' }, actor)) }
  }

  const rulebook = createRulebook({
    machine,
    memory,
    now: () => now,
    on,
    decideFor: (state, event, actor) => take(ask(state, event, actor)),
    birth: (pipeline, stage, fields, actor) => birth(pipeline, stage, fields, { actor }).id,
  })

  const recordChanged = (entity: string, id: string, paths: readonly string[]): void => {
    for (const state of [...cards.values()])
      if (isOpen(state) && (state.card.fields[entity] === id || state.card.subject === id))
        on(state.card.id, { kind: 'changed', paths })
    for (const rule of machine.definitions.rules.values())
      if (rule.event?.kind === 'changed' && rule.event.paths.some(({ name }) => paths.includes(name)))
        rulebook.run(rule, {}, { [entity]: id })
  }

  /** An outside event: first the rules, then the cards it is about, then one waiting card of each queue. */
  const deliver = (name: string, payload: Facts, subject: Subject = {}): void => {
    for (const rule of machine.definitions.rules.values())
      if (rule.event?.kind === 'outside' && rule.event.names.some((one) => one.name === name))
        rulebook.run(rule, payload, subject)
    const event: CardEvent = { kind: 'outside', name, payload }
    for (const state of [...cards.values()])
      if (isOpen(state) && isAbout(machine, state, subject)) on(state.card.id, event)
    for (const pipeline of machine.definitions.pipelines.values())
      for (const stage of pipeline.stages) {
        const line = stage.when.find(
          (one) =>
            one.deliver === 'oldest' &&
            one.event.kind === 'outside' &&
            one.event.names.some((named) => named.name === name),
        )
        if (line !== undefined) deliverOldest(pipeline.id, stage.id, event)
      }
  }
  /** To the card that has waited longest, and on to the next until one of them has done something with it. */
  const deliverOldest = (pipeline: string, stage: string, event: CardEvent): void => {
    const waiting = [...cards.values()].filter(({ card }) => card.pipeline === pipeline && card.stage === stage)
    for (const { card } of waiting.sort((a, b) => a.card.enteredAt - b.card.enteredAt)) {
      const before = steps.length
      on(card.id, event)
      if (steps.length > before) return
    }
  }

  /** What falls due, when, and what it then does. */
  const dueNext = (): { readonly at: number; readonly run: () => void } | undefined => {
    const timers = [...cards.values()]
      .filter((state) => isOpen(state) || state.timers.some(({ name }) => name.startsWith('run:')))
      .flatMap(({ card, timers: own }) =>
        own
          .filter(({ state }) => state === 'set')
          .map(({ name, version, dueAt }) => ({
            at: dueAt,
            run: () => void on(card.id, { kind: 'timer', name, version }),
          })),
      )
    const sweeps = [...machine.definitions.rules.values()].flatMap((rule) => {
      if (rule.every === undefined) return []
      const at = (swept.get(rule.id) ?? start) + (rule.every.ms || MONTH_MS)
      const run = () => {
        swept.set(rule.id, at)
        rulebook.run(rule, {}, {})
      }
      return [{ at, run }]
    })
    const born = births.map(({ at }) => ({ at, run: bear }))
    return [...timers, ...sweeps, ...born].sort((a, b) => a.at - b.at)[0]
  }

  /** Turns time forward; every timer and sweep that falls due runs at its own moment, in order. */
  const until = (to: number): void => {
    for (let next = dueNext(); next !== undefined && next.at <= to; next = dueNext()) {
      now = Math.max(now, next.at)
      next.run()
    }
    now = Math.max(now, to)
  }

  return {
    now: () => now,
    until,
    wait: (length: string): void => until(now + (parseDuration(length)?.ms ?? 0)),
    give,
    on,
    birth,
    deliver,
    recordChanged: (entity: string, id: string, set: Facts): void => {
      memory.write(entity, id, set)
      recordChanged(
        entity,
        id,
        Object.keys(set).map((field) => `${entity}.${field}`),
      )
    },
    card: (id: string): CardState => {
      const found = cards.get(id)
      if (found === undefined) throw new Error(`no card ${id}`)
      return found
    },
    cards: (): readonly CardState[] => [...cards.values()],
    record,
    holds: memory.holds,
    /** The open task of that template on that card. */
    task: (id: string, template: string): Task | undefined =>
      cards.get(id)?.tasks.find((task) => task.state === 'open' && task.template === template),
    steps: (): readonly Step[] => steps,
    sent: (message?: string) =>
      steps.flatMap((step) =>
        'effect' in step && step.effect.kind === 'send' && (message === undefined || step.effect.message === message)
          ? [{ at: step.at, ...step.effect }]
          : [],
      ),
  }
}
