import { midnight } from '../../calendar/moscow-day.ts'
import type { Evaluation } from '../../expressions/expression.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { parseDuration } from '../notation/duration.ts'
import type { Position } from '../notation/problem.ts'
import type { NamedRead } from '../notation/read.ts'
import { isCel, type Plain, type Value, type Who } from '../notation/value.ts'
import type { Actor, Card, CardState, Change, Effect, Recipient, Run, Task, Timer, Wanted } from './card.ts'
import { keyOf } from './card.ts'
import type { Machine } from './machine.ts'

/** Facts that the shell has found out so far, by `keyOf`. */
export type Known = ReadonlyMap<string, Fact>
/** Thrown through a decision: it cannot go on before these are known. */
export class NeedsFacts extends Error {
  readonly wanted: readonly Wanted[]
  constructor(wanted: readonly Wanted[]) {
    super('facts are wanted')
    this.wanted = wanted
  }
}
/** Thrown through a decision: what a person asked for is not allowed. */
export class Refused extends Error {
  readonly why: readonly string[]
  readonly code: RefusalCode
  constructor(code: RefusalCode, why: readonly string[]) {
    super(why.join('; '))
    this.code = code
    this.why = why
  }
}
export type RefusalCode = 'guard' | 'manual' | 'way' | 'fields' | 'task' | 'button' | 'closed' | 'unknown'
/** Thrown when automatic steps go round and round. */
export class TooManyHops extends Error {}

/** What an action list sees besides the card. */
export type Locals = {
  readonly reads: readonly NamedRead[]
  readonly event: Facts | undefined
  readonly answer: Facts | undefined
  /** The process that acts. */
  readonly run: string | undefined
  /** Records that stand for an entity here, such as one driver of the lease. */
  readonly each: Readonly<Record<string, string>>
  /** Facts already found by whoever asked, such as the reads of a rule; `=expression` is one already computed. */
  readonly given: Facts
}
export const NO_LOCALS: Locals = { reads: [], event: undefined, answer: undefined, run: undefined, each: {}, given: {} }

export type Draft = {
  readonly machine: Machine
  readonly now: number
  card: Card
  tasks: Task[]
  runs: Run[]
  timers: Timer[]
  repeats: Record<string, number>
  actor: Actor
  readonly changes: { readonly change: Change; readonly actor: Actor }[]
  readonly effects: Effect[]
  /** Paths written in this decision and not yet reacted to. */
  readonly touched: Set<string>
  newId(): string
  hop(): void
  log(change: Change): void
  effect(effect: Effect): void
  want(wanted: Wanted): Fact
  evaluate(expr: { readonly cel: string; readonly pos: Position }, locals: Locals): Evaluation
  /** A literal or a computed value; undefined when it cannot be told. */
  valueOf(value: Value, locals: Locals): Fact
  /** What `deal.x`, `vehicle.x` or a bare field holds. */
  read(path: string, locals: Locals): Fact
  root(name: string, locals: Locals): Fact
  linkOf(entity: string, locals: Locals): string | undefined
  set(path: string, to: Fact, locals: Locals): void
}

export type DraftParts = {
  readonly state: CardState
  readonly machine: Machine
  readonly actor: Actor
  readonly now: number
  readonly known: Known
  /** A UUID of this event: ids of what is born here follow from it. */
  readonly seed: string
}

const MOST_HOPS = 20

