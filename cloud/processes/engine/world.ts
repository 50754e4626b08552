import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { parseDuration } from '../notation/duration.ts'
import type { Rule } from '../notation/rule.ts'
import type { Actor, CardEvent, CardState, Change, Effect, Task, Wanted } from './card.ts'
import { keyOf } from './card.ts'
import { type Decision, decide, type Question } from './decide.ts'
import { createDraft, type Locals, NeedsFacts, NO_LOCALS, same } from './draft.ts'
import type { Machine } from './machine.ts'
import { formatNumber } from './number.ts'

/** What happened, in order: a line of the log, or something that went out. */
export type Step = { readonly at: number; readonly card: string } & (
  | { readonly change: Change; readonly actor: Actor }
  | { readonly effect: Effect }
)

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: string; readonly why: readonly string[] }

/** Facts from outside: balances, zones, holds; undefined is unknown. */
export type OutsideFacts = (wanted: Wanted, now: number) => Fact

export type World = ReturnType<typeof createWorld>

const EMPTY: Omit<CardState, 'card'> = { tasks: [], runs: [], timers: [], repeats: {} }

/**
 * The whole engine in memory with time turned by hand: cards, records, registries, timers and what goes out. Plays event
 * files and is the runner of the tests; the database does the same with rows.
 */
