import type { GatewayId, StreamId } from '#contract/ids.ts'
import { type Clock, type EpochMs, millis, minutes } from '#contract/instant.ts'
import type { Receipt } from '#contract/receipt.ts'
import type { BatchItem } from '#contract/record.ts'
import { downTopic } from '#contract/topics.ts'
import { createFirstTime } from '../broker/first-time.ts'
import type { Log } from '../log.ts'
import { type ReadBatch, readBatch } from './batch.ts'
import type { KnownStream } from './coverage-store.ts'
import { declaredGap } from './gap-event.ts'
import type { Appended, JournalStore } from './journal-store.ts'
import { type PlainRun, plainRuns } from './plain-run.ts'
import { createReceiptBook, type ReceiptDue, type ReceiptPace } from './receipt-book.ts'
import type { SharedStreams, Untold } from './shared-streams.ts'

export type IngestCount = 'records' | 'duplicates' | 'records-refused' | 'batches-undecodable' | 'gaps' | 'receipts'

export type IngestService = {
  /** Resolves after the commit and nowhere else; a rejection means nothing of the batch was acknowledged. */
  accept(gateway: GatewayId, payload: Uint8Array): Promise<void>
  /** The same without a promise: calls `done` once, with an error if nothing was acknowledged. */
  take(gateway: GatewayId, payload: Uint8Array, done: (error?: Error) => void): void
  /** The same for what came together: calls `done` once for all of them, with an error unless every one is durable. */
  takeAll(gateway: GatewayId, payloads: readonly Uint8Array[], done: (error?: Error) => void): void
  /** The gateway listens (again): it gets the receipts it may have missed, and the next batches' at once. */
  gatewayConnected(gateway: GatewayId): void
  /** Of several instances: what was durable here is now known to all, and together they have come so far. */
  coveredTogether(told: Untold, through: number): void
  /** Sends the receipts that have waited long enough; called by the receipt loop. */
  sendOverdueReceipts(): void
}

type Deps = {
  readonly journal: Pick<JournalStore, 'append' | 'take' | 'setAside' | 'streamsOf'>
  /** Resolves when the broker has it. A receipt is not retained: the next one says more. */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): Promise<void>
  readonly clock: Clock
  readonly log: Log
  count(what: IngestCount, by: number): void
  /** Default: at once after a report, a duplicate or a reconnect, else every 5 batches or 5 minutes. */
  readonly receipts?: ReceiptPace
  /** Of several instances behind one broker: none of them alone knows how far a stream is covered. */
  readonly together?: {
    readonly shared: Pick<SharedStreams, 'note'>
    newestOf(gateway: GatewayId, limit: number): Promise<readonly KnownStream[]>
  }
}

/** An edge has two streams, events and frames; older ones it no longer asks about. */
const STREAMS_PER_GATEWAY = 2

type Unread = Extract<ReadBatch, { ok: false }>

