import type { Facts } from '../../expressions/fact-type.ts'
import type { Plain } from '../notation/value.ts'

/** Who did something. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string; readonly name: string; readonly roles: readonly string[] }
  | { readonly kind: 'rule'; readonly id: string; readonly version: number }
  | { readonly kind: 'process'; readonly id: string; readonly run: string }
  | { readonly kind: 'system'; readonly id: string }

/** A card on its pipeline. Times are epoch milliseconds. */
export type Card = {
  readonly id: string
  readonly no: number
  readonly pipeline: string
  /** Number of the definitions it runs on. */
  readonly definition: number
  readonly stage: string
  readonly enteredAt: number
  readonly createdAt: number
  /** Entity of its fields: `deal`, or what the card itself is (`vehicle`), then `subject` names it. */
  readonly entity: string
  readonly subject: string | undefined
  readonly fields: Facts
  /** `person:<id>` or `role:<role>`. */
  readonly responsible: string | undefined
  readonly author: string | undefined
  readonly parent: string | undefined
  readonly version: number
  readonly closedAt: number | undefined
  /** Why nothing moves it any more until a person looks. */
  readonly parked: string | undefined
}

export type TaskKind = 'task' | 'ask' | 'acknowledge' | 'take'
/** `held`: its process is paused; nobody can close it, and it comes back with the process. */
export type TaskState = 'open' | 'held' | 'done' | 'cancelled'
/** Work for a person, a row of its own; a question of a process is one too. */
export type Task = {
  readonly id: string
  readonly kind: TaskKind
  /** Template, or `process.step` of a question. */
  readonly template: string
  readonly title: string
  /** `role:x`, `group:x` or `person:<id>`. */
  readonly assignee: string
  readonly watchers: readonly string[]
  readonly priority: number
  readonly openFrom: number
  readonly dueAt: number
  readonly createdAt: number
  readonly state: TaskState
  /** Opened by the limit of a stage: goes when the card leaves it. */
  readonly ofLimit: boolean
  readonly run: string | undefined
  readonly step: string | undefined
  /** The driver (or another record) that this task is about, when the card has several. */
  readonly about: string | undefined
  readonly outcome: string | undefined
  readonly answer: Facts | undefined
  readonly comment: string | undefined
  readonly closedAt: number | undefined
  readonly closedBy: string | undefined
}

/** A process on a card. */
export type Run = {
  readonly id: string
  readonly process: string
  readonly definition: number
  readonly state: 'running' | 'ended' | 'stopped'
  readonly step: string | undefined
  readonly author: string | undefined
  /** Names bound by `as:`. */
  readonly bound: Readonly<Record<string, string>>
  readonly comment: string | undefined
  /** Outside events it waits for. */
  readonly awaits: readonly string[]
  readonly startedAt: number
  readonly endedAt: number | undefined
  /** Since when it takes no step; `answered`: what it stood and waited for has come meanwhile. */
  readonly paused: { readonly at: number; readonly answered: boolean } | undefined
}

/** A moment at which the card is to be looked at; a row keyed by card and name. */
export type Timer = {
  readonly name: string
  readonly dueAt: number
  /** The time it hangs on: unchanged, a timer that has rung stays quiet. */
  readonly basis: number
  readonly version: number
  /** `held`: of a paused process; it does not ring. */
  readonly state: 'set' | 'held' | 'rung'
}

export type CardState = {
  readonly card: Card
  /** Open ones, and those closed in this decision. */
  readonly tasks: readonly Task[]
  readonly runs: readonly Run[]
  readonly timers: readonly Timer[]
  /** How often each task template was opened on this card by a repeat. */
  readonly repeats: Readonly<Record<string, number>>
}

/** What happens to a card. */
export type CardEvent =
  | { readonly kind: 'born' }
  | { readonly kind: 'outside'; readonly name: string; readonly payload: Facts }
  | { readonly kind: 'move'; readonly stage: string; readonly set: Facts }
  | { readonly kind: 'fields'; readonly set: Facts }
  /** Fields of a linked record have changed, as `vehicle.dkUntil`. */
  | { readonly kind: 'changed'; readonly paths: readonly string[] }
  | {
      readonly kind: 'outcome'
      readonly task: string
      readonly outcome: string
      readonly set: Facts
      readonly answer: Facts
      readonly comment: string | undefined
    }
  | { readonly kind: 'button'; readonly id: string }
  | { readonly kind: 'start'; readonly process: string; readonly set: Facts }
  | { readonly kind: 'stop' | 'pause' | 'resume'; readonly run: string }
  | { readonly kind: 'timer'; readonly name: string; readonly version: number }
  | { readonly kind: 'answered'; readonly run: string; readonly step: string; readonly answer: Facts | undefined }
  | { readonly kind: 'payment'; readonly amount: number; readonly key: string; readonly fill: readonly string[] }
  | { readonly kind: 'responsible'; readonly to: string }
  /** An effect could not be carried out for good. */
  | { readonly kind: 'failed'; readonly what: string; readonly why: string }