export function createWorld(machine: Machine, start: number, outside: OutsideFacts = () => undefined) {
  let now = start
  let count = 0
  const cards = new Map<string, CardState>()
  const records = new Map<string, Map<string, Facts>>()
  const permits: { readonly permit: string; readonly record: string; readonly until: number }[] = []
  const bookings: {
    readonly resource: string
    readonly from: number
    readonly to: number
    readonly who: string | undefined
  }[] = []
  const numbers = new Map<string, number>()
  const payments = new Set<string>()
  const holds = new Set<string>()
  const ruleOutcomes = new Map<string, boolean>()
  const swept = new Map<string, number>()
  const births: {
    readonly at: number
    readonly effect: Extract<Effect, { kind: 'birth' }>
    readonly from: CardState
  }[] = []
  const steps: Step[] = []
  const queue: (() => void)[] = []

  const seed = (): string => {
    count += 1
    return `00000000-0000-4000-8000-${count.toString(16).padStart(8, '0')}0000`
  }
  const record = (entity: string, id: string): Facts | undefined => {
    const own = records.get(entity)?.get(id)
    if (entity !== 'vehicle') return own
    const reasons = [...holds].filter((key) => key.startsWith(`${id} `)).map((key) => key.split(' ')[1] ?? '')
    return own && { ...own, holds: [...new Set(reasons)] }
  }
  const matches = (fields: Facts, match: Facts, entity: string): boolean =>
    Object.entries(match).every(([path, wanted]) => {
      const [first = '', second] = path.split('.')
      if (second === undefined || first === entity) return same(fields[second ?? first], wanted)
      const link = fields[first]
      return typeof link === 'string' && same(record(first, link)?.[second], wanted)
    })
  const open = (state: CardState): boolean => state.card.closedAt === undefined

  const resolve = (wanted: Wanted): Fact => {
    switch (wanted.kind) {
      case 'record':
        return record(wanted.entity, wanted.id) ?? outside(wanted, now)
      case 'find': {
        if (wanted.entity !== undefined) {
          const entity = wanted.entity
          const found = [...(records.get(entity) ?? [])].find(([, fields]) => matches(fields, wanted.match, entity))
          return found === undefined ? {} : { ...found[1], id: found[0] }
        }
        const found = [...cards.values()].find(
          (state) =>
            state.card.pipeline === wanted.pipeline &&
            (wanted.stage === undefined || state.card.stage === wanted.stage) &&
            matches(state.card.fields, wanted.match, state.card.entity),
        )
        return found === undefined ? {} : { ...found.card.fields, id: found.card.id, no: String(found.card.no) }
      }
      case 'free':
        return outside(wanted, now) ?? isFree(wanted.resource, wanted.at, wanted.at + 3_600_000)
      case 'permit':
        return permits.some(
          ({ permit, record: of, until }) => permit === wanted.permit && of === wanted.record && until > now,
        )
      case 'held':
        return holds.has(`${wanted.vehicle} ${wanted.reason} ${wanted.key ?? ''}`)
      case 'number': {
        const series = machine.definitions.series.get(wanted.series)
        const n = (numbers.get(wanted.series) ?? 0) + 1
        numbers.set(wanted.series, n)
        return series === undefined ? undefined : formatNumber(series.pattern, n, now)
      }
      case 'book': {
        if (!isFree(wanted.resource, wanted.from, wanted.to)) return false
        bookings.push(wanted)
        return true
      }
      default:
        return outside(wanted, now)
    }
  }
  const isFree = (resource: string, from: number, to: number): boolean => {
    const capacity = machine.definitions.org.resources.get(resource)?.count ?? 1
    return bookings.filter((one) => one.resource === resource && one.from < to && from < one.to).length < capacity
  }

  const ask = (state: CardState, event: Question['event'], actor: Actor): Decision => {
    const known = new Map<string, Fact>()
    const own = seed()
    for (let round = 0; round < 50; round += 1) {
      const decision = decide({ state, machine, event, actor, now, known, seed: own })
      if (decision.kind !== 'wanted') return decision
      for (const wanted of decision.wanted) known.set(keyOf(wanted), resolve(wanted))
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
    give(entity, id, { ...records.get(entity)?.get(id), [field]: to })
  }
  const give = (entity: string, id: string, fields: Facts): void => {
    const of = records.get(entity) ?? new Map<string, Facts>()
    records.set(entity, of.set(id, fields))
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
        const each: Readonly<Record<string, string>> = effect.about === undefined ? {} : { driver: effect.about }
        return on(effect.card, openOn(effect.task, { ...NO_LOCALS, each }))
      }
      case 'permit':
        permits.push(effect)
        return
      case 'hold': {
        if (effect.place !== undefined) holds.add(`${effect.vehicle} ${effect.place} ${effect.key ?? ''}`)
        for (const key of [...holds])
          if (effect.lift !== undefined && key.startsWith(`${effect.vehicle} ${effect.lift} ${effect.key ?? ''}`))
            holds.delete(key)
        return
      }
      case 'registry': {
        const before = records.get(effect.entity)?.get(effect.key) ?? {}
        const appended = Object.entries(effect.append).map(([field, value]) => {
          const list = before[field]
          return [field, [...(Array.isArray(list) ? list : []), value]] as const
        })
        return give(effect.entity, effect.key, { ...before, ...effect.set, ...Object.fromEntries(appended) })
      }
      case 'payment': {
        if (payments.has(effect.key)) return
        const found = [...cards.values()].find(
          (state) => open(state) && matches(state.card.fields, effect.match, state.card.entity),
        )
        if (found === undefined) return
        payments.add(effect.key)
        on(found.card.id, { kind: 'payment', amount: effect.amount, key: effect.key, fill: effect.fill })
        return
      }
      default:
        return
    }
  }

  const bear = (): void => {
    for (const due of births.filter(({ at }) => at <= now)) {
      births.splice(births.indexOf(due), 1)
      const { effect, from } = due
      const pipeline = machine.pipeline(effect.pipeline)
      const standing =
        Object.keys(effect.unlessOpen).length > 0 &&
        [...cards.values()].some(
          (state) =>
            open(state) &&
            state.card.pipeline === effect.pipeline &&
            matches(state.card.fields, effect.unlessOpen, state.card.entity),
        )
      if (pipeline === undefined || standing) continue
      birth(effect.pipeline, effect.stage, effect.fields, {
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
    more: {
      readonly id?: string
      readonly parent?: string | undefined
      readonly responsible?: string | undefined
      readonly actor?: Actor
      readonly subject?: string
    } = {},
  ): { readonly id: string; readonly outcome: Outcome } => {
    const found = machine.pipeline(pipeline)
    if (found === undefined) throw new Error(`no pipeline ${pipeline}`)
    const id = more.id ?? seed()
    const actor = more.actor ?? SYSTEM
    const state: CardState = {
      ...EMPTY,
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

  const recordChanged = (entity: string, id: string, paths: readonly string[]): void => {
    for (const state of [...cards.values()])
      if (open(state) && (state.card.fields[entity] === id || state.card.subject === id))
        on(state.card.id, { kind: 'changed', paths })
    for (const rule of machine.definitions.rules.values())
      if (rule.event?.kind === 'changed' && rule.event.paths.some(({ name }) => paths.includes(name)))
        runRule(rule, {}, { [entity]: id })
  }

  /** An outside event: first the rules, then the cards it is about, then one waiting card of each queue. */
  const deliver = (name: string, payload: Facts, subject: Readonly<Record<string, string>> = {}): void => {
    for (const rule of machine.definitions.rules.values())
      if (rule.event?.kind === 'outside' && rule.event.names.some((one) => one.name === name))
        runRule(rule, payload, subject)
    const event: CardEvent = { kind: 'outside', name, payload }
    for (const state of [...cards.values()]) if (open(state) && isAbout(state, subject)) on(state.card.id, event)
    for (const pipeline of machine.definitions.pipelines.values())
      for (const stage of pipeline.stages) {
        const line = stage.when.find(
          (one) =>
            one.deliver === 'oldest' &&
            one.event.kind === 'outside' &&
            one.event.names.some((named) => named.name === name),
        )
        if (line === undefined) continue
        const waiting = [...cards.values()].filter(
          ({ card }) => card.pipeline === pipeline.id && card.stage === stage.id,
        )
        for (const { card } of waiting.sort((a, b) => a.card.enteredAt - b.card.enteredAt)) {
          const before = steps.length
          on(card.id, event)
          if (steps.length > before) break
        }
      }
  }
  const isAbout = ({ card }: CardState, subject: Readonly<Record<string, string>>): boolean => {
    const stage = machine.stage(card.pipeline, card.stage)
    if (stage?.when.some(({ deliver: how }) => how === 'oldest') === true && subject['card'] !== card.id) return false
    return Object.entries(subject).some(([entity, id]) =>
      entity === 'card' ? card.id === id : card.fields[entity] === id || card.subject === id,
    )
  }

  const runRule = (rule: Rule, payload: Facts, subject: Readonly<Record<string, string>>): void => {
    const scope = rule.for
    if (scope === undefined) {
      const create = rule.do.find((one) => one.kind === 'create')
      const move = rule.do.find((one) => one.kind === 'move' && one.pipeline !== undefined)
      const target =
        move?.kind === 'move'
          ? [...cards.values()].find(
              (state) => open(state) && state.card.pipeline === move.pipeline?.name && isAbout(state, subject),
            )
          : undefined
      if (create === undefined && move !== undefined && target === undefined) return
      fireFree(rule, payload, target, subject)
      return
    }
    for (const state of [...cards.values()]) {
      const { card } = state
      if (!open(state) || (scope.pipeline !== undefined && card.pipeline !== scope.pipeline.name)) continue
      if (scope.pipeline === undefined && card.entity !== scope.entity?.name) continue
      if (scope.stage.length > 0 && !scope.stage.some(({ name }) => name === card.stage)) continue
      if (Object.keys(subject).length > 0 && !isAbout(state, subject)) continue
      const many = card.fields[`${scope.each?.name ?? ''}s`]
      const one = card.fields[scope.each?.name ?? '']
      const each =
        scope.each === undefined
          ? [undefined]
          : Array.isArray(many)
            ? many.map(String)
            : typeof one === 'string'
              ? [one]
              : []
      for (const about of each)
        fire(
          rule,
          state.card.id,
          payload,
          scope.each === undefined || about === undefined ? {} : { [scope.each.name]: about },
        )
    }
  }

  const verdict = (rule: Rule, state: CardState, locals: Locals): boolean | undefined => {
    const known = new Map<string, Fact>()
    for (let round = 0; round < 20; round += 1) {
      try {
        const draft = createDraft({
          state,
          machine,
          actor: SYSTEM,
          now,
          known,
          seed: '00000000-0000-4000-8000-000000000000',
        })
        const holds3 = (expr: Rule['if']): boolean | undefined => {
          if (expr === undefined) return undefined
          const result = draft.evaluate(expr, locals)
          return result.kind === 'value' ? result.value === true : undefined
        }
        if (rule.for?.where !== undefined && holds3(rule.for.where) !== true) return false
        const yes = rule.if === undefined ? true : holds3(rule.if)
        const exempt = rule.unless === undefined ? false : holds3(rule.unless)
        if (yes === false || exempt === true) return false
        return yes === undefined || exempt === undefined ? undefined : true
      } catch (cause) {
        if (!(cause instanceof NeedsFacts)) throw cause
        for (const wanted of cause.wanted) known.set(keyOf(wanted), resolve(wanted))
      }
    }
    return undefined
  }

  const fire = (rule: Rule, id: string, payload: Facts, each: Readonly<Record<string, string>>): void => {
    const state = cards.get(id)
    if (state === undefined) return
    const locals: Locals = { ...NO_LOCALS, reads: rule.read, event: payload, each }
    const key = `${rule.id} ${id} ${JSON.stringify(each)}`
    const satisfied = verdict(rule, state, locals)
    const before = ruleOutcomes.get(key)
    if (satisfied === undefined) return
    ruleOutcomes.set(key, satisfied)
    if (!satisfied || (rule.fires === 'on_change' && before === true)) return
    on(id, { kind: 'actions', actions: rule.do, locals }, { kind: 'rule', id: rule.id, version: machine.version })
  }

  const fireFree = (
    rule: Rule,
    payload: Facts,
    target: CardState | undefined,
    subject: Readonly<Record<string, string>>,
  ): void => {
    const actor: Actor = { kind: 'rule', id: rule.id, version: machine.version }
    const locals: Locals = { ...NO_LOCALS, reads: rule.read, event: payload, each: subject }
    const state = target ?? nobody(rule)
    if (verdict(rule, state, locals) !== true) return
    let here = target?.card.id
    for (const one of rule.do) {
      if (one.kind === 'create') {
        const match = Object.fromEntries(one.unlessOpen.map(({ path, value }) => [path, valueIn(state, value, locals)]))
        const standing =
          one.unlessOpen.length === 0
            ? undefined
            : [...cards.values()].find(
                (other) =>
                  open(other) &&
                  other.card.pipeline === one.pipeline.name &&
                  matches(other.card.fields, match, other.card.entity),
              )
        const fields = Object.fromEntries([
          ...one.link.flatMap(({ name }) => (subject[name] === undefined ? [] : [[name, subject[name]] as const])),
          ...one.set.map(({ path, value }) => [path.split('.').at(-1) ?? path, valueIn(state, value, locals)] as const),
        ])
        here = standing?.card.id ?? birth(one.pipeline.name, one.stage.name, fields, { actor }).id
      } else if (here !== undefined) on(here, { kind: 'actions', actions: [one], locals }, actor)
      else take(ask(state, { kind: 'actions', actions: [one], locals }, actor))
    }
  }
  const valueIn = (
    state: CardState,
    value: Parameters<ReturnType<typeof createDraft>['valueOf']>[0],
    locals: Locals,
  ): Fact =>
    createDraft({
      state,
      machine,
      actor: SYSTEM,
      now,
      known: new Map(),
      seed: '00000000-0000-4000-8000-000000000000',
    }).valueOf(value, locals)

  /** A rule that works on no card yet still decides somewhere. */
  const nobody = (rule: Rule): CardState => ({
    ...EMPTY,
    card: {
      id: `rule:${rule.id}`,
      no: 0,
      pipeline: '',
      definition: machine.version,
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

  /** Turns time forward; every timer and sweep that falls due runs at its own moment, in order. */
  const until = (to: number): void => {
    for (;;) {
      const timers = [...cards.values()].flatMap((state) =>
        open(state) || state.timers.some(({ name }) => name.startsWith('run:'))
          ? state.timers
              .filter(({ state: is }) => is === 'set')
              .map((timer) => ({
                at: timer.dueAt,
                run: () => void on(state.card.id, { kind: 'timer', name: timer.name, version: timer.version }),
              }))
          : [],
      )
      const sweeps = [...machine.definitions.rules.values()].flatMap((rule) => {
        if (rule.every === undefined) return []
        const at = (swept.get(rule.id) ?? start) + (rule.every.ms || 30 * 86_400_000)
        const run = () => {
          swept.set(rule.id, at)
          runRule(rule, {}, {})
        }
        return [{ at, run }]
      })
      const born = births.map(({ at }) => ({ at, run: bear }))
      const next = [...timers, ...sweeps, ...born].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > to) break
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
      give(entity, id, { ...records.get(entity)?.get(id), ...set })
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
    holds: (): readonly string[] => [...holds],
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

export const SYSTEM: Actor = { kind: 'system', id: 'engine' }
export const openOn = (task: string, locals: Locals): Question['event'] => {
  const pos = { file: '', line: 0, column: 0 }
  const use = { name: task, pos }
  return {
    kind: 'actions',
    locals,
    actions: [
      {
        kind: 'task',
        pos,
        use,
        card: undefined,
        to: undefined,
        at: undefined,
        delay: undefined,
        dueAt: undefined,
        max: undefined,
        onMax: [],
        watchers: [],
        oneOpen: true,
      },
    ],
  }
}
