import { createHash, randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { GatewayEvent } from '#contract/event.ts'
import type { Frame } from '#contract/frame.ts'
import { millis } from '#contract/instant.ts'
import { GatewayRecord } from '#contract/record.ts'
import { createOutboxStore } from '../../../edge/outbox/outbox-store.ts'
import { recordsMessage } from '../../../edge/outbox/records-message.ts'
import { RECORD_FORM } from '../../../edge/outbox/stored-body.ts'
import { createStreamHeadStore } from '../../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { frame } from './outbox-frame.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-outbox-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(
  options: {
    boot?: string
    maxBytes?: number
    announce?: (gap: GatewayEvent) => 'stored' | 'waiting'
    noteNow?: () => string
  } = {},
) {
  const state = openDatabase(join(dir, 'state.sqlite'))
  const db = openDatabase(join(dir, 'frames.sqlite'))
  const outbox = createOutboxStore({
    db,
    name: 'frames',
    heads: createStreamHeadStore(state),
    clock: createManualClock(),
    uuid: randomUUID,
    log: silentLog,
    boot: 'boot-1',
    ...options,
  })
  const fill = (from: number, to: number, more: (index: number) => Partial<Frame> = () => ({})): void => {
    for (let index = from; index < to; index += 1) outbox.append(frame(index, more(index)))
    outbox.flush()
  }
  const live = () => outbox.streams().find(({ fresh }) => fresh === 'live')?.stream ?? ('' as never)
  const close = (): void => {
    state.close()
    db.close()
  }
  return { outbox, fill, live, close }
}

const into =
  (gaps: GatewayEvent[]) =>
  (gap: GatewayEvent): 'stored' => {
    gaps.push(gap)
    return 'stored'
  }

test('records are numbered from 1 without holes, oldest first, and survive a power cut', () => {
  const first = open()
  first.fill(0, 250)
  const stream = first.live()
  // Not closed: the power went. A second opening sees what was committed.
  const second = open({ boot: 'boot-2' })
  expect(second.live()).toBe(stream)
  const numbers = [0, 100, 200].flatMap(
    (seq) => second.outbox.after(stream, seq, 100)?.records.map((one) => one.seq) ?? [],
  )
  expect(numbers).toEqual(Array.from({ length: 250 }, (_, index) => index + 1))
  first.close()
  second.close()
})

test('every start numbers in a stream of its own, so that a card brought back gives no number twice', () => {
  const first = open()
  first.fill(0, 10)
  const old = first.live()
  first.close()
  cpSync(join(dir, 'frames.sqlite'), join(dir, 'backup'))
  const later = open()
  later.fill(10, 15)
  const lost = later.live()
  later.close()
  for (const file of ['frames.sqlite', 'frames.sqlite-wal', 'frames.sqlite-shm'])
    rmSync(join(dir, file), { force: true })
  cpSync(join(dir, 'backup'), join(dir, 'frames.sqlite'))
  const restored = open()
  restored.fill(20, 23)
  expect([old, lost]).not.toContain(restored.live())
  expect(restored.outbox.after(old, 0, 100)?.records).toHaveLength(10)
  expect(restored.outbox.after(restored.live(), 0, 100)?.records.map(({ seq }) => seq)).toEqual([1, 2, 3])
  restored.close()
})

test('what was taken but not flushed is not sent', () => {
  const { outbox, live, close } = open()
  outbox.append(frame(0))
  expect(outbox.after(live(), 0, 10)).toBeUndefined()
  expect(outbox.flush()).toBe(1)
  expect(outbox.after(live(), 0, 10)?.records).toHaveLength(1)
  close()
})

test('only a receipt lets it forget, and only what the receipt covers', () => {
  const { outbox, fill, live, close } = open()
  fill(0, 10)
  outbox.forgetThrough(live(), 4)
  expect(outbox.after(live(), 0, 10)?.records[0]?.seq).toBe(5)
  expect(outbox.size().records).toBe(6)
  outbox.forgetThrough(randomUUID() as never, 10)
  expect(outbox.size().records).toBe(6)
  close()
})

test('a stream of which all is forgotten still knows how far it was, so that a cloud that lost it is answered', () => {
  const first = open()
  first.fill(0, 10)
  const stream = first.live()
  first.outbox.forgetThrough(stream, 4)
  expect(first.outbox.forgottenThrough(stream)).toBe(4)
  first.outbox.forgetThrough(stream, 10)
  expect(first.outbox.forgottenThrough(stream)).toBe(10)
  first.close()
  const second = open({ boot: 'boot-2' })
  expect(second.outbox.forgottenThrough(stream)).toBe(10)
  second.outbox.forgetThrough(stream, 11)
  expect(second.live()).not.toBe(stream)
  second.close()
})

test('a frame committed alone costs a card two small pages', () => {
  const { fill, close } = open({ noteNow: () => 'm'.repeat(300) })
  const wal = () => statSync(join(dir, 'frames.sqlite-wal')).size
  fill(0, 1)
  const before = wal()
  for (let index = 1; index <= 100; index += 1) fill(index, index + 1)
  // Two pages of 2 KB, and now and then a third where a page was full.
  expect((wal() - before) / 100).toBeLessThan(2.5 * 2072)
  close()
})

test('a lost outbox file opens a new stream', () => {
  const first = open()
  first.fill(0, 5)
  const old = first.live()
  first.close()
  rmSync(join(dir, 'frames.sqlite'))
  const second = open()
  expect(second.live()).not.toBe(old)
  second.close()
})

test('a restored outbox file opens a new stream: by reservation, or by a receipt for numbers never given', () => {
  const first = open()
  first.fill(0, 10)
  const old = first.live()
  first.close()
  cpSync(join(dir, 'frames.sqlite'), join(dir, 'backup'))
  const later = open()
  later.fill(10, 2500)
  later.close()
  for (const file of ['frames.sqlite', 'frames.sqlite-wal', 'frames.sqlite-shm'])
    rmSync(join(dir, file), { force: true })
  cpSync(join(dir, 'backup'), join(dir, 'frames.sqlite'))
  const restored = open()
  expect(restored.live()).not.toBe(old)
  expect(restored.outbox.streams().map(({ stream }) => stream)).toContain(old)
  const fresh = restored.live()
  restored.fill(0, 3)
  restored.outbox.forgetThrough(fresh, 9)
  expect(restored.live()).not.toBe(fresh)
  expect(restored.outbox.after(fresh, 0, 10)?.records).toHaveLength(3)
  restored.close()
})

test('a full disk budget thins the oldest unsent frames 1:2, keeps edges, and names the range once', () => {
  const gaps: GatewayEvent[] = []
  const { outbox, fill, live, close } = open({ maxBytes: 40_000, announce: into(gaps) })
  const stream = live()
  fill(0, 300, (index) => ({ ignition: index < 151 }))
  expect(gaps).toHaveLength(1)
  expect(gaps[0]).toMatchObject({ name: 'gap', data: { stream, from: 1, to: 300, reason: 'outbox-full' } })
  const since = 1_795_000_000_000
  expect(gaps[0]?.data).toMatchObject({ since, until: since + 299_000 })
  const kept = outbox.streams().flatMap((one) => outbox.after(one.stream, 0, 1000)?.records ?? [])
  const seconds = kept.map(({ record }) => (record.kind === 'frame' ? (record.readAt - 1_795_000_000_000) / 1000 : -1))
  expect(kept.length).toBeLessThan(160)
  expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index + 1))
  for (const edge of [0, 150, 151, 299]) expect(seconds).toContain(edge)
  fill(300, 301)
  expect(outbox.after(stream, 0, 10)?.records[0]?.seq).toBe(301)
  close()
})

