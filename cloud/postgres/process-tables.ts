import type { EpochMs } from '#contract/instant.ts'
import type { Generated, Json } from './column.ts'

export type ProcessDefinitionRow = {
  readonly version: number
  readonly files: Json<readonly { readonly name: string; readonly text: string }[]>
  readonly note: string
  readonly loadedAt: EpochMs
  readonly loadedBy: string
  readonly activatedAt: EpochMs | null
  readonly activatedBy: string | null
}

export type CardRow = {
  readonly id: string
  readonly no: Generated<number>
  readonly pipeline: string
  readonly definition: number
  readonly stage: string
  readonly enteredAt: number
  readonly createdAt: number
  readonly entity: string
  readonly subject: string | null
  readonly fields: Json<Record<string, unknown>>
  readonly responsible: string | null
  readonly author: string | null
  readonly parent: string | null
  readonly version: number
  readonly closedAt: number | null
  readonly parked: string | null
  readonly repeats: Json<Record<string, number>>
}
export type CardLinkRow = { readonly card: string; readonly entity: string; readonly record: string }

export type CardTaskRow = {
  readonly id: string
  readonly card: string
  readonly kind: string
  readonly template: string
  readonly title: string
  readonly assignee: string
  readonly watchers: Json<readonly string[]>
  readonly priority: number
  readonly openFrom: number
  readonly dueAt: number
  readonly createdAt: number
  readonly state: string
  readonly ofLimit: boolean
  readonly run: string | null
  readonly step: string | null
  readonly about: string | null
  readonly outcome: string | null
  readonly answer: Json<Record<string, unknown> | null> | null
  readonly comment: string | null
  readonly closedAt: number | null
  readonly closedBy: string | null
  readonly takenBy: string | null
  readonly takenAt: number | null
  readonly clientKey: string | null
}
export type CardRunRow = {
  readonly id: string
  readonly card: string
  readonly process: string
  readonly definition: number
  readonly state: string
  readonly step: string | null
  readonly author: string | null
  readonly bound: Json<Record<string, string>>
  readonly comment: string | null
  readonly awaits: Json<readonly string[]>
  readonly startedAt: number
  readonly endedAt: number | null
  readonly paused: Json<{ readonly at: number; readonly answered: boolean } | null> | null
}
export type CardTimerRow = {
  readonly card: string
  readonly name: string
  readonly dueAt: number
  readonly basis: number
  readonly version: number
  readonly state: string
}
export type CardLogRow = {
  readonly id: Generated<number>
  readonly card: string
  readonly version: number
  readonly at: number
  readonly pipeline: string
  readonly stage: string
  readonly kind: string
  readonly change: Json<Record<string, unknown>>
  readonly actorKind: string
  readonly actor: string
  readonly actorName: string | null
  readonly ruleVersion: number | null
  readonly reason: string | null
  readonly evidence: Json<unknown> | null
}
export type ProcessOutboxRow = {
  readonly key: string
  readonly card: string | null
  readonly effect: Json<Record<string, unknown>>
  readonly createdAt: number
  readonly dueAt: number
  readonly attempts: number
  readonly state: string
  readonly problem: string | null
  readonly doneAt: number | null
}
export type ProcessRecordRow = {
  readonly entity: string
  readonly id: string
  readonly fields: Json<Record<string, unknown>>
  readonly version: number
  readonly changedAt: number
}
export type ProcessPermitRow = {
  readonly id: Generated<number>
  readonly permit: string
  readonly entity: string
  readonly record: string
  readonly until: number
  readonly grantedAt: number
  /** Null: given by a person. */
  readonly card: string | null
  readonly note: Generated<string>
  /** The person's login. */
  readonly givenBy: Generated<string>
  readonly revokedAt: Generated<number | null>
  readonly revokedBy: Generated<string | null>
  /** When rules were told that it has ended. */
  readonly endToldAt: Generated<number | null>
}
export type ProcessBookingSlotRow = {
  readonly resource: string
  readonly unit: string
  readonly slot: number
  readonly booking: string
  readonly card: string
}
export type ProcessSeriesRow = {
  readonly series: string
  readonly scope: string
  readonly period: string
  readonly last: number
}
export type ProcessNumberRow = {
  readonly series: string
  readonly scope: string
  readonly period: string
  readonly n: number
  readonly number: string
  readonly card: string | null
  readonly givenAt: number
  readonly cancelledAt: number | null
  readonly cancelledWhy: string | null
}
export type ProcessFileRow = {
  readonly id: string
  readonly card: string | null
  readonly document: string | null
  readonly name: string
  readonly type: string
  readonly size: number
  readonly sha256: string
  readonly bytes: Uint8Array
  readonly addedAt: number
  readonly addedBy: string
  readonly clientKey: string | null
  /** The phone number whose card takes it as soon as there is one. */
  readonly waitsFor: string | null
}
export type ProcessUploadRow = {
  readonly id: string
  readonly tokenHash: string
  readonly card: string
  readonly title: string
  readonly event: string
  readonly field: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
}
export type ProcessPaymentRow = {
  readonly key: string
  readonly amount: number
  /** What it looks for, and which fields it fills. */
  readonly match: Json<{ readonly match: Record<string, string | number | boolean>; readonly fill: readonly string[] }>
  readonly card: string | null
  readonly at: number
}
export type ProcessInboxRow = {
  readonly adapter: string
  readonly key: string
  readonly event: string
  readonly payload: Json<Record<string, unknown>>
  readonly happenedAt: number | null
  readonly receivedAt: number
  readonly subject: string | null
  readonly late: Generated<boolean>
  readonly waitsFor: string | null
}
export type ProcessHookRow = {
  readonly id: string
  readonly adapter: string
  readonly tokenHash: string
  readonly title: string
  readonly createdAt: number
  readonly createdBy: string
  readonly revokedAt: number | null
  /** Messages have to be signed with it, where there is one. */
  readonly secret: string | null
}
export type ProcessViewRow = {
  readonly id: string
  readonly account: string
  readonly pipeline: string
  readonly title: string
  readonly query: Json<Record<string, string>>
}

export type ProcessTables = {
  processDefinitions: ProcessDefinitionRow
  cards: CardRow
  cardLinks: CardLinkRow
  cardTasks: CardTaskRow
  cardRuns: CardRunRow
  cardTimers: CardTimerRow
  cardLog: CardLogRow
  processOutbox: ProcessOutboxRow
  processRecords: ProcessRecordRow
  processPermits: ProcessPermitRow
  processBookingSlots: ProcessBookingSlotRow
  processSeries: ProcessSeriesRow
  processNumbers: ProcessNumberRow
  processFiles: ProcessFileRow
  processUploads: ProcessUploadRow
  processPayments: ProcessPaymentRow
  processInbox: ProcessInboxRow
  processHooks: ProcessHookRow
  processPeople: { readonly account: string; readonly role: string }
  processSkips: {
    readonly id: Generated<number>
    readonly account: string
    readonly task: string
    readonly at: number
    readonly reason: string
  }
  processViews: ProcessViewRow
  processCurrents: { readonly decision: string; readonly card: string }
}
