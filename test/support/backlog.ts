import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Frame } from '#contract/frame.ts'
import type { StreamId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createOutboxStore } from '../../edge/outbox/outbox-store.ts'
import { createStreamHeadStore } from '../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../edge/state/sqlite-client.ts'
import { recordedDrives } from './recorded-frames.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

/** One second after another of recorded 1 Hz drives, joined end to end until there are enough; times run without a gap. */
export function secondsOfDriving(count: number, from: number): readonly Frame[] {
  const recorded = recordedDrives('car-munich', 1000).concat(recordedDrives('bus-limerick'))
  const drives = recorded.flatMap(({ frames }) => frames)
  return Array.from({ length: count }, (_, index) => {
    const frame = drives[index % drives.length]
    if (frame === undefined) throw new Error('no recorded drive')
    return { ...frame, readAt: epochMs(from + index * 1000) }
  })
}

/** Writes frames and events into the outbox files of a gateway's folder, as an earlier boot would have left them. */
export function leaveBacklog(
  dir: string,
  frames: readonly Frame[],
  events: number,
): { frames: StreamId; events: StreamId } {
  const open = (name: string) => openDatabase(join(dir, `${name}.sqlite`))
  const files = [open('state'), open('frames'), open('events')] as const
  const common = {
    heads: createStreamHeadStore(files[0]),
    clock: systemClock,
    log: silentLog,
    boot: 'boot-of-yesterday',
    uuid: randomUUID,
  }
  const frameLog = createOutboxStore({ ...common, db: files[1], name: 'frames' })
  const eventLog = createOutboxStore({ ...common, db: files[2], name: 'events' })
  for (let from = 0; from < frames.length; from += 5000) {
    for (const frame of frames.slice(from, from + 5000)) frameLog.append(frame)
    frameLog.flush()
  }
  for (let index = 0; index < events; index += 1)
    eventLog.append({ kind: 'event', name: 'gateway-started', at: epochMs(Date.now()), data: { index } })
  eventLog.flush()
  const streams = [frameLog, eventLog].map((log) => log.streams()[0]?.stream)
  for (const file of files) file.close()
  const [frameStream, eventStream] = streams
  if (frameStream === undefined || eventStream === undefined) throw new Error('no stream')
  return { frames: frameStream, events: eventStream }
}
