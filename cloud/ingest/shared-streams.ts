import type { GatewayId, StreamId } from '#contract/ids.ts'
import { type Bell, createBell } from '../orders/bell.ts'
import type { StreamPosition } from './stream-position.ts'

/** Batches of one stream that have become durable here and that the other instances do not know of. */
export type Untold = {
  readonly gateway: GatewayId
  readonly stream: StreamId
  readonly position: StreamPosition
  readonly batches: number
  readonly urgency: 'urgent' | 'patient'
}

/** What this instance has to tell the others; the newest position of a stream replaces an older one. */
export type SharedStreams = {
  readonly bell: Bell<never>
  note(news: Untold): void
  /** Up to `limit` of them, oldest first; they are gone from here. */
  take(limit: number): readonly Untold[]
  /** They could not be told: they are kept, unless there is something newer. */
  putBack(untold: readonly Untold[]): void
}

export function createSharedStreams(): SharedStreams {
  const waiting = new Map<string, Untold>()
  const bell = createBell<never>()
  const keep = (older: Untold | undefined, newer: Untold): Untold => ({
    ...newer,
    batches: newer.batches + (older?.batches ?? 0),
    urgency: older?.urgency === 'urgent' ? 'urgent' : newer.urgency,
  })
  const keyOf = ({ gateway, stream }: Untold): string => `${gateway}/${stream}`
  return {
    bell,
    note: (news) => {
      waiting.set(keyOf(news), keep(waiting.get(keyOf(news)), news))
      bell.ring()
    },
    take: (limit) => {
      const taken = [...waiting.values()].slice(0, limit)
      for (const one of taken) waiting.delete(keyOf(one))
      return taken
    },
    putBack: (untold) => {
      for (const one of untold) {
        const newer = waiting.get(keyOf(one))
        waiting.set(keyOf(one), newer === undefined ? one : keep(one, newer))
      }
    },
  }
}
