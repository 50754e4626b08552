import { describe, expect, test } from 'vitest'
import { Seq } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import { runJournalLoop } from '../../../cloud/ingest/journal-loop.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { batchOf, frameAt, GATEWAY, listeningLog, realClock, STREAM, until } from './journal-support.ts'

function bench() {
  const journal = createJournalStore({ path: ':memory:', clock: realClock })
  const log = listeningLog()
  const ingest = createIngestService({ journal, clock: realClock, log, count: () => {}, publish: async () => {} })
  let next = 1
  const arrive = async (records: number) => {
    await ingest.accept(
      GATEWAY,
      batchOf(
        next,
        Array.from({ length: records }, (_, index) => frameAt(next + index)),
      ),
    )
    next += records
  }
  return { journal, log, arrive, stop: new AbortController() }
}

/** A store that can be down, and shows what it was given. */
function store(name: string) {
  const seen: number[][] = []
  let state: 'up' | 'down' = 'up'
  let attempts = 0
  return {
    seen,
    attempts: () => attempts,
    set: (next: 'up' | 'down') => {
      state = next
    },
    projection: {
      name,
      apply: async (entries: readonly JournalEntry[]) => {
        attempts += 1
        if (state === 'down') throw new Error('store is down')
        seen.push(entries.map(({ position }) => position))
      },
    },
  }
}

describe('journal loop', () => {
  test('is woken by a commit and moves its cursor behind what was applied', async () => {
    const { journal, log, arrive, stop } = bench()
    const target = store('history')
    const loop = runJournalLoop({ journal, projection: target.projection, clock: realClock, log }, stop.signal)
    await arrive(3)
    await until(() => target.seen.length === 1)
    await arrive(1)
    await until(() => target.seen.length === 2)
    expect(target.seen).toEqual([[1, 2, 3], [4]])
    expect(journal.cursor('history')).toBe(4)
    stop.abort()
    await loop
  })

  test('a failing store is tried again, loses nothing, and delays no other', async () => {
    const { journal, log, arrive, stop } = bench()
    const clock = createManualClock()
    const broken = store('broken')
    const healthy = store('healthy')
    broken.set('down')
    const loops = [broken, healthy].map(({ projection }) =>
      runJournalLoop({ journal, projection, clock, log }, stop.signal),
    )
    await arrive(2)
    await until(() => healthy.seen.length === 1 && broken.attempts() === 1)
    for (let round = 0; round < 20; round += 1) await clock.advance(30_000)
    expect(journal.cursor('broken')).toBe(0)
    expect(log.lines.filter(({ event }) => event === 'projection.failed').length).toBeLessThan(7)
    broken.set('up')
    await clock.advance(30_000)
    await until(() => journal.cursor('broken') === 2)
    expect(broken.seen).toEqual([[1, 2]])
    stop.abort()
    await Promise.all(loops)
  })

  test('a record that is refused by now is left out where it would stop all others', async () => {
    const { journal, log, arrive, stop } = bench()
    const clock = createManualClock()
    const seen: number[] = []
    const apply = async (entries: readonly JournalEntry[]): Promise<void> => {
      if (entries.some(({ record }) => record.kind === 'event')) throw new Error('unsupported Unicode escape sequence')
      seen.push(...entries.map(({ seq }) => seq))
    }
    const taken: GatewayRecord = { kind: 'event', name: 'boot', at: epochMs(1), data: { model: 'X\0' } }
    const range = { from: 1, to: 1 }
    await journal.append({
      ...{ gateway: GATEWAY, receivedAt: epochMs(1), stream: STREAM, range, declared: [] },
      items: [{ seq: Seq.parse(1), record: taken }],
    })
    await arrive(3)
    const loop = runJournalLoop({ journal, projection: { name: 'events', apply }, clock, log }, stop.signal)
    for (let round = 0; round < 5; round += 1) await clock.advance(30_000)
    await until(() => journal.cursor('events') === journal.head())
    expect(seen).toEqual([2, 3])
    expect(log.lines.filter(({ event }) => event === 'projection.left-out')).toHaveLength(1)
    stop.abort()
    await loop
  })

  test('a journal that cannot be read for a moment is read again', async () => {
    const { journal, log, arrive, stop } = bench()
    const clock = createManualClock()
    const target = store('history')
    await arrive(2)
    let reads = 0
    const read: typeof journal.read = (after, limit) => {
      reads += 1
      if (reads === 1) throw new Error('disk I/O error')
      return journal.read(after, limit)
    }
    const loop = runJournalLoop(
      { journal: { ...journal, read }, projection: target.projection, clock, log },
      stop.signal,
    )
    await until(() => log.lines.some(({ event }) => event === 'projection.failed'))
    await clock.advance(250)
    await until(() => target.seen.length === 1)
    expect(target.seen).toEqual([[1, 2]])
    stop.abort()
    await loop
  })

  test('after a restart it goes on behind its cursor', async () => {
    const { journal, log, arrive } = bench()
    const target = store('history')
    for (const expected of [[1, 2], [3]]) {
      const stop = new AbortController()
      await arrive(expected.length)
      const loop = runJournalLoop({ journal, projection: target.projection, clock: realClock, log }, stop.signal)
      await until(() => target.seen.flat().length === expected.at(-1))
      stop.abort()
      await loop
    }
    expect(target.seen).toEqual([[1, 2], [3]])
  })

  test('a projection that wants large writes waits for company, but not for long', async () => {
    const { journal, log, arrive, stop } = bench()
    const clock = createManualClock()
    const target = store('history')
    const pace = { batch: 5, fill: 3, age: millis(250) }
    const loop = runJournalLoop({ journal, projection: target.projection, clock, log, pace }, stop.signal)
    // Nobody comes after the second one.
    await arrive(1)
    await arrive(1)
    await clock.advance(99)
    expect(target.seen).toEqual([])
    await clock.advance(1)
    await until(() => target.seen.length === 1)
    expect(target.seen).toEqual([[1, 2]])
    // One after the other, and more are on their way.
    for (let come = 0; come < 4; come += 1) {
      await arrive(1)
      await clock.advance(50)
    }
    expect(target.seen).toEqual([[1, 2]])
    await clock.advance(50)
    await until(() => target.seen.length === 2)
    expect(target.seen).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ])
    stop.abort()
    await loop
  })

  test('stops while it waits, and while it retries', async () => {
    const { journal, log, arrive } = bench()
    const idle = new AbortController()
    const waiting = runJournalLoop(
      { journal, projection: store('idle').projection, clock: createManualClock(), log },
      idle.signal,
    )
    idle.abort()
    await waiting
    const broken = store('broken')
    broken.set('down')
    await arrive(1)
    const stop = new AbortController()
    const retrying = runJournalLoop(
      { journal, projection: broken.projection, clock: createManualClock(), log },
      stop.signal,
    )
    await until(() => broken.attempts() === 1)
    stop.abort()
    await retrying
  })
})