test('frames that may have been sent are never thinned', () => {
  const gaps: GatewayEvent[] = []
  const { outbox, fill, live, close } = open({ maxBytes: 40_000, announce: into(gaps) })
  fill(0, 150)
  outbox.markSent(live(), 100)
  fill(150, 300)
  expect(gaps).toEqual([])
  expect(outbox.size().records).toBe(300)
  close()
})

test('fresh records can start a stream of their own while the old one drains', () => {
  const { outbox, fill, live, close } = open()
  fill(0, 5)
  const old = live()
  outbox.openStream()
  fill(5, 8)
  expect(outbox.streams().map(({ fresh }) => fresh)).toEqual(['backlog', 'live'])
  outbox.forgetThrough(old, 5)
  expect(outbox.streams().map(({ fresh }) => fresh)).toEqual(['live'])
  close()
})

test('frames from before the connection, or from another boot, are marked as backfill', () => {
  const stored = (boot: string, steadyAt: number) => ({
    seq: 1 as never,
    record: frame(0),
    boot,
    steadyAt: millis(steadyAt),
    bytes: 200,
  })
  const marked = (boot: string, steadyAt: number): unknown => {
    const batch = { stream: randomUUID() as never, records: [stored(boot, steadyAt)] }
    const message = recordsMessage(batch, { boot: 'now', since: millis(100_000) }, 'json')
    return JSON.parse(new TextDecoder().decode(message?.payload)).records[0].backfill
  }
  expect(marked('now', 99_000)).toBeUndefined()
  expect(marked('now', 30_000)).toBe(true)
  expect(marked('before', 99_999)).toBe(true)
})

