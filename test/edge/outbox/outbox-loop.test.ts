import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import type { Frame } from '#contract/frame.ts'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { epochMs, millis, seconds } from '#contract/instant.ts'
import { runOutboxLoop } from '../../../edge/outbox/outbox-loop.ts'
import { createOutboxStore } from '../../../edge/outbox/outbox-store.ts'
import { createSendWindow } from '../../../edge/outbox/send-window.ts'
import { createStreamHeadStore } from '../../../edge/outbox/stream-head-store.ts'
import { createWaker } from '../../../edge/outbox/waker.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-loop-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const frame = (index: number, more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000 + index * 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ...more,
})

/** A loop whose cloud takes everything and receipts nothing unless told to. */
function bench(options: { patienceS?: number; encoding?: 'compact' | 'json' } = {}) {
  const clock = createManualClock()
  const files = ['state', 'events', 'frames'].map((name) => openDatabase(join(dir, `${name}.sqlite`)))
  const [state, eventsFile, framesFile] = files
  if (state === undefined || eventsFile === undefined || framesFile === undefined) throw new Error('three files')
  const log = { heads: createStreamHeadStore(state), clock, log: silentLog, boot: 'boot-1', uuid: randomUUID }
  const events = createOutboxStore({ ...log, db: eventsFile, name: 'events' })
  const frames = createOutboxStore({ ...log, db: framesFile, name: 'frames' })
  const window = createSendWindow()
  const waker = createWaker(clock)
  const sent: { stream: string; from: number; count: number; kind: string; backfill: number; first: number }[] = []
  let connection: { boot: string; since: ReturnType<typeof clock.steady> } | undefined
  let answersAfter = Number.POSITIVE_INFINITY
  const stopping = new AbortController()
  const uplink = {
    connection: () => connection,
    publishRecords: async (payload: Uint8Array) => {
      const batch = parseBatch(payload)
      if (!batch.ok) throw new Error(batch.reason)
      const records = batch.items.flatMap((item) => ('record' in item ? [item.record] : []))
      sent.push({
        stream: batch.stream,
        from: batch.firstSeq,
        count: records.length,
        kind: records[0]?.kind ?? '',
        backfill: records.filter((record) => record.kind === 'frame' && record.backfill === true).length,
        first: payload[0] ?? 0,
      })
      if (answersAfter === Number.POSITIVE_INFINITY) await new Promise(() => {})
      if (answersAfter > 0) await clock.sleep(millis(answersAfter), stopping.signal)
    },
  }
  const done = runOutboxLoop(
    {
      ...{ events, frames, window, waker, uplink, clock, log: silentLog, connected: () => {} },
      encoding: options.encoding ?? 'compact',
      patience: seconds(options.patienceS ?? 0),
    },
    stopping.signal,
  )
  const fill = (from: number, to: number, more: Partial<Frame> = {}): void => {
    for (let index = from; index < to; index += 1) frames.append(frame(index, more))
    frames.flush()
  }
  return {
    ...{ clock, events, frames, window, waker, sent, fill },
    acknowledge: (afterMs = 0) => {
      answersAfter = afterMs
    },
    keepWord: (state: 'received' | 'verified') => {
      const ids = { orderId: OrderId.parse(randomUUID()), orderSeq: OrderSeq.parse(1) }
      events.append({ kind: 'report', ...ids, relay: 'closed', evidence: {}, at: epochMs(1), state })
      events.flush()
      waker.wake()
    },
    keepEvent: () => {
      events.append({ kind: 'event', name: 'mark', at: epochMs(1), data: {} })
      events.flush()
      waker.wake()
    },
    connect: () => {
      connection = { boot: 'boot-1', since: clock.steady() }
      waker.wake()
    },
    close: async () => {
      stopping.abort()
      await clock.advance(2000)
      await done
      for (const file of files) file.close()
    },
  }
}

test('a backlog takes 6 messages of the window, fresh frames the rest of 16, and an event still goes at once', async () => {
  const { clock, sent, fill, connect, keepEvent, close } = bench()
  fill(0, 9000)
  await clock.advance(11 * 60_000)
  connect()
  await clock.advance(1000)
  expect(sent.map(({ count }) => count)).toEqual([1000, 1000, 1000, 1000, 1000, 1000])
  expect(sent.every(({ backfill, count }) => backfill === count)).toBe(true)
  for (let index = 0; index < 30; index += 1) {
    fill(9000 + index, 9001 + index)
    await clock.advance(1000)
  }
  const [old] = sent
  const fresh = sent.filter(({ stream }) => stream !== old?.stream)
  expect(fresh).toHaveLength(10)
  expect(fresh.every(({ backfill }) => backfill === 0)).toBe(true)
  keepEvent()
  await clock.advance(10)
  expect(sent.at(-1)).toMatchObject({ kind: 'event' })
  expect(sent).toHaveLength(17)
  await close()
})

