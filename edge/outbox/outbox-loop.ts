import type { StreamId } from '#contract/ids.ts'
import { type Clock, type Millis, millis, minutes, seconds } from '#contract/instant.ts'
import { MAX_BATCH_RECORDS } from '#contract/record.ts'
import type { Log } from '../log.ts'
import { FIRST_WORD_WAIT, isFirstWord } from './first-word.ts'
import type { OutboxBatch, OutboxStore, OutboxStream, StoredRecord } from './outbox-store.ts'
import { type BatchEncoding, type Connection, messageOf } from './records-message.ts'
import type { SendWindow } from './send-window.ts'
import type { Waker } from './waker.ts'

export type Uplink = {
  /** The connection of now, a new object for each; undefined while there is none. */
  connection(): Connection | undefined
  /** Hands one message to the broker; rejects when the connection ended before it was acknowledged. */
  publishRecords(payload: Uint8Array): Promise<void>
}

type Deps = {
  /** Reports and events: at once, and never behind a frame. */
  readonly events: OutboxStore
  readonly frames: OutboxStore
  readonly window: SendWindow
  readonly waker: Waker
  readonly uplink: Uplink
  readonly encoding: BatchEncoding
  /** How long a fresh frame may wait for company: a message costs as much as thirty frames in it. */
  readonly patience: Millis
  /** Called for each new connection, before anything is sent on it. */
  readonly connected: () => void
  readonly clock: Clock
  readonly log: Log
}

/** Messages without a receipt at any moment. Frames leave four of them to reports and events. */
const WINDOW = 20
const FRAMES_WINDOW = 16
/**
 * Of the window, what old streams may have on the line at any moment: 30 % until the line is known, more where a message
 * is through at once, little where it takes seconds, since fresh frames and orders' reports stand in the same queue.
 */
const BACKLOG_UNDERWAY = { unknown: 6, fast: 12, slow: 2 } as const
const FAST = seconds(2)
const SLOW = seconds(5)
/** So many frames are company enough. */
const COMPANY = 60
/** The cloud may save receipts up for an hour; only silence beyond that means that one was lost. */
const SILENCE = minutes(65)
/** Nobody waits for the frames of a parked car: they share a message for so many times as long. */
const PARKED_PATIENCE = 6
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
        if (connection !== current) {
          separateBacklog(deps.frames, connection)
          deps.connected()
        }
        if (silent) log.warn({}, 'uplink.no-receipts')
        current = connection
        sendAll(connection, deps)
      }
      await waker.wait(seconds(1), stop)
    } catch (cause) {
      log.error({ err: cause }, 'outbox.failed')
      await clock.sleep(seconds(1), stop)
    }
  }
}

function sendAll(connection: Connection, deps: Deps): void {
  for (const { stream } of deps.events.streams())
    sendFrom(deps.events, stream, connection, deps, () => !isMidWord(stream, deps))
  const streams = deps.frames.streams()
  const frames = new Set(streams.map(({ stream }) => stream))
  const backlog = new Set(streams.filter(isBacklog).map(({ stream }) => stream))
  // Fresh frames first; of the old streams the newest first, and within each the oldest record.
  for (const one of streams.toReversed()) {
    const mayGo = (): boolean =>
      deps.window.inFlight(frames) < FRAMES_WINDOW &&
      (!isBacklog(one) || deps.window.underway(backlog) < backlogUnderway(deps.window.onLine()))
    sendFrom(deps.frames, one.stream, connection, deps, mayGo, isBacklog(one) ? undefined : deps.patience)
  }
}

function backlogUnderway(onLine: Millis | undefined): number {
  if (onLine === undefined) return BACKLOG_UNDERWAY.unknown
  return onLine < FAST ? BACKLOG_UNDERWAY.fast : onLine < SLOW ? BACKLOG_UNDERWAY.unknown : BACKLOG_UNDERWAY.slow
}

const isBacklog = ({ fresh }: OutboxStream): boolean => fresh === 'backlog'

function sendFrom(
  outbox: OutboxStore,
  stream: StreamId,
  connection: Connection,
  deps: Deps,
  mayGo: () => boolean,
  patience: Millis = millis(0),
): void {
  const { window, clock } = deps
  while (window.inFlight() < WINDOW && mayGo()) {
    const sent = window.sentThrough(stream)
    const batch = patience === 0 ? undefined : outbox.after(stream, sent, COMPANY)
    if (batch !== undefined && isWaiting(batch, patience, clock)) return
    const message = messageOf(
      stream,
      (take) => outbox.each(stream, sent, MAX_BATCH_RECORDS, take),
      connection,
      deps.encoding,
    )
    if (message === undefined) return
    outbox.markSent(stream, message.through)
    window.sent(stream, message.through, clock.steady())
    deps.uplink.publishRecords(message.payload).then(
      () => {
        window.heard(stream, message.through, clock.steady())
        deps.waker.wake()
      },
      (cause: unknown) => {
        deps.log.warn({ err: cause, stream, through: message.through }, 'uplink.publish-failed')
        deps.waker.wake()
      },
    )
  }
}

/** A frame of another boot has waited long enough, whatever its monotonic time says. */
function isWaiting({ records }: OutboxBatch, patience: Millis, clock: Clock): boolean {
  const oldest = records[0]
  if (oldest === undefined || records.length >= COMPANY) return false
  const age = clock.steady() - oldest.steadyAt
  return age >= 0 && age < patience * (records.every(isParked) ? PARKED_PATIENCE : 1)
}

/** The first words of an order wait for its last, whatever else wakes the loop. */
function isMidWord(stream: StreamId, { events, window, clock }: Deps): boolean {
  const newest = events.after(stream, window.sentThrough(stream), COMPANY)?.records.at(-1)
  if (newest === undefined || !isFirstWord(newest.record)) return false
  const age = clock.steady() - newest.steadyAt
  return age >= 0 && age < FIRST_WORD_WAIT
}

/** The first frame of the next drive is none of these, and takes them along at once. */
const isParked = ({ record }: StoredRecord): boolean => record.kind === 'frame' && record.ignition === false

function separateBacklog(frames: OutboxStore, connection: Connection): void {
  const live = frames.streams().find(({ fresh }) => fresh === 'live')
  const oldest = live === undefined ? undefined : frames.after(live.stream, 0, 1)?.records[0]
  if (oldest === undefined) return
  if (oldest.boot === connection.boot && oldest.steadyAt > millis(connection.since - OLD_BACKLOG)) return
  frames.openStream()
}