/** From bytes on a topic to durable entries and a receipt. */
export function createIngestService(deps: Deps): IngestService {
  const { journal, clock, log, count } = deps
  const book = createReceiptBook(deps.receipts ?? { batches: 5, age: minutes(60), apart: millis(200) })
  const firstTime = createFirstTime()

  const send = (due: ReceiptDue): void => {
    const receipt: Receipt = { v: 1, stream: due.stream, through: due.through }
    deps.publish(downTopic(due.gateway, 'receipt'), JSON.stringify(receipt), { retain: false }).then(
      () => count('receipts', 1),
      (cause: unknown) => {
        book.failed(due, clock.steady())
        log.warn({ err: cause, gateway: due.gateway, stream: due.stream }, 'ingest.receipt-failed')
      },
    )
  }

  const settle = (gateway: GatewayId, stream: StreamId, appended: Appended, urgent: boolean, batches = 1): void => {
    if (appended.stored > 0) count('records', appended.stored)
    if (appended.duplicates > 0) count('duplicates', appended.duplicates)
    const isUrgent = urgent || appended.duplicates > 0
    if (deps.together !== undefined) {
      const urgency = isUrgent ? 'urgent' : 'patient'
      deps.together.shared.note({ gateway, stream, position: appended.position, batches, urgency })
      return
    }
    if (appended.opened !== undefined) {
      count('gaps', 1)
      log.info({ gateway, stream, ...appended.opened }, 'ingest.gap')
    }
    const { through } = appended
    const due = book.note({ gateway, stream, through, batches, now: clock.steady(), urgent: isUrgent })
    if (due !== undefined) send(due)
  }

  const nameRefused = (gateway: GatewayId, items: readonly BatchItem[]): void => {
    for (const item of items) {
      if ('record' in item) continue
      count('records-refused', 1)
      if (firstTime(`${gateway} ${item.refused}`))
        log.warn({ gateway, seq: item.seq, reason: item.refused }, 'ingest.record-refused')
    }
  }

  const failing =
    (done: (error?: Error) => void) =>
    (cause: unknown): void =>
      done(cause instanceof Error ? cause : new Error(String(cause)))

  const take: IngestService['take'] = (gateway, payload, done) => {
    const fail = failing(done)
    const receivedAt = clock.now()
    const batch = readBatch(payload)
    if (!batch.ok) return void setAside(gateway, receivedAt, batch, payload).then(() => done(), fail)
    const { stream, range, items, json } = batch
    journal.take(
      { gateway, receivedAt, stream, range, items, json, declared: gapsOf(batch) },
      (appended) => {
        nameRefused(gateway, items)
        settle(gateway, stream, appended, items.some(isReport))
        done()
      },
      fail,
    )
  }

  const takeRun = (gateway: GatewayId, receivedAt: EpochMs, run: PlainRun, done: (error?: Error) => void): void =>
    journal.take(
      { gateway, receivedAt, ...run, declared: NO_GAPS },
      (appended) => {
        settle(gateway, run.stream, appended, false, run.items.length)
        done()
      },
      failing(done),
    )

  const takeAll: IngestService['takeAll'] = (gateway, payloads, done) => {
    const receivedAt = clock.now()
    const parts = plainRuns(payloads)
    let open = parts.length
    let failed: Error | undefined
    const end = (error?: Error): void => {
      failed ??= error
      open -= 1
      if (open === 0) done(failed)
    }
    if (open === 0) return done()
    for (const part of parts)
      if ('items' in part) takeRun(gateway, receivedAt, part, end)
      else take(gateway, part, end)
  }

  const setAside = async (gateway: GatewayId, receivedAt: EpochMs, batch: Unread, payload: Uint8Array) => {
    const unreadable = { reason: batch.reason, bytes: payload }
    const head = batch.head
    const appended =
      head === undefined
        ? await journal.setAside({ gateway, receivedAt, unreadable })
        : await journal.append({ gateway, receivedAt, ...head, items: [], declared: [], unreadable })
    count('batches-undecodable', 1)
    if (firstTime(`${gateway} ${batch.reason}`)) log.warn({ gateway, reason: batch.reason }, 'ingest.batch-undecodable')
    if (head !== undefined && appended !== undefined) settle(gateway, head.stream, appended, true)
  }

  return {
    accept: (gateway, payload) =>
      new Promise((done, fail) => take(gateway, payload, (error) => (error === undefined ? done() : fail(error)))),
    take,
    takeAll,
    gatewayConnected: (gateway) => {
      book.reconnected(gateway)
      if (deps.together === undefined) {
        for (const { stream, through } of journal.streamsOf(gateway, STREAMS_PER_GATEWAY))
          if (through > 0) send({ gateway, stream, through })
        return
      }
      deps.together.newestOf(gateway, STREAMS_PER_GATEWAY).then(
        (known) => {
          for (const { stream, position } of known)
            if (position.through > 0) send({ gateway, stream, through: position.through })
        },
        (err: unknown) => log.warn({ err, gateway }, 'ingest.receipt-failed'),
      )
    },
    coveredTogether: ({ gateway, stream, batches, urgency }, through) => {
      const note = { gateway, stream, through, batches, now: clock.steady(), urgent: urgency === 'urgent' }
      const due = book.note(note)
      if (due !== undefined) send(due)
    },
    sendOverdueReceipts: () => {
      for (const due of book.overdue(clock.steady())) send(due)
    },
  }
}

const isReport = (item: BatchItem): boolean => 'record' in item && item.record.kind === 'report'

const NO_GAPS: readonly never[] = []

function gapsOf(batch: { readonly stream: StreamId; readonly items: readonly BatchItem[] }) {
  if (!batch.items.some((item) => 'record' in item && item.record.kind === 'event')) return NO_GAPS
  return batch.items.flatMap((item) => {
    const gap = 'record' in item ? declaredGap(item.record, batch.stream) : undefined
    return gap === undefined ? [] : [gap]
  })
}
