import type { GatewayId, StreamId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'

export type ReceiptDue = { readonly gateway: GatewayId; readonly stream: StreamId; readonly through: number }

/** A receipt costs about as much as 20 frames on the air, so several batches share one. */
export type ReceiptPace = { readonly batches: number; readonly age: Millis }

/** What a batch was to the gateway: `urgent` = it carried a report, or it had come before and so lacks a receipt. */
export type BatchNote = ReceiptDue & { readonly now: Millis; readonly urgent: boolean; readonly batches?: number }

type Page = ReceiptDue & { through: number; batches: number; since: Millis; connection: number }

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
  const pageOf = (gateway: GatewayId, stream: StreamId, now: Millis): Page => {
    const key = `${gateway}/${stream}`
    // A stream not met since start may well be one that lost its receipt with us.
    const page = pages.get(key) ?? { gateway, stream, through: 0, batches: 0, since: now, connection: AT_ONCE }
    pages.delete(key)
    pages.set(key, page)
    for (const oldest of pages.keys()) {
      if (pages.size <= limit) break
      pages.delete(oldest)
    }
    return page
  }
  const tell = (page: Page): ReceiptDue => {
    page.batches = 0
    page.connection = connectionOf(page.gateway)
    return { gateway: page.gateway, stream: page.stream, through: page.through }
  }
  return {
    note: ({ gateway, stream, through, now, urgent, batches = 1 }) => {
      const page = pageOf(gateway, stream, now)
      if (page.batches === 0) page.since = now
      page.batches += batches
      page.through = Math.max(page.through, through)
      const atOnce = urgent || page.connection !== connectionOf(gateway)
      return atOnce || page.batches >= pace.batches ? tell(page) : undefined
    },
    reconnected: (gateway) => void connections.set(gateway, connectionOf(gateway) + 1),
    overdue: (now) =>
      [...pages.values()].filter((page) => page.batches > 0 && now - page.since >= pace.age).map((page) => tell(page)),
    failed: ({ gateway, stream, through }, now) => {
      const page = pageOf(gateway, stream, now)
      page.through = Math.max(page.through, through)
      page.batches = Math.max(1, page.batches)
      page.connection = AT_ONCE
    },
  }
}
