import type { InstantText } from './vehicle.ts'

export type Conversation = {
  readonly id: string
  readonly channel: string
  readonly account: { readonly id: string; readonly title: string }
  readonly name: string | null
  readonly phone: string | null
  readonly subject: string | null
  readonly assignee: { readonly id: string; readonly name: string } | null
  readonly card: string | null
  readonly lastAt: InstantText
  readonly lastText: string
  readonly waitingSince: InstantText | null
}
export type ConversationItem = {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly text: string
  readonly files: readonly { readonly name: string; readonly url: string }[]
  readonly at: InstantText
  readonly by: string | null
  readonly state: 'received' | 'queued' | 'sent' | 'failed'
  readonly problem: string | null
}
export type WholeConversation = Conversation & { readonly items: readonly ConversationItem[] }