/** One line of the log. */
export type Change =
  | { readonly kind: 'born'; readonly stage: string; readonly parent: string | undefined }
  | { readonly kind: 'moved'; readonly from: string; readonly to: string; readonly stood: number }
  | {
      readonly kind: 'set'
      readonly path: string
      readonly record: string | undefined
      readonly from: Plain | null
      readonly to: Plain | null
    }
  | {
      readonly kind: 'task'
      readonly task: string
      readonly template: string
      readonly assignee: string
      readonly dueAt: number
    }
  | {
      readonly kind: 'done'
      readonly task: string
      readonly template: string
      readonly outcome: string
      readonly late: boolean
      readonly comment: string | undefined
    }
  | { readonly kind: 'cancelled'; readonly task: string; readonly template: string }
  | {
      readonly kind: 'started' | 'ended' | 'stopped' | 'paused' | 'resumed'
      readonly run: string
      readonly process: string
    }
  | { readonly kind: 'overran'; readonly stage: string }
  | { readonly kind: 'refused'; readonly what: string; readonly why: readonly string[] }
  | { readonly kind: 'unknown'; readonly what: string; readonly missing: readonly string[] }
  | { readonly kind: 'took'; readonly task: string; readonly by: string }
  | { readonly kind: 'spawned'; readonly card: string; readonly pipeline: string; readonly stage: string }
  | { readonly kind: 'granted'; readonly permit: string; readonly of: string; readonly until: number }
  | { readonly kind: 'numbered'; readonly series: string; readonly number: string }
  | { readonly kind: 'booked'; readonly resource: string; readonly from: number; readonly to: number }
  | { readonly kind: 'paid'; readonly amount: number; readonly key: string }
  | { readonly kind: 'responsible'; readonly to: string }
  | { readonly kind: 'parked'; readonly why: string }

/** Whom a message, a call or a form is for. */
export type Recipient =
  | { readonly kind: 'role' | 'group' | 'person'; readonly id: string }
  | { readonly kind: 'record'; readonly entity: string; readonly id: string }

/** What is carried out after the commit, by key `card:version:index`. */
export type Effect =
  | {
      readonly kind: 'send'
      readonly message: string
      readonly to: Recipient
      readonly via: readonly string[]
      readonly facts: Facts
      readonly attach: readonly string[]
    }
  | {
      readonly kind: 'hold'
      readonly place: string | undefined
      readonly lift: string | undefined
      readonly key: string | undefined
      readonly vehicle: string
    }
  | {
      readonly kind: 'emit'
      readonly event: string
      readonly payload: Facts
      readonly subject: Readonly<Record<string, string>>
    }
  | { readonly kind: 'recordChanged'; readonly entity: string; readonly id: string; readonly paths: readonly string[] }
  | {
      readonly kind: 'birth'
      readonly id: string
      readonly pipeline: string
      readonly stage: string
      readonly fields: Facts
      readonly owner: string | undefined
      readonly at: number | undefined
      readonly unlessOpen: Facts
    }
  | { readonly kind: 'doc'; readonly document: string; readonly facts: Facts }
  | {
      readonly kind: 'telephony'
      readonly transfer: Recipient | undefined
      readonly say: string | undefined
      readonly facts: Facts
    }
  | { readonly kind: 'screen'; readonly open: string; readonly to: Recipient }
  | {
      readonly kind: 'call'
      readonly port: string
      readonly method: string
      readonly args: Facts
      readonly run: string | undefined
      readonly step: string | undefined
    }
  | {
      readonly kind: 'registry'
      readonly entity: string
      readonly key: string
      readonly set: Facts
      readonly append: Facts
    }
  | { readonly kind: 'onCard'; readonly card: string; readonly task: string; readonly about: string | undefined }
  | { readonly kind: 'deliver'; readonly card: string; readonly event: CardEvent }
  | { readonly kind: 'deliverOldest'; readonly pipeline: string; readonly stage: string; readonly event: CardEvent }
  | {
      readonly kind: 'permit'
      readonly permit: string
      readonly of: string
      readonly record: string
      readonly until: number
    }
  | {
      readonly kind: 'payment'
      readonly match: Facts
      readonly amount: number
      readonly key: string
      readonly fill: readonly string[]
    }

/** Something the shell has to find out, or to reserve inside the transaction, before the decision can be made. */
export type Wanted =
  | { readonly kind: 'record'; readonly entity: string; readonly id: string }
  | {
      readonly kind: 'find'
      readonly pipeline: string | undefined
      readonly stage: string | undefined
      readonly entity: string | undefined
      readonly match: Facts
    }
  | { readonly kind: 'free'; readonly resource: string; readonly at: number }
  | { readonly kind: 'permit'; readonly permit: string; readonly of: string; readonly record: string }
  | { readonly kind: 'balance'; readonly record: string; readonly maxAge: number | undefined }
  | { readonly kind: 'held'; readonly reason: string; readonly key: string | undefined; readonly vehicle: string }
  | { readonly kind: 'zoneState'; readonly zone: string; readonly vehicle: string }
  | { readonly kind: 'areaOutage' | 'shift'; readonly vehicle: string }
  | { readonly kind: 'number'; readonly series: string; readonly nth: number }
  | {
      readonly kind: 'book'
      readonly resource: string
      readonly from: number
      readonly to: number
      readonly who: string | undefined
    }

/** Pure. The same wish has the same key. */
export const keyOf = (wanted: Wanted): string => JSON.stringify(wanted)

/** Whoever acts when nobody does. */
export const SYSTEM: Actor = { kind: 'system', id: 'engine' }