test('the first word of an order waits for the next, and not for long, whatever else there is to send', async () => {
  const { clock, sent, fill, connect, acknowledge, keepWord, close } = bench()
  acknowledge()
  connect()
  await clock.advance(100)
  keepWord('received')
  fill(0, 1)
  await clock.advance(100)
  expect(sent.map(({ kind }) => kind)).toEqual(['frame'])
  keepWord('verified')
  await clock.advance(10)
  expect(sent.at(-1)).toMatchObject({ kind: 'report', count: 2 })
  keepWord('received')
  await clock.advance(1200)
  expect(sent.at(-1)).toMatchObject({ kind: 'report', count: 1 })
  await close()
})

test('acknowledged is not stored: without a receipt at most 16 messages of frames go, however fast they are heard', async () => {
  const { clock, sent, fill, connect, acknowledge, close } = bench()
  acknowledge()
  fill(0, 19_000)
  await clock.advance(11 * 60_000)
  connect()
  await clock.advance(30_000)
  expect(sent).toHaveLength(16)
  await close()
})

test.each([
  { line: 'fast', afterMs: 300, more: 10 },
  { line: 'slow', afterMs: 3000, more: 6 },
  { line: 'very slow', afterMs: 8000, more: 2 },
])('on a $line line a backlog of 6 messages is followed by $more', async ({ afterMs, more }) => {
  const { clock, sent, fill, connect, acknowledge, close } = bench()
  acknowledge(afterMs)
  fill(0, 19_000)
  await clock.advance(11 * 60_000)
  connect()
  await clock.advance(0)
  await clock.advance(afterMs - 1)
  expect(sent).toHaveLength(6)
  await clock.advance(20)
  expect(sent).toHaveLength(6 + more)
  await close()
})

test('a receipt makes room, and within a stream the oldest goes first', async () => {
  const { clock, sent, window, waker, fill, connect, close } = bench()
  fill(0, 9000)
  await clock.advance(11 * 60_000)
  connect()
  await clock.advance(1000)
  const stream = sent[0]?.stream ?? ''
  window.covered(stream as never, 3000)
  waker.wake()
  await clock.advance(1000)
  expect(sent.filter((one) => one.stream === stream).map(({ from }) => from)).toEqual([
    1, 1001, 2001, 3001, 4001, 5001, 6001, 7001, 8001,
  ])
  await close()
})

test('fresh frames wait for company as long as they are told to, or until they are sixty', async () => {
  const { clock, sent, fill, connect, close } = bench({ patienceS: 60 })
  connect()
  await clock.advance(0)
  for (let index = 0; index < 12; index += 1) {
    fill(index, index + 1)
    await clock.advance(10_000)
  }
  expect(sent.map(({ count }) => count)).toEqual([6, 6])
  fill(100, 160)
  await clock.advance(1000)
  expect(sent.at(-1)?.count).toBeGreaterThanOrEqual(60)
  await close()
})

test('frames of a parked car wait six times as long, and the first of a drive takes them along', async () => {
  const { clock, sent, fill, connect, close } = bench({ patienceS: 60 })
  connect()
  await clock.advance(0)
  for (let index = 0; index < 30; index += 1) {
    fill(index, index + 1, { ignition: false })
    await clock.advance(20_000)
  }
  expect(sent.map(({ count }) => count)).toEqual([18])
  fill(30, 31, { ignition: true })
  await clock.advance(1000)
  expect(sent.map(({ count }) => count)).toEqual([18, 13])
  await close()
})

test.each([
  { name: 'compact when told to', encoding: 'compact' as const, count: 3, first: 0xb3 },
  { name: 'the quicker compact version in a long backlog', encoding: 'compact' as const, count: 201, first: 0xb2 },
  { name: 'JSON when told to', encoding: 'json' as const, count: 3, first: 0x7b },
])('speaks $name', async ({ encoding, count, first }) => {
  const { clock, sent, fill, connect, close } = bench({ encoding })
  fill(0, count)
  connect()
  await clock.advance(1000)
  expect(sent).toMatchObject([{ first, count }])
  await close()
})

test('after more than an hour without a receipt everything is sent again, not before', async () => {
  const { clock, sent, fill, connect, close } = bench()
  fill(0, 3)
  connect()
  await clock.advance(1000)
  for (let minute = 0; minute < 62; minute += 1) await clock.advance(60_000)
  expect(sent).toHaveLength(1)
  for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000)
  expect(sent.map(({ from, count }) => [from, count])).toEqual([
    [1, 3],
    [1, 3],
  ])
  await close()
})