/** A working copy of a card. All that is read is in `known`; what is not there is asked for by NeedsFacts. */
export function createDraft({ state, machine, actor, now, known, seed }: DraftParts): Draft {
  let ids = 0
  let hops = 0
  const edits = new Map<string, Record<string, Fact>>()
  const draft: Draft = {
    machine,
    now,
    card: state.card,
    tasks: [...state.tasks],
    runs: [...state.runs],
    timers: [...state.timers],
    repeats: { ...state.repeats },
    actor,
    changes: [],
    effects: [],
    touched: new Set(),
    newId: () => {
      ids += 1
      return `${seed.slice(0, -4)}${ids.toString(16).padStart(4, '0')}`
    },
    hop: () => {
      hops += 1
      if (hops > MOST_HOPS) throw new TooManyHops('more than 20 automatic hops')
    },
    log: (change) => {
      draft.changes.push({ change, actor: draft.actor })
    },
    effect: (effect) => {
      draft.effects.push(effect)
    },
    want: (wanted) => {
      const key = keyOf(wanted)
      if (!known.has(key)) throw new NeedsFacts([wanted])
      return known.get(key)
    },
    evaluate: (expr, locals) => {
      const computed = `=${expr.cel}`
      if (Object.hasOwn(locals.given, computed)) return { kind: 'value', value: locals.given[computed] }
      const expression = machine.expression(expr)
      if (expression === undefined) return { kind: 'unknown', missing: [], why: `not compiled: ${expr.cel}` }
      const roots = [...new Set(expression.reads.map(({ path }) => path[0] ?? ''))]
      return expression.evaluate(Object.fromEntries(gather(roots, locals)))
    },
    valueOf: (value, locals) => {
      if (!isCel(value)) return value.literal
      const result = draft.evaluate(value, locals)
      return result.kind === 'value' ? result.value : undefined
    },
    read: (path, locals) => {
      const [first = '', second] = path.split('.')
      if (second === undefined) return fieldOf(draft.root(draft.card.entity, locals), first)
      return fieldOf(draft.root(first, locals), second)
    },
    root: (name, locals) => rootOf(name, locals),
    linkOf: (entity, locals) => {
      if (entity === draft.card.entity) return draft.card.subject ?? draft.card.id
      const each = locals.each[entity]
      if (each !== undefined) return each
      if (entity === 'gateway') return draft.linkOf('vehicle', locals)
      const direct = draft.card.fields[entity]
      if (typeof direct === 'string' && direct !== '') return direct
      const first = draft.card.fields[`${entity}s`]
      return Array.isArray(first) && first.length === 1 && typeof first[0] === 'string' ? first[0] : undefined
    },
    set: (path, to, locals) => {
      const [first = '', second] = path.split('.')
      const entity = second === undefined ? draft.card.entity : first
      const field = second ?? first
      const from = draft.read(`${entity}.${field}`, locals)
      if (same(from, to)) return
      if (entity === draft.card.entity && draft.card.subject === undefined) {
        draft.card = { ...draft.card, fields: { ...draft.card.fields, [field]: to } }
        draft.log({ kind: 'set', path: `${entity}.${field}`, record: undefined, from: plain(from), to: plain(to) })
      } else {
        const id = draft.linkOf(entity, locals)
        if (id === undefined) {
          draft.log({ kind: 'unknown', what: `${entity}.${field}`, missing: [entity] })
          return
        }
        const key = `${entity} ${id}`
        edits.set(key, { ...edits.get(key), [field]: to })
        draft.log({ kind: 'set', path: `${entity}.${field}`, record: id, from: plain(from), to: plain(to) })
      }
      draft.touched.add(`${entity}.${field}`)
    },
  }

  const rootOf = (name: string, locals: Locals): Fact => {
    const { card } = draft
    switch (name) {
      case 'now':
        return now
      case 'today':
        return midnight(now)
      case 'policy':
        return machine.policy
      case 'event':
        return locals.event
      case 'answer':
        return locals.answer
      case 'stage':
        return { id: card.stage, title: machine.stage(card.pipeline, card.stage)?.title, enteredAt: card.enteredAt }
    }
    if (Object.hasOwn(locals.given, name)) return locals.given[name]
    const read = locals.reads.find((one) => one.name === name)
    if (read !== undefined) return readFact(draft, read, locals)
    if (!machine.definitions.entities.has(name)) return undefined
    const standing = { id: card.id, no: String(card.no), responsible: card.responsible, createdAt: card.createdAt }
    if (name === card.entity && card.subject === undefined) return { ...card.fields, ...standing }
    const id = draft.linkOf(name, locals)
    if (id === undefined) return undefined
    const record = draft.want({ kind: 'record', entity: name, id })
    return { ...(isFacts(record) ? record : {}), ...edits.get(`${name} ${id}`), id }
  }

  /** Asks for everything that is missing at once, so that a decision needs few rounds. */
  const gather = (roots: readonly string[], locals: Locals): (readonly [string, Fact])[] => {
    const wanted: Wanted[] = []
    const found = roots.map((root): readonly [string, Fact] => {
      try {
        return [root, rootOf(root, locals)]
      } catch (cause) {
        if (!(cause instanceof NeedsFacts)) throw cause
        wanted.push(...cause.wanted)
        return [root, undefined]
      }
    })
    if (wanted.length > 0) throw new NeedsFacts(wanted)
    return found
  }
  return draft
}

export const isFacts = (fact: Fact): fact is Facts => typeof fact === 'object' && fact !== null && !Array.isArray(fact)
const fieldOf = (holder: Fact, field: string): Fact =>
  isFacts(holder) && Object.hasOwn(holder, field) ? holder[field] : undefined

/** Pure. A fact as the log keeps it. */
export function plain(fact: Fact): Plain | null {
  if (typeof fact === 'string' || typeof fact === 'number' || typeof fact === 'boolean') return fact
  if (typeof fact === 'bigint') return Number(fact)
  if (Array.isArray(fact)) return fact.map((item: Fact) => plain(item) ?? '')
  return null
}

export const same = (one: Fact, other: Fact): boolean => JSON.stringify(plain(one)) === JSON.stringify(plain(other))
export const isFilled = (fact: Fact): boolean =>
  fact !== undefined && fact !== null && fact !== '' && !(Array.isArray(fact) && fact.length === 0)

