import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { maskedPhone } from '../access/mask.ts'
import { DriverId } from '../drivers/driver.ts'
import type { RouteRoles } from '../http/access.ts'
import { Channel, MessageId, MessageState } from './message.ts'
import type { MessageRow } from './message-store.ts'

/** Who sees what was said to whom. */
export const SEES_MESSAGES: RouteRoles = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'dispatcher',
  'auditor',
]

export const MessageView = z
  .strictObject({
    id: MessageId,
    kind: z.string(),
    title: z.string(),
    text: z.string(),
    to: z.strictObject({ kind: z.enum(['driver', 'group', 'phone']), name: z.string() }),
    driverId: DriverId.nullable(),
    vehicleId: VehicleId.nullable(),
    state: MessageState,
    channel: Channel.nullable(),
    /** no: shown here and sent nowhere. */
    outside: z.enum(['yes', 'no']),
    trouble: z.string(),
    because: z.string(),
    createdAt: Instant,
    /** When it goes on its way, while it is queued. */
    dueAt: Instant.nullable(),
    sentAt: Instant.nullable(),
    deliveredAt: Instant.nullable(),
  })
  .meta({ id: 'Message' })
export type MessageView = z.infer<typeof MessageView>

/** Pure. A message as it is told over REST, a number without a name masked. */
export const messageView = (row: MessageRow, title: string): MessageView => ({
  id: row.id,
  kind: row.kind,
  title,
  text: row.shown,
  to: { kind: row.toKind, name: row.toKind === 'phone' ? maskedPhone(row.toName) : row.toName },
  driverId: row.driverId,
  vehicleId: row.vehicleId,
  state: row.state,
  channel: Channel.safeParse(row.channel).data ?? null,
  outside: row.channel === 'log' || row.channel === null ? 'no' : 'yes',
  trouble: row.trouble,
  because: row.because,
  createdAt: row.createdAt,
  dueAt: row.state === 'queued' ? row.dueAt : null,
  sentAt: row.sentAt,
  deliveredAt: row.deliveredAt,
})
