import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Seq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { type BatchItem, parseRecord } from '#contract/record.ts'
import { createJournalStore, type JournalBatch, type JournalStore } from '../../../cloud/ingest/journal-store.ts'
import { frameAt, GATEWAY, OTHER_STREAM, realClock, STREAM, tempDir } from './journal-support.ts'

const T0 = epochMs(1_795_289_123_456)
const item = (seq: number): BatchItem => {
  const parsed = parseRecord(frameAt(T0 + seq))
  return 'record' in parsed ? { seq: Seq.parse(seq), ...parsed } : { seq: Seq.parse(seq), ...parsed, text: '' }
}
const batch = (from: number, to: number, more: Partial<JournalBatch> = {}): JournalBatch => ({
  gateway: GATEWAY,
  receivedAt: T0,
  stream: STREAM,
  range: { from, to },
  items: Array.from({ length: to - from + 1 }, (_, index) => item(from + index)),
  declared: [],
  ...more,
})

describe('journal store', () => {
  const temp = tempDir()
  let journal: JournalStore
  let file = 0
  const path = () => temp.file(`${file}.sqlite`)
  const open = () => createJournalStore({ path: path(), clock: realClock })
  beforeEach(() => {
    file += 1
    journal = open()
  })
  afterEach(() => journal.close())
  afterAll(() => temp.remove())

  test('stores each number once, whatever overlaps, and tells how far the stream is whole', async () => {
    expect(await journal.append(batch(1, 3))).toMatchObject({ through: 3, stored: 3, duplicates: 0 })
    expect(await journal.append(batch(2, 5))).toMatchObject({ through: 5, stored: 2, duplicates: 2 })
    expect(await journal.append(batch(8, 9))).toMatchObject({ through: 5, opened: { from: 6, to: 7 } })
    expect(await journal.append(batch(6, 7))).toMatchObject({ through: 9, stored: 2 })
    expect(journal.read(0, 100).map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5, 8, 9, 6, 7])
  })

  test('remembers streams, entries and cursors across a restart', async () => {
    await journal.append(batch(1, 4))
    journal.cursor('history')
    journal.moveCursor('history', 2)
    journal.close()
    journal = open()
    expect(journal.cursor('history')).toBe(2)
    expect(await journal.append(batch(1, 5))).toMatchObject({ through: 5, stored: 1, duplicates: 4 })
    expect(journal.streamsOf(GATEWAY, 2)).toEqual([{ stream: STREAM, through: 5 }])
  })

  const told = (after = 0, limit = 100) =>
    journal
      .read(after, limit)
      .map(({ position, seq, record }) => [position, seq, 'readAt' in record && record.readAt - T0])

  test('reads from its file what it stored, from any place and in any portion, whatever runs it came in', async () => {
    const refused = { seq: Seq.parse(4), refused: 'lat: too big', text: '{"lat":99}' }
    await journal.append(batch(1, 6, { items: [item(1), item(2), item(3), refused, item(5), item(6)] }))
    await journal.append(batch(8, 8))
    await journal.append(batch(5, 10))
    const all = [1, 2, 3, 5, 6, 8, 7, 9, 10].map((seq, index) => [index + 1, seq, seq])
    expect(told()).toEqual(all)
    journal.close()
    journal = open()
    for (let after = 0; after <= all.length; after += 1)
      for (let limit = 1; limit <= all.length; limit += 1)
        expect(told(after, limit)).toEqual(all.slice(after, after + limit))
    expect([journal.head(), journal.counts().entries]).toEqual([9, 9])
  })

  test('the file itself takes no number of a stream twice, and tells its records one by one', async () => {
    await journal.append(batch(1, 5))
    const file = new DatabaseSync(path())
    const insert = file.prepare(
      `INSERT INTO entries (position, stream_id, seq, received_at, record, count)
       SELECT max(position) + 3, 1, ?, 0, '[{},{},{}]', 3 FROM entries`,
    )
    for (const from of [1, 3, 5]) expect(() => insert.run(from)).toThrow('stored already')
    insert.run(10)
    for (const from of [8, 9, 10, 12]) expect(() => insert.run(from)).toThrow()
    insert.run(6)
    const seqs = file.prepare('SELECT seq FROM records WHERE stream = ? ORDER BY position').all(STREAM)
    expect(seqs.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 10, 11, 12, 6, 7, 8])
    file.close()
  })

  test('a file of an earlier version, each record in a row of its own, goes on', async () => {
    journal.close()
    file += 1
    const old = new DatabaseSync(path())
    old.exec(`
      CREATE TABLE streams (
        id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, stream TEXT NOT NULL,
        through INTEGER NOT NULL, beyond TEXT NOT NULL, heard_at INTEGER NOT NULL, UNIQUE (gateway, stream)
      ) STRICT;
      CREATE TABLE entries (
        position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, seq INTEGER NOT NULL,
        received_at INTEGER NOT NULL, record TEXT NOT NULL, UNIQUE (stream_id, seq)
      ) STRICT;`)
    old.prepare("INSERT INTO streams VALUES (1, ?, ?, 2, '[]', 1)").run(GATEWAY, STREAM)
    const row = old.prepare('INSERT INTO entries VALUES (?, 1, ?, 0, ?)')
    for (const seq of [1, 2]) row.run(seq + 40, seq, JSON.stringify(frameAt(T0 + seq)))
    old.close()
    journal = open()
    expect(await journal.append(batch(1, 4))).toMatchObject({ through: 4, stored: 2, duplicates: 2 })
    journal.close()
    journal = open()
    expect(told()).toEqual([1, 2, 3, 4].map((seq) => [seq + 40, seq, seq]))
    expect(journal.counts().entries).toBe(4)
  })

  test('a gap the gateway declares lets the stream go on', async () => {
    await journal.append(batch(1, 2))
    await journal.append(batch(6, 6))
    const told = await journal.append(
      batch(1, 1, { stream: OTHER_STREAM, declared: [{ stream: STREAM, range: { from: 3, to: 5 } }] }),
    )
    expect(told.through).toBe(1)
    expect(await journal.append(batch(7, 7))).toMatchObject({ through: 7 })
  })

  test('a batch that cannot be committed fails alone', async () => {
    for (let seq = 2; seq <= 2002; seq += 2) void journal.append(batch(seq, seq)).catch(() => {})
    const scattered = journal.append(batch(4000, 4000))
    const neighbour = journal.append(batch(1, 1, { stream: OTHER_STREAM }))
    await expect(scattered).rejects.toThrow('too many holes')
    await expect(neighbour).resolves.toMatchObject({ through: 1 })
  })

  test('quarantine keeps the bytes of what could not be read, and the stream goes on', async () => {
    const refused = { seq: Seq.parse(2), refused: 'lat: too big', text: '{"lat":99}' }
    await journal.append(batch(1, 3, { items: [item(1), refused, item(3)] }))
    await journal.setAside({
      gateway: GATEWAY,
      receivedAt: T0,
      unreadable: { reason: 'not JSON', bytes: Uint8Array.of(1, 2) },
    })
    expect(journal.quarantined(10)).toMatchObject([
      { stream: null, seq: null, reason: 'not JSON', bytes: Uint8Array.of(1, 2) },
      { stream: STREAM, seq: 2, reason: 'lat: too big' },
    ])
    expect(await journal.append(batch(4, 4))).toMatchObject({ through: 4 })
    expect(journal.counts()).toMatchObject({ entries: 3, quarantine: 2 })
  })

  test.each([
    { name: 'nothing, while no projection is known', cursors: {}, before: T0 + 10, left: [1, 2, 3, 4] },
    { name: 'only behind the slowest cursor', cursors: { a: 4, b: 2 }, before: T0 + 10, left: [3, 4] },
    { name: 'only what is old enough', cursors: { a: 4 }, before: T0 + 2, left: [2, 3, 4] },
    { name: 'never the newest, so that positions never start again', cursors: { a: 4 }, before: T0 + 10, left: [4] },
  ])('prune forgets $name', async ({ cursors, before, left }) => {
    for (const seq of [1, 2, 3, 4]) await journal.append(batch(seq, seq, { receivedAt: epochMs(T0 + seq) }))
    for (const [name, position] of Object.entries(cursors)) journal.moveCursor(name, position)
    journal.prune(epochMs(before))
    expect(journal.read(0, 10).map((entry) => entry.position)).toEqual(left)
    expect(await journal.append(batch(1, 2))).toMatchObject({ duplicates: 2, stored: 0 })
  })

  test('prune takes a thousand records at a time, and what is newer stays with whoever reads it', async () => {
    for (const from of [0, 1000]) {
      const seqs = Array.from({ length: 1000 }, (_, index) => from + index + 1)
      await Promise.all(seqs.map((seq) => journal.append(batch(seq, seq))))
    }
    for (const seq of [2001, 2002, 2003]) await journal.append(batch(seq, seq, { receivedAt: epochMs(T0 + seq) }))
    journal.moveCursor('a', 2003)
    const pruned = [1, 2, 3, 4].map(() => journal.prune(epochMs(T0 + 2002)))
    expect(Math.max(...pruned)).toBeLessThanOrEqual(1001)
    expect(pruned.reduce((sum, some) => sum + some)).toBe(2001)
    expect(pruned.at(-1)).toBe(0)
    expect(journal.read(0, 10).map((entry) => entry.position)).toEqual([2002, 2003])
    expect(journal.read(2002, 10).map((entry) => entry.position)).toEqual([2003])
  })

  test('an unwritable file acknowledges nothing', async () => {
    await journal.append(batch(1, 1))
    journal.close()
    await expect(journal.append(batch(2, 2))).rejects.toThrow()
    journal = open()
    expect(journal.read(0, 10)).toHaveLength(1)
  })

  test('more than the journal may gather at once waits its turn, and nothing of it is refused', async () => {
    const wide = (from: number) => batch(from, from + 999).items
    const items = wide(1)
    const appends = Array.from({ length: 201 }, (_, index) =>
      journal.append({
        ...batch(1, 1, { items }),
        range: { from: 1, to: 1000 },
        stream: index % 2 === 0 ? STREAM : OTHER_STREAM,
      }),
    )
    const outcomes = await Promise.allSettled(appends)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
  })
})
