import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GatewayEvent } from '#contract/event.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { createOutboxService } from '../../../edge/outbox/outbox-service.ts'
import { createOutboxStore } from '../../../edge/outbox/outbox-store.ts'
import { recordsMessage } from '../../../edge/outbox/records-message.ts'
import { createSendWindow } from '../../../edge/outbox/send-window.ts'
import { createStreamHeadStore } from '../../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { frame } from './outbox-frame.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-disk-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function logs() {
  const [state, eventsFile, framesFile] = ['state', 'events', 'frames'].map((name) =>
    openDatabase(join(dir, `${name}.sqlite`)),
  )
  if (state === undefined || eventsFile === undefined || framesFile === undefined) throw new Error('three files')
  const clock = createManualClock()
  const told: GatewayEvent[] = []
  const common = { heads: createStreamHeadStore(state), clock, log: silentLog, boot: 'boot-1', uuid: randomUUID }
  const events = createOutboxStore({ ...common, db: eventsFile, name: 'events' })
  const announce = (event: GatewayEvent): 'stored' => {
    told.push(event)
    return 'stored'
  }
  const frames = createOutboxStore({ ...common, db: framesFile, name: 'frames', announce })
  const window = createSendWindow()
  const service = createOutboxService({ events, frames: () => frames, window, wake: () => {}, clock, log: silentLog })
  const files = [state, eventsFile, framesFile] as const
  const live = () => frames.streams().find(({ fresh }) => fresh === 'live')?.stream ?? ('' as never)
  return { events, frames, service, window, told, files, live, close: () => files.forEach((file) => void file.close()) }
}

/** SQLite's own errors, by SQLite's own means: no more pages than there are now, or no writes at all. */
const bad: readonly {
  readonly name: string
  readonly error: RegExp
  break(db: DatabaseSync): void
  mend(db: DatabaseSync): void
}[] = [
  {
    name: 'a full disk',
    error: /full/,
    break: (db) => db.exec(`PRAGMA max_page_count = ${Number(db.prepare('PRAGMA page_count').get()?.['page_count'])}`),
    mend: (db) => db.exec('PRAGMA max_page_count = 1073741823'),
  },
  {
    name: 'a read-only disk',
    error: /readonly/,
    break: (db) => db.exec('PRAGMA query_only = ON'),
    mend: (db) => db.exec('PRAGMA query_only = OFF'),
  },
]

describe.each(bad)('$name', ({ error, break: spoil, mend }) => {
  test('refuses the commit by name; all that was taken is kept in memory, in order, and stored once it can be', () => {
    const { frames, files, live, close } = logs()
    for (const file of files) spoil(file)
    for (let index = 0; index < 500; index += 1) frames.append(frame(index))
    expect(() => frames.flush()).toThrow(error)
    frames.append(frame(500))
    expect(() => frames.flush()).toThrow(error)
    expect(frames.size().records).toBe(0)
    for (const file of files) mend(file)
    expect(frames.flush()).toBe(501)
    const stored = frames.after(live(), 0, 1000)?.records ?? []
    expect(stored.map(({ record }) => (record.kind === 'frame' ? record.readAt : 0))).toEqual(
      Array.from({ length: 501 }, (_, index) => frame(index).readAt),
    )
    close()
  })

  test('does not stop the sending of what is stored, nor do receipts throw', () => {
    const { frames, service, window, files, live, close } = logs()
    for (let index = 0; index < 50; index += 1) frames.append(frame(index))
    frames.flush()
    for (const file of files) spoil(file)
    const batch = frames.after(live(), 0, 1000)
    const message = batch && recordsMessage(batch, { boot: 'boot-1', since: millis(0) }, 'compact')
    expect(message?.through).toBe(50)
    frames.markSent(live(), 50)
    window.sent(live(), 50, millis(0))
    expect(() => service.take({ v: 1, stream: live(), through: 50 })).not.toThrow()
    expect(window.inFlight()).toBe(0)
    for (const file of files) mend(file)
    service.take({ v: 1, stream: live(), through: 50 })
    expect(frames.size().records).toBe(0)
    close()
  })

  test('takes an event into memory without throwing, and stores it later', () => {
    const { events, service, files, close } = logs()
    for (const file of files) spoil(file)
    // One event may still fit into a page that is there: many do not.
    const many = Array.from({ length: 200 }, (_, index) => index)
    const kept = many.map((index) => service.keepEvent({ kind: 'event', name: 'mark', at: epochMs(index), data: {} }))
    expect(kept).toContain('waiting')
    for (const file of files) mend(file)
    events.flush()
    expect(events.size().records).toBe(200)
    close()
  })

  test('for hours bounds the memory: frames are thinned, edges and events stay, and the loss is told', () => {
    const { frames, told, files, close } = logs()
    for (const file of files) spoil(file)
    for (let index = 0; index < 45_000; index += 1) frames.append(frame(index, { ignition: index < 100 }))
    expect(() => frames.flush()).toThrow(error)
    for (const file of files) mend(file)
    const stored = frames.flush()
    expect(stored).toBeLessThanOrEqual(20_001)
    const lost = told.find(({ name }) => name === 'frames-thinned')
    expect(lost?.data).toEqual({ reason: 'disk', frames: 45_000 - stored })
    const times = new Set<number>()
    for (const { stream } of frames.streams())
      for (let seq = 0; ; ) {
        const batch = frames.after(stream, seq, 1000)
        if (batch === undefined) break
        for (const { record, seq: at } of batch.records) {
          if (record.kind === 'frame') times.add((record.readAt - 1_795_000_000_000) / 1000)
          seq = at
        }
      }
    for (const edge of [0, 99, 100, 44_999]) expect(times.has(edge)).toBe(true)
    close()
  })
})

