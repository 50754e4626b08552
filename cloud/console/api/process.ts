import type { Call } from './call.ts'
import type { ConversationItem } from './inbox.ts'
import type { Message } from './message.ts'
import type { InstantText } from './vehicle.ts'

/** A value of a field as it travels: times as milliseconds since 1970, money in kopecks. */
export type FieldValue = string | number | boolean | null | readonly (string | number)[]
export type Values = Readonly<Record<string, FieldValue>>

export type FieldKind = {
  readonly field: string
  readonly title: string
  readonly type: string
  readonly list: boolean
  readonly access: 'write' | 'read'
  /** For `ref`: the entity it points at, or `person`. */
  readonly refers: string | null
  /** The only values it takes; absent or empty: any. */
  readonly codes?: readonly { readonly value: string; readonly title: string }[]
}
export type FieldView = FieldKind & {
  readonly value: FieldValue
  /** Asked for by the next step. */
  readonly next: boolean
  readonly label: string | null
}

export type Band = 'low' | 'high'
export type Stage = {
  readonly id: string
  readonly title: string
  readonly help: string | null
  readonly type: 'open' | 'won' | 'lost'
  readonly colour: string | null
  readonly next: readonly string[]
  readonly needIn: readonly string[]
  readonly work: boolean
  readonly limit: string | null
  readonly count: number
  readonly band: { readonly low: number | null; readonly high: number | null } | null
  readonly turn: Band | null
}
export type Pipeline = {
  readonly id: string
  readonly title: string
  readonly case: string | null
  readonly folder: string | null
  readonly card: string
  readonly moves: 'free' | 'guarded' | 'auto_only'
  /** No card may stand here without a task. */
  readonly tasksNeeded: boolean
  readonly views: readonly string[]
  readonly start: string
  readonly focus: { readonly metric: string; readonly title: string } | null
  readonly fields: readonly FieldKind[]
  readonly stages: readonly Stage[]
}

export type CardItem = {
  readonly id: string
  readonly no: number
  readonly pipeline: string
  readonly stage: string
  readonly enteredAt: InstantText
  readonly createdAt: InstantText
  readonly closedAt: InstantText | null
  readonly responsible: string | null
  readonly parked: string | null
  readonly fields: Values
  readonly nextDueAt: InstantText | null
  readonly openTasks: number
  readonly title: string | null
  readonly responsibleName: string | null
  readonly limitAt: InstantText | null
  readonly labels: Readonly<Record<string, string>>
}
export type Outcome = {
  readonly id: string
  readonly title: string
  readonly need: readonly string[]
  readonly ask: readonly { readonly name: string; readonly type: string }[]
  readonly comment: 'required' | 'optional' | null
}
export type Task = {
  readonly id: string
  readonly card: string
  readonly cardNo: number
  readonly cardTitle: string | null
  readonly pipeline: string
  readonly pipelineTitle: string
  readonly stageTitle: string
  readonly kind: 'task' | 'ask' | 'acknowledge' | 'take'
  readonly template: string
  readonly title: string
  readonly help: string | null
  readonly assignee: string
  readonly openFrom: InstantText
  readonly dueAt: InstantText
  readonly form: readonly FieldView[]
  readonly show: readonly FieldView[]
  readonly outcomes: readonly Outcome[]
}
export type Way = {
  readonly stage: string
  readonly title: string
  readonly type: Stage['type']
  readonly why: readonly string[]
  readonly missing: readonly string[]
}
export type Card = CardItem & {
  readonly pipelineTitle: string
  readonly stageTitle: string
  readonly stageHelp: string | null
  readonly moves: Pipeline['moves']
  readonly tasksNeeded: boolean
  readonly work: boolean
  readonly entity: string
  readonly subject: string | null
  readonly parent: string | null
  readonly form: readonly FieldView[]
  readonly ways: readonly Way[]
  readonly buttons: readonly { readonly id: string; readonly title: string }[]
  readonly processes: readonly { readonly id: string; readonly title: string; readonly form: readonly string[] }[]
  readonly running: readonly {
    readonly id: string
    readonly title: string
    readonly step: string | null
    readonly startedAt: InstantText
    readonly pausedAt: InstantText | null
  }[]
  readonly tasks: readonly Task[]
}
/** A process as it is described, and how often it runs now. */
export type ProcessItem = {
  readonly id: string
  readonly title: string
  readonly folder: string | null
  readonly case: string | null
  readonly steps: number
  readonly running: number
  readonly paused: number
}
/** A process that runs on a card. */
export type RunItem = {
  readonly id: string
  readonly process: string
  readonly title: string
  readonly folder: string | null
  readonly step: string | null
  readonly startedAt: InstantText
  readonly pausedAt: InstantText | null
  readonly card: string
  readonly cardNo: number
  readonly pipelineTitle: string
  readonly stageTitle: string
}
export type AroundCard = CardItem & {
  readonly pipelineTitle: string
  readonly stageTitle: string
  readonly relation: string
}
export type LogLine = {
  readonly id: number
  readonly at: InstantText
  readonly stage: string
  readonly kind: string
  readonly change: Readonly<Record<string, unknown>>
  readonly actorKind: string
  readonly actor: string
  readonly actorName: string | null
  readonly reason: string | null
}
/** One thing about a card; the field named by `source` is there. */
export type PastLine = {
  readonly source: 'log' | 'call' | 'message' | 'letter' | 'file'
  readonly at: InstantText
  readonly log?: LogLine
  readonly call?: Call
  readonly message?: Message
  readonly letter?: ConversationItem & { readonly who: string | null; readonly account: string }
  readonly file?: { readonly id: string; readonly name: string; readonly addedBy: string }
}
export type CardFile = {
  readonly id: string
  readonly document: string | null
  readonly name: string
  readonly size: number
  readonly addedAt: InstantText
  readonly addedBy: string
}
export type Counts = {
  readonly stages: readonly { readonly stage: string; readonly count: number; readonly turn: Band | null }[]
  readonly focus: { readonly unit: 'share' | 'ms' | 'count'; readonly value: number } | null
}
export type Facets = {
  readonly people: readonly { readonly value: string; readonly label: string; readonly count: number }[]
  readonly fields: readonly {
    readonly field: string
    readonly title: string
    readonly values: readonly { readonly value: string; readonly count: number }[]
  }[]
}
/** What narrows a board or a list, kept by one person: names and values of its address. */
export type SavedView = {
  readonly id: string
  readonly pipeline: string
  readonly title: string
  readonly query: Readonly<Record<string, string>>
}
export type Choice = { readonly value: string; readonly label: string }
export type Workplace = {
  readonly id: string
  readonly title: string
  readonly open: boolean
  readonly left: number
  readonly done: number
  readonly skipsLeft: number
  readonly from: number | null
  readonly until: number | null
  readonly waiting: readonly {
    readonly template: string
    readonly title: string
    readonly count: number
    readonly late: number
  }[]
  readonly places: readonly { readonly id: string; readonly title: string; readonly waiting: number }[]
  readonly task: Task | null
  readonly nextAt: { readonly at: number; readonly title: string } | null
}