test('a stored record is not checked anew unless the disk or another version has had its hands on it', () => {
  const { fill, live, close } = open()
  fill(0, 4)
  const stream = live()
  close()
  const db = openDatabase(join(dir, 'frames.sqlite'))
  const change = db.prepare('UPDATE records SET body = ?, mark = mark + ? WHERE seq = ?')
  const body = (seq: number): string => String(db.prepare('SELECT body FROM records WHERE seq = ?').get(seq)?.['body'])
  change.run(body(2).replace('"closed"', '"cloxed"'), 0, 2)
  change.run(body(3).slice(0, -5), 0, 3)
  change.run(body(4), 1, 4)
  db.close()
  const again = open({ boot: 'boot-2' })
  const records = again.outbox.after(stream, 0, 10)?.records.map(({ record }) => record)
  expect(records?.map((record) => (record.kind === 'event' ? record.data['reason'] : record.kind))).toEqual([
    'frame',
    expect.stringContaining('relay'),
    'not JSON',
    'frame',
  ])
  again.close()
})

test('an outbox of a version without marks is read, record by record', () => {
  const first = open()
  first.fill(0, 3)
  const stream = first.live()
  first.close()
  const db = openDatabase(join(dir, 'frames.sqlite'))
  db.exec('ALTER TABLE records DROP COLUMN mark')
  db.close()
  const second = open({ boot: 'boot-2' })
  expect(second.outbox.after(stream, 0, 10)?.records).toHaveLength(3)
  second.close()
})

test('what breaks the contract never reaches the disk: an event says so in its place', () => {
  const { outbox, live, close } = open()
  outbox.append(frame(0, { speedKmh: 5000 }))
  outbox.append(frame(1))
  outbox.flush()
  expect(outbox.after(live(), 0, 10)?.records.map(({ record }) => record)).toMatchObject([
    { kind: 'event', name: 'record-unreadable', data: { kind: 'frame', reason: expect.stringContaining('speedKmh') } },
    { kind: 'frame' },
  ])
  close()
})

test('the form that marks vouch for is the schema of today: changed records need another RECORD_FORM', () => {
  const schema = JSON.stringify(z.toJSONSchema(GatewayRecord))
  const digest = createHash('sha256').update(schema).digest('hex').slice(0, 16)
  expect({ form: RECORD_FORM, digest }).toEqual({ form: 2, digest: '65c2a518b2f3216d' })
})
