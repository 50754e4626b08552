import { join } from 'node:path'
import type { Frame } from '#contract/frame.ts'
import type { Clock } from '#contract/instant.ts'
import type { Receipt } from '#contract/receipt.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { Log } from '../log.ts'
import { openDatabase } from '../state/sqlite-client.ts'
import { runFlushLoop } from './flush-loop.ts'
import { runOutboxLoop, type Uplink } from './outbox-loop.ts'
import { createOutboxStore, type OutboxStore } from './outbox-store.ts'
import { createSendWindow } from './send-window.ts'
import type { StreamHeadStore } from './stream-head-store.ts'
import { createWaker } from './waker.ts'

/** Both logs of a gateway, one file per class of durability, and what empties them. */
export type Outbox = {
  readonly events: OutboxStore
  readonly frames: OutboxStore
  /** Puts a report or event on disk before it returns; what the disk refuses is kept and tried again. Never throws. */
  keepEvent(record: GatewayRecord): void
  /** Takes a frame; the next grouped commit puts it on disk. */
  keepFrame(frame: Frame): void
  /** Forgets what a receipt covers. */
  take(receipt: Receipt): void
  /** Something has changed that the sending loop should look at. */
  wake(): void
  /** Commits and sends until told to stop. `before` runs ahead of every grouped commit. */
  run(uplink: Uplink, before: () => void, stop: AbortSignal): Promise<void>
  close(): void
}

type Deps = {
  readonly dir: string
  readonly heads: StreamHeadStore
  readonly clock: Clock
  readonly log: Log
  readonly boot: string
  readonly uuid: () => string
  readonly framesBytes: number
  /** A short text kept in the same transaction as the frames of each commit. */
  readonly noteNow: () => string
}

/** Opens both logs; throws when a file cannot be opened. */
export function createOutbox(deps: Deps): Outbox {
  const { clock, log } = deps
  const files = ['events', 'frames'].map((name) => openDatabase(join(deps.dir, `${name}.sqlite`)))
  const [eventsFile, framesFile] = files
  if (eventsFile === undefined || framesFile === undefined) throw new Error('two files, two logs')
  const waker = createWaker(clock)
  const window = createSendWindow()
  const common = { heads: deps.heads, clock, boot: deps.boot, uuid: deps.uuid }
  const events = createOutboxStore({ ...common, db: eventsFile, name: 'events' })

  const keepEvent = (record: GatewayRecord): void => {
    events.append(record)
    try {
      events.flush()
    } catch (cause) {
      log.error({ err: cause }, 'events.unwritable')
    }
    waker.wake()
  }
  const frames = createOutboxStore({
    ...common,
    db: framesFile,
    name: 'frames',
    maxBytes: deps.framesBytes,
    announce: keepEvent,
    noteNow: deps.noteNow,
  })
  const outboxes = [events, frames]

  return {
    events,
    frames,
    keepEvent,
    keepFrame: frames.append,
    take: ({ stream, through }) => {
      for (const store of outboxes) store.forgetThrough(stream, through)
      window.covered(stream, through)
      waker.wake()
    },
    wake: waker.wake,
    run: async (uplink, before, stop) => {
      await Promise.all([
        runOutboxLoop({ outboxes, window, waker, uplink, clock, log }, stop),
        runFlushLoop({ outboxes, before, committed: waker.wake, clock, log }, stop),
      ])
    },
    close: () => {
      for (const file of files) file.close()
    },
  }
}
