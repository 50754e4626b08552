import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import type { StreamId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createOutboxStore } from '../../edge/outbox/outbox-store.ts'
import { createStreamHeadStore } from '../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../edge/state/sqlite-client.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { createSimulatedOutbox, emptyOutboxFile, type HeadFile, type SimulatedOutbox } from './outbox.ts'

type Shelf = {
  /** The process starts, on what the one before has left on disk. */
  start(): SimulatedOutbox
  /** The power goes: what was not flushed is gone. */
  cut(): void
}

function onSqlite(): Shelf {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-outbox-contract-'))
  let open: readonly ReturnType<typeof openDatabase>[] = []
  const cut = (): void => {
    for (const db of open) db.close()
    open = []
  }
  onTestFinished(() => {
    cut()
    rmSync(dir, { recursive: true })
  })
  return {
    cut,
    start: () => {
      const [state, db] = [openDatabase(join(dir, 'state.sqlite')), openDatabase(join(dir, 'frames.sqlite'))]
      open = [state, db]
      return createOutboxStore({
        db,
        name: 'frames',
        heads: createStreamHeadStore(state),
        clock: createManualClock(),
        uuid: randomUUID,
        log: silentLog,
        boot: randomUUID(),
      })
    },
  }
}

function inTheSimulator(): Shelf {
  const file = emptyOutboxFile()
  const heads: HeadFile = {}
  return {
    cut: () => {},
    start: () =>
      createSimulatedOutbox({
        file,
        heads,
        boot: randomUUID(),
        steady: () => 1000,
        wall: () => 1_795_000_000_000,
        uuid: randomUUID,
        full: () => false,
        committed: () => {},
        forgotten: () => {},
        dies: () => false,
      }),
  }
}

const frame = (index: number): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000 + index * 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
})
const fill = (outbox: SimulatedOutbox, from: number, to: number): void => {
  for (let index = from; index <= to; index += 1) outbox.append(frame(index))
  outbox.flush()
}
const liveOf = (outbox: SimulatedOutbox): StreamId => {
  const live = outbox.streams().find(({ fresh }) => fresh === 'live')
  if (live === undefined) throw new Error('an outbox has always a live stream')
  return live.stream
}
const numbers = (outbox: SimulatedOutbox, stream: StreamId, after = 0, limit = 100): readonly number[] =>
  outbox.after(stream, after, limit)?.records.map(({ seq }) => seq) ?? []
const freshness = (outbox: SimulatedOutbox): readonly string[] => outbox.streams().map(({ fresh }) => fresh)

/** What the simulator relies on, asked of the real store and of its stand-in alike. */
describe.each([
  { name: 'SQLite', shelf: onSqlite },
  { name: 'the simulator', shelf: inTheSimulator },
])('an outbox in $name', ({ shelf }) => {
  test('numbers from one without gaps, and hands out what follows a number, up to the limit', () => {
    const outbox = shelf().start()
    fill(outbox, 1, 5)
    const live = liveOf(outbox)
    expect(numbers(outbox, live)).toEqual([1, 2, 3, 4, 5])
    expect(numbers(outbox, live, 2, 2)).toEqual([3, 4])
    expect(numbers(outbox, live, 5)).toEqual([])
    expect(outbox.after(live, 0, 1)?.records[0]?.record).toMatchObject(frame(1))
  })

  test('hands out nothing that is not committed, and says how much a flush committed', () => {
    const outbox = shelf().start()
    outbox.append(frame(1))
    expect(numbers(outbox, liveOf(outbox))).toEqual([])
    expect(outbox.flush()).toBe(1)
    expect(outbox.flush()).toBe(0)
    expect(numbers(outbox, liveOf(outbox))).toEqual([1])
  })

  test('forgets through a receipt and nothing beyond it; a receipt of another stream changes nothing', () => {
    const outbox = shelf().start()
    fill(outbox, 1, 5)
    const live = liveOf(outbox)
    numbers(outbox, live)
    outbox.forgetThrough(randomUUID() as StreamId, 5)
    outbox.forgetThrough(live, 3)
    expect(numbers(outbox, live)).toEqual([4, 5])
    outbox.forgetThrough(live, 3)
    expect(numbers(outbox, live)).toEqual([4, 5])
  })

  test('keeps what was flushed through a power cut, as backlog, and numbers anew in a stream of its own', () => {
    const disk = shelf()
    const before = disk.start()
    fill(before, 1, 3)
    const old = liveOf(before)
    before.append(frame(4))
    disk.cut()
    const outbox = disk.start()
    expect(numbers(outbox, old)).toEqual([1, 2, 3])
    // It has nothing to say yet; the first word begins the new stream.
    expect(freshness(outbox)).toEqual(['live'])
    fill(outbox, 5, 5)
    expect(freshness(outbox)).toEqual(['backlog', 'live'])
    expect(liveOf(outbox)).not.toBe(old)
    expect(numbers(outbox, old)).toEqual([1, 2, 3])
    expect(numbers(outbox, liveOf(outbox))).toEqual([1])
  })

  test('a backlog that is receipted is gone, and stays gone', () => {
    const disk = shelf()
    const before = disk.start()
    fill(before, 1, 3)
    const old = liveOf(before)
    disk.cut()
    const outbox = disk.start()
    fill(outbox, 4, 4)
    numbers(outbox, old)
    outbox.forgetThrough(old, 3)
    expect(freshness(outbox)).toEqual(['live'])
    disk.cut()
    expect(numbers(disk.start(), old)).toEqual([])
  })

  test('a stream begun on purpose leaves the one before as backlog', () => {
    const outbox = shelf().start()
    fill(outbox, 1, 2)
    const old = liveOf(outbox)
    outbox.openStream()
    fill(outbox, 3, 3)
    expect(freshness(outbox)).toEqual(['backlog', 'live'])
    expect([numbers(outbox, old), numbers(outbox, liveOf(outbox))]).toEqual([[1, 2], [1]])
  })

  test('a receipt for more than was ever sent is answered by a new stream, never by a used number', () => {
    const outbox = shelf().start()
    fill(outbox, 1, 2)
    const live = liveOf(outbox)
    outbox.forgetThrough(live, 900)
    fill(outbox, 3, 3)
    expect(liveOf(outbox)).not.toBe(live)
    expect(numbers(outbox, live)).toEqual([1, 2])
  })
})
