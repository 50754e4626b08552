import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { RouteRoles } from '../http/access.ts'
import type { InboxItemRow } from '../postgres/inbox-tables.ts'

/** Who reads the shared inbox. */
export const SEES_INBOX: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'dispatcher', 'auditor']

export const ItemView = z.strictObject({
  id: z.uuid(),
  direction: z.enum(['in', 'out']),
  text: z.string(),
  files: z.array(z.strictObject({ name: z.string(), url: z.string() })).readonly(),
  at: Instant,
  by: z.string().nullable(),
  /** in: received; out: queued, sent (the channel took it), failed. */
  state: z.enum(['received', 'queued', 'sent', 'failed']),
  problem: z.string().nullable(),
})
export type ItemView = z.infer<typeof ItemView>

type Row = Pick<InboxItemRow, 'id' | 'direction' | 'text' | 'at' | 'byName' | 'state' | 'problem'> & {
  readonly files: readonly { readonly name: string; readonly url: string }[]
}

/** Pure. One word of a conversation as it is told over REST. */
export const itemView = (item: Row): ItemView => ({
  id: item.id,
  direction: item.direction === 'out' ? 'out' : 'in',
  text: item.text,
  files: item.files.map(({ name, url }) => ({ name, url })),
  at: EpochMs.parse(item.at),
  by: item.byName,
  state: ItemView.shape.state.parse(item.state),
  problem: item.problem,
})
