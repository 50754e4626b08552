import { join } from 'node:path'
import type { Frame } from '#contract/frame.ts'
import type { Clock, Millis } from '#contract/instant.ts'
import type { Receipt } from '#contract/receipt.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { Log } from '../log.ts'
import { openDatabase } from '../state/sqlite-client.ts'
import { datedOutbox } from '../time/dated-outbox.ts'
import type { BootSync } from '../time/time-keeper.ts'
import { runFlushLoop } from './flush-loop.ts'
import { runOutboxLoop, type Uplink } from './outbox-loop.ts'
import { createOutboxService } from './outbox-service.ts'
import { createOutboxStore, type OutboxStore } from './outbox-store.ts'
import type { BatchEncoding } from './records-message.ts'
import { createSendWindow } from './send-window.ts'
import type { StreamHeadStore } from './stream-head-store.ts'
import { createWaker } from './waker.ts'

/** Both logs of a gateway, one file per class of durability, and what empties them. */
export type Outbox = {
  readonly events: OutboxStore
  readonly frames: OutboxStore
  /** Puts a report or event on disk before it returns; what the disk refuses is kept and tried again. Never throws. */
  keepEvent(record: GatewayRecord): 'stored' | 'waiting'
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
  readonly encoding: BatchEncoding
  /** How long a fresh frame may wait for others to share a message with. */
  readonly patience: Millis
  /** By what records are dated that their boot made before it knew the time. */
  readonly syncOf: (boot: string) => BootSync | undefined
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
  const common = { heads: deps.heads, clock, log, boot: deps.boot, uuid: deps.uuid }
  const events = createOutboxStore({ ...common, db: eventsFile, name: 'events' })

  const service = createOutboxService({ events, frames: () => frames, window, wake: waker.wake, clock, log })
  const frames = createOutboxStore({
    ...common,
    db: framesFile,
    name: 'frames',
    maxBytes: deps.framesBytes,
    announce: service.keepEvent,
    noteNow: deps.noteNow,
  })

  return {
    events,
    frames,
    keepEvent: service.keepEvent,
    keepFrame: frames.append,
    take: service.take,
    wake: waker.wake,
    run: async (uplink, before, stop) => {
      frames.announceGaps()
      const { connected } = service
      const { encoding, patience, boot, syncOf } = deps
      const dated = (outbox: OutboxStore) => datedOutbox(outbox, { boot, steady: clock.steady, syncOf })
      const logs = { events: dated(events), frames: dated(frames) }
      await Promise.all([
        runOutboxLoop({ ...logs, window, waker, uplink, encoding, patience, connected, clock, log }, stop),
        runFlushLoop({ outboxes: [events, frames], patience, before, committed: waker.wake, clock, log }, stop),
      ])
    },
    close: () => {
      for (const file of files) file.close()
    },
  }
}
