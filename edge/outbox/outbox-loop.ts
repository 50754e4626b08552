import { type Clock, millis, minutes, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { OutboxStore } from './outbox-store.ts'
import { type Connection, recordsMessage } from './records-message.ts'
import type { SendWindow } from './send-window.ts'
import type { Waker } from './waker.ts'

export type Uplink = {
  /** The connection of now, a new object for each; undefined while there is none. */
  connection(): Connection | undefined
  /** Hands one message to the broker; rejects when the connection ended before it was acknowledged. */
  publishRecords(message: string): Promise<void>
}

type Deps = {
  /** In order of precedence: events and reports before frames. */
  readonly outboxes: readonly OutboxStore[]
  readonly window: SendWindow
  readonly waker: Waker
  readonly uplink: Uplink
  readonly clock: Clock
  readonly log: Log
}

const WINDOW = 20
/** Of the window, what an old stream may take beside the live one: 30 %. */
const BACKLOG_WINDOW = 6
const BATCH = 100
/** The cloud may save receipts up for five minutes; only silence beyond that means that one was lost. */
const SILENCE = minutes(6)
/** A live stream that holds frames this old is left to drain, and fresh frames start another. */
const OLD_BACKLOG = minutes(10)

/** Sends what is committed, oldest first, until told to stop. Nothing is forgotten here: that takes a receipt. */
export async function runOutboxLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { window, waker, uplink, clock, log } = deps
  let current: Connection | undefined
  while (!stop.aborted) {
    try {
      const connection = uplink.connection()
      if (connection !== undefined) {
        const oldest = window.oldestAt()
        const silent = oldest !== undefined && clock.steady() - oldest > SILENCE
        if (connection !== current || silent) window.reset()
        if (connection !== current) separateBacklog(deps.outboxes, connection)
        if (silent) log.warn({}, 'uplink.no-receipts')
        current = connection
        for (const outbox of deps.outboxes) sendFrom(outbox, connection, deps)
      }
      await waker.wait(seconds(1), stop)
    } catch (cause) {
      log.error({ err: cause }, 'outbox.failed')
      await clock.sleep(seconds(1), stop)
    }
  }
}

function sendFrom(outbox: OutboxStore, connection: Connection, deps: Deps): void {
  const streams = outbox.streams().toReversed()
  for (const { stream, fresh } of streams) {
    const limit = fresh === 'live' ? WINDOW : BACKLOG_WINDOW
    while (deps.window.inFlight() < limit) {
      const batch = outbox.after(stream, deps.window.sentThrough(stream), BATCH)
      const last = batch?.records.at(-1)
      const message = batch === undefined ? undefined : recordsMessage(batch, connection)
      if (last === undefined || message === undefined) break
      deps.window.sent(stream, last.seq, deps.clock.steady())
      deps.uplink.publishRecords(message).catch((cause: unknown) => {
        deps.log.warn({ err: cause, stream, through: last.seq }, 'uplink.publish-failed')
        deps.waker.wake()
      })
    }
  }
}

function separateBacklog(outboxes: readonly OutboxStore[], connection: Connection): void {
  for (const outbox of outboxes) {
    const live = outbox.streams().find(({ fresh }) => fresh === 'live')
    const oldest = live === undefined ? undefined : outbox.after(live.stream, 0, 1)?.records[0]
    if (oldest === undefined || oldest.record.kind !== 'frame') continue
    if (oldest.boot === connection.boot && oldest.steadyAt > millis(connection.since - OLD_BACKLOG)) continue
    outbox.openStream()
  }
}
