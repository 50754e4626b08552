import type { ParkId } from '../parks/park.ts'
import type { Generated, Json } from './column.ts'

export type InboxAccountRow = {
  readonly id: string
  readonly channel: string
  readonly title: string
  /** Named as the source of cards that come of it. */
  readonly source: string
  /** What rules ask for: sale, driver, service. */
  readonly form: string
  /** Our own address: the mailbox that answers go out from. */
  readonly address: string | null
  readonly tokenHash: string
  /** What comes in has to be signed with it, and what goes out is. */
  readonly secret: string | null
  readonly replyUrl: string | null
  /** Null: of no park, seen by all. */
  readonly parkId: ParkId | null
  /** Who sees it, besides owner and head; empty: everybody who may see the inbox. */
  readonly roles: Json<readonly string[]>
  readonly assignTo: string | null
  readonly assignName: string | null
  readonly createdAt: number
  readonly createdBy: string
  readonly closedAt: number | null
}
export type InboxConversationRow = {
  readonly id: string
  readonly account: string
  readonly outsideId: string
  readonly name: string | null
  readonly phone: string | null
  readonly subject: string | null
  readonly assignee: string | null
  readonly assigneeName: string | null
  readonly card: string | null
  readonly firstInAt: number
  readonly lastAt: number
  readonly lastText: string
  readonly waitingSince: number | null
  readonly firstAnswerMs: number | null
  readonly firstAnswerBy: string | null
  readonly closedAt: number | null
  readonly closedBy: string | null
}
export type InboxItemRow = {
  readonly id: string
  readonly conversation: string
  readonly account: string
  readonly direction: string
  readonly key: string
  readonly text: string
  readonly files: Json<readonly { readonly name: string; readonly url: string }[]>
  readonly at: number
  readonly byName: string | null
  /** in: received; out: queued, sent, failed. */
  readonly state: string
  readonly attempts: Generated<number>
  readonly dueAt: number | null
  readonly problem: string | null
}

export type InboxTables = {
  inboxAccounts: InboxAccountRow
  inboxConversations: InboxConversationRow
  inboxItems: InboxItemRow
  inboxMailboxes: { readonly account: string; readonly validity: number; readonly uid: number }
}