/** What a read gives; undefined (absent) when what it asks about cannot be told. */
function readFact(draft: Draft, { value: read }: NamedRead, locals: Locals): Fact {
  const bare: Locals = { ...locals, reads: [] }
  const vehicle = () => draft.linkOf('vehicle', bare)
  const textOf = (value: Value | undefined): string | undefined => {
    const fact = value === undefined ? undefined : draft.valueOf(value, bare)
    return typeof fact === 'string' ? fact : undefined
  }
  switch (read.kind) {
    case 'find': {
      const match: Record<string, Fact> = {}
      for (const { path, value } of read.match) {
        const fact = draft.valueOf(value, bare)
        if (!isFilled(fact)) return {}
        match[path] = fact
      }
      const found = draft.want({
        kind: 'find',
        pipeline: read.pipeline?.name,
        stage: read.stage?.name,
        entity: read.entity?.name,
        match,
      })
      // No such record is known for sure, so its fields are absent and `has` says no.
      return isFacts(found) ? found : {}
    }
    case 'free': {
      const at = draft.valueOf(read.at, bare)
      return typeof at === 'number' ? draft.want({ kind: 'free', resource: read.resource.name, at }) : undefined
    }
    case 'permit': {
      const record = draft.linkOf(read.of.name, bare)
      return record === undefined
        ? undefined
        : draft.want({ kind: 'permit', permit: read.name.name, of: read.of.name, record })
    }
    case 'balance_of': {
      const record = draft.linkOf(read.of.name, bare)
      const age = read.maxAge === undefined ? undefined : draft.valueOf(read.maxAge, bare)
      const maxAge = typeof age === 'number' ? age : typeof age === 'string' ? parseDuration(age)?.ms : undefined
      return record === undefined ? undefined : draft.want({ kind: 'balance', record, maxAge })
    }
    case 'held': {
      const id = vehicle()
      return id === undefined
        ? undefined
        : draft.want({ kind: 'held', reason: read.reason, key: textOf(read.key), vehicle: id })
    }
    case 'zone_state': {
      const id = vehicle()
      const zone = textOf(read.zone)
      return id === undefined || zone === undefined ? undefined : draft.want({ kind: 'zoneState', zone, vehicle: id })
    }
    case 'area_outage': {
      const id = vehicle()
      return id === undefined ? undefined : draft.want({ kind: 'areaOutage', vehicle: id })
    }
    case 'shift_of': {
      const id = vehicle()
      return id === undefined ? undefined : (draft.want({ kind: 'shift', vehicle: id }) ?? {})
    }
  }
}

/** Pure but for what it asks. Who is meant; undefined when nobody can be named. */
export function recipientOf(draft: Draft, who: Who, locals: Locals): Recipient | undefined {
  const run = draft.runs.find(({ id }) => id === locals.run)
  switch (who.kind) {
    case 'role':
    case 'group':
      return { kind: who.kind, id: who.name }
    case 'author':
      return assigneeRecipient(run?.author ?? draft.card.author)
    case 'responsible':
      return assigneeRecipient(draft.card.responsible)
    case 'name': {
      const bound = run?.bound[who.name]
      if (bound !== undefined) return assigneeRecipient(bound)
      if (locals.reads.some(({ name }) => name === who.name)) {
        const found = draft.root(who.name, locals)
        const id = isFacts(found) ? found['id'] : undefined
        return typeof id === 'string' ? { kind: 'record', entity: who.name, id } : undefined
      }
      if (draft.machine.definitions.entities.has(who.name)) return entityRecipient(draft, who.name, locals)
      return draft.machine.definitions.org.roles.has(who.name) ? { kind: 'role', id: who.name } : undefined
    }
    case 'field': {
      const id = draft.read(who.path, locals)
      return typeof id === 'string' && id !== '' ? assigneeRecipient(id.includes(':') ? id : `person:${id}`) : undefined
    }
  }
}

/** A driver or client is a record of its own, or, before there is one, the phone of the deal. */
function entityRecipient(draft: Draft, entity: string, locals: Locals): Recipient | undefined {
  const id = draft.linkOf(entity, locals)
  return id === undefined
    ? { kind: 'record', entity: draft.card.entity, id: draft.card.id }
    : { kind: 'record', entity, id }
}

export function assigneeRecipient(assignee: string | undefined): Recipient | undefined {
  const [kind, ...rest] = (assignee ?? '').split(':')
  const id = rest.join(':')
  return (kind === 'role' || kind === 'group' || kind === 'person') && id !== '' ? { kind, id } : undefined
}

export function assigneeOf(draft: Draft, who: Who | undefined, locals: Locals): string | undefined {
  const recipient = who === undefined ? undefined : recipientOf(draft, who, locals)
  if (recipient === undefined || recipient.kind === 'record') return undefined
  return `${recipient.kind}:${recipient.id}`
}