test('a record too long for any message gives way to an event that says so, and blocks nothing', () => {
  const { events, service, files, close } = logs()
  service.keepEvent({ kind: 'event', name: 'huge', at: epochMs(1), data: { text: 'x'.repeat(300_000) } })
  service.keepEvent({ kind: 'event', name: 'small', at: epochMs(2), data: {} })
  const [stream] = events.streams()
  const records = stream === undefined ? [] : (events.after(stream.stream, 0, 10)?.records ?? [])
  expect(records.map(({ record }) => (record.kind === 'event' ? record.name : ''))).toEqual([
    'record-too-long',
    'small',
  ])
  expect(files).toHaveLength(3)
  close()
})

describe('a cloud that lost its journal', () => {
  test('is told which numbers nobody has any more, once a connection, and everything is sent again', () => {
    const { frames, events, service, window, live, close } = logs()
    for (let index = 0; index < 30; index += 1) frames.append(frame(index))
    frames.flush()
    service.connected()
    service.take({ v: 1, stream: live(), through: 20 })
    // The next connection meets an empty journal.
    service.connected()
    window.sent(live(), 30, millis(0))
    for (let again = 0; again < 3; again += 1) service.take({ v: 1, stream: live(), through: 0 })
    const [stream] = events.streams()
    const told = stream === undefined ? [] : (events.after(stream.stream, 0, 10)?.records ?? [])
    expect(told.map(({ record }) => record)).toMatchObject([
      { kind: 'event', name: 'gap', data: { stream: live(), from: 1, to: 20, reason: 'journal-lost' } },
    ])
    expect(window.sentThrough(live())).toBe(0)
    expect(frames.size().records).toBe(10)
    close()
  })

  test('is not suspected for a receipt of this connection that comes late', () => {
    const { frames, events, service, live, close } = logs()
    for (let index = 0; index < 30; index += 1) frames.append(frame(index))
    frames.flush()
    service.connected()
    service.take({ v: 1, stream: live(), through: 20 })
    service.take({ v: 1, stream: live(), through: 10 })
    expect(events.size().records).toBe(0)
    close()
  })
})

test('no message is longer than its encoding allows, whatever the records', () => {
  const long = { kind: 'event', name: 'long', at: epochMs(1), data: { text: 'ы'.repeat(20_000) } } as const
  const records = Array.from({ length: 40 }, (_, index) => {
    const record = index % 2 === 0 ? long : frame(index)
    return {
      seq: (index + 1) as never,
      record,
      boot: 'b',
      steadyAt: millis(0),
      bytes: Buffer.byteLength(JSON.stringify(record)),
    }
  })
  for (const [encoding, limit] of [
    ['compact', 64 * 1024],
    ['json', 256 * 1024],
  ] as const) {
    let rest = records
    while (rest.length > 0) {
      const message = recordsMessage(
        { stream: randomUUID() as never, records: rest },
        { boot: 'b', since: millis(0) },
        encoding,
      )
      expect(message?.payload.length).toBeLessThanOrEqual(limit)
      const through = message?.through ?? 0
      rest = rest.filter(({ seq }) => seq > through)
    }
  }
})
