import type { GatewayId, StreamId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'

export type ReceiptDue = { readonly gateway: GatewayId; readonly stream: StreamId; readonly through: number }

/**
 * A receipt costs about as much as 20 frames on the air, so several batches share one. `apart`: of one stream at least so
 * long after the other, but for reports; a fast sender needs no more.
 */
export type ReceiptPace = { readonly batches: number; readonly age: Millis; readonly apart?: Millis }

/** What a batch was to the gateway: `urgent` = it carried a report, or it had come before and so lacks a receipt. */
export type BatchNote = ReceiptDue & { readonly now: Millis; readonly urgent: boolean; readonly batches?: number }

type Page = ReceiptDue & {
  through: number
  batches: number
  since: Millis
  connection: number
  toldAt: number
  isDue: boolean
}

/** So many batches in so long are the load of a fleet. */
const FLEET = { batches: 200, within: 100 } as const

/** A page of which the next batch is receipted at once. */
const AT_ONCE = -1

export type ReceiptBook = {
  /** Notes a durable batch; answers the receipt to send now, if any. */
  note(batch: BatchNote): ReceiptDue | undefined
  /** The next batch of each stream of this gateway is receipted at once. */
  reconnected(gateway: GatewayId): void
  /** Receipts that have waited long enough. */
  overdue(now: Millis): readonly ReceiptDue[]
  /** A receipt could not be published: it becomes due again. */
  failed(receipt: ReceiptDue, now: Millis): void
}

/** Decides when a stream's receipt goes out. Bounded: at the limit the stream that was silent longest is forgotten. */
export function createReceiptBook(pace: ReceiptPace, limit = 50_000): ReceiptBook {
  const pages = new Map<string, Page>()
  const connections = new Map<GatewayId, number>()
  const connectionOf = (gateway: GatewayId): number => connections.get(gateway) ?? 0
  let window = { since: Number.NEGATIVE_INFINITY, batches: 0 }
  let apart: number = 0
  const weigh = (now: Millis): void => {
    window.batches += 1
    if (now - window.since < FLEET.within) return
    const isFleet = window.batches >= FLEET.batches && now - window.since < 2 * FLEET.within
    apart = isFleet ? (pace.apart ?? 0) : 0
    window = { since: now, batches: 0 }
  }
  const pageOf = (gateway: GatewayId, stream: StreamId, now: Millis): Page => {
    const key = `${gateway}/${stream}`
    const known = pages.get(key)
    if (known !== undefined) return known
    // A stream not met since start may well be one that lost its receipt with us.
    const toldAt = Number.NEGATIVE_INFINITY
    const page: Page = {
      gateway,
      stream,
      through: 0,
      batches: 0,
      since: now,
      connection: AT_ONCE,
      toldAt,
      isDue: false,
    }
    pages.set(key, page)
    for (const oldest of pages.keys()) {
      if (pages.size <= limit) break
      pages.delete(oldest)
    }
    return page
  }
  const tell = (page: Page, now: Millis): ReceiptDue => {
    page.batches = 0
    page.connection = connectionOf(page.gateway)
    page.toldAt = now
    page.isDue = false
    // The one told of last is forgotten last.
    const key = `${page.gateway}/${page.stream}`
    pages.delete(key)
    pages.set(key, page)
    return { gateway: page.gateway, stream: page.stream, through: page.through }
  }
  const isOverdue = (page: Page, now: Millis): boolean =>
    page.batches > 0 && (now - page.since >= pace.age || (page.isDue && now - page.toldAt >= apart))
  return {
    note: ({ gateway, stream, through, now, urgent, batches = 1 }) => {
      weigh(now)
      const page = pageOf(gateway, stream, now)
      if (page.batches === 0) page.since = now
      page.batches += batches
      page.through = Math.max(page.through, through)
      page.isDue ||= urgent || page.batches >= pace.batches
      const isAwaited = page.connection !== connectionOf(gateway)
      return isAwaited || (page.isDue && now - page.toldAt >= apart) ? tell(page, now) : undefined
    },
    reconnected: (gateway) => void connections.set(gateway, connectionOf(gateway) + 1),
    overdue: (now) => [...pages.values()].filter((page) => isOverdue(page, now)).map((page) => tell(page, now)),
    failed: ({ gateway, stream, through }, now) => {
      const page = pageOf(gateway, stream, now)
      page.through = Math.max(page.through, through)
      page.batches = Math.max(1, page.batches)
      page.connection = AT_ONCE
    },
  }
}
