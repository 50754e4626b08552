import { z } from 'zod'
import { type EpochMs, epochMs, later, minutes, seconds } from '#contract/instant.ts'
import type { DriverChannelRow, DriverPhoneRow } from '../postgres/lease-tables.ts'

export const MessageId = z.uuid().brand<'MessageId'>()
export type MessageId = z.infer<typeof MessageId>

/** `log`: shown in the demo and sent nowhere. */
export const Channel = z.enum(['max', 'sms', 'call', 'email', 'log'])
export type Channel = z.infer<typeof Channel>

/**
 * `sent`: the channel has taken it; `delivered`: the channel says that it has arrived; `no-channel`: there was no way to
 * begin with.
 */
export const MessageState = z.enum(['queued', 'sent', 'delivered', 'failed', 'no-channel'])
export type MessageState = z.infer<typeof MessageState>

export type Way = { readonly channel: Channel; readonly address: string }

type Contact = {
  readonly phone: Pick<DriverPhoneRow, 'phone'> | undefined
  readonly channels: readonly Pick<DriverChannelRow, 'channel' | 'address' | 'consent'>[]
}

/**
 * Pure. The ways to a driver in the order wished. A messenger or e-mail only by his consent; SMS and calls to the number
 * he gave us, unless he has refused them.
 */
export function waysTo({ phone, channels }: Contact, order: readonly string[]): readonly Way[] {
  return order.flatMap((name): readonly Way[] => {
    const channel = Channel.safeParse(name).data
    if (channel === undefined || channel === 'log') return []
    const own = channels.find((one) => one.channel === channel)
    if (own?.consent === 'refused') return []
    if (own !== undefined && (own.consent === 'given' || channel === 'sms' || channel === 'call'))
      return [{ channel, address: own.address }]
    return phone !== undefined && (channel === 'sms' || channel === 'call') ? [{ channel, address: phone.phone }] : []
  })
}

const HOUR_MS = 3_600_000
const MOSCOW_MS = 3 * HOUR_MS

/** Pure. When a message that can wait may go out: now, or when the quiet hours of the Moscow night are over. */
export function afterQuiet(now: EpochMs, quiet: { readonly from: number; readonly to: number }): EpochMs {
  const hour = Math.floor((now + MOSCOW_MS) / HOUR_MS) % 24
  const isQuiet = quiet.from <= quiet.to ? hour >= quiet.from && hour < quiet.to : hour >= quiet.from || hour < quiet.to
  if (!isQuiet) return now
  const hours = (quiet.to - hour + 24) % 24
  return epochMs(Math.floor((now + MOSCOW_MS) / HOUR_MS) * HOUR_MS + hours * HOUR_MS - MOSCOW_MS)
}

/** What a channel made of one try. */
export type Tried =
  | { readonly outcome: 'sent' | 'delivered'; readonly providerId: string | null }
  /** Not possible by this way at all. */
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'later'; readonly why: string; readonly after?: number | undefined }

/** Tries of one way before the next one is taken. */
const TRIES = 5
/** What must be known to have arrived is said by the next way after this. */
export const PROOF_WITHIN = minutes(10)
const ASK_EVERY = minutes(1)
/** Nobody asks after it any more. */
const ASK_UNTIL = minutes(24 * 60)

export type Journey = {
  readonly state: MessageState
  readonly ways: readonly Way[]
  readonly attempts: number
  readonly proof: boolean
  readonly trouble: string
  readonly dueAt: EpochMs | null
  readonly sentAt: EpochMs | null
  readonly deliveredAt: EpochMs | null
}

const onwards = (journey: Journey, why: string, now: EpochMs): Journey => {
  const ways = journey.ways.slice(1)
  if (ways.length > 0) return { ...journey, state: 'queued', ways, attempts: 0, trouble: why, dueAt: now }
  // What was taken by a channel stays sent, though nobody knows whether it has arrived.
  const state = journey.sentAt === null ? 'failed' : 'sent'
  return { ...journey, state, ways, trouble: why, dueAt: null }
}

/** Pure. A message after a try by its first way. */
export function afterTry(journey: Journey, tried: Tried, now: EpochMs): Journey {
  const attempts = journey.attempts + 1
  switch (tried.outcome) {
    case 'delivered':
      return { ...journey, state: 'delivered', attempts, trouble: '', dueAt: null, sentAt: now, deliveredAt: now }
    case 'sent':
      return { ...journey, state: 'sent', attempts, trouble: '', dueAt: later(now, ASK_EVERY), sentAt: now }
    case 'refused':
      return onwards(journey, tried.why, now)
    case 'later': {
      if (attempts >= TRIES) return onwards(journey, tried.why, now)
      const pause = Math.max(seconds(1) * 2 ** attempts, tried.after ?? 0)
      return { ...journey, attempts, trouble: tried.why, dueAt: later(now, pause) }
    }
    default:
      return tried satisfies never
  }
}

/** Pure. A message that was sent, after the channel has told (or not told) what became of it. */
export function afterAsking(
  journey: Journey,
  told: 'sent' | 'delivered' | 'failed' | 'unknown',
  now: EpochMs,
): Journey {
  if (told === 'delivered') return { ...journey, state: 'delivered', dueAt: null, deliveredAt: now }
  if (told === 'failed') return onwards({ ...journey, sentAt: null }, 'not delivered', now)
  const since = now - (journey.sentAt ?? now)
  if (journey.proof && since >= PROOF_WITHIN && journey.ways.length > 1)
    return onwards(journey, 'no proof of arrival', now)
  return { ...journey, dueAt: since >= ASK_UNTIL ? null : later(now, ASK_EVERY) }
}
