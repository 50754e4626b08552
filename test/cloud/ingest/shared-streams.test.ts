import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { Receipt } from '#contract/receipt.ts'
import { createCoverageStore } from '../../../cloud/ingest/coverage-store.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { createSharedStreams } from '../../../cloud/ingest/shared-streams.ts'
import { runSharedStreamsLoop } from '../../../cloud/ingest/shared-streams-loop.ts'
import { cover, STREAM_START, together } from '../../../cloud/ingest/stream-position.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { until } from '../../support/until.ts'
import { batchOf, frameAt, realClock, STREAM } from './journal-support.ts'

afterAll(stopSqlServer)
const GATEWAY = GatewayId.parse('gw-twoclouds1')

test('what several have together is what one would have that had heard all', () => {
  const ranges = fc.array(
    fc.record({ from: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 0, max: 5 }), who: fc.nat(2) }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(ranges, (heard) => {
      const all = (mine: typeof heard) =>
        mine.reduce((position, { from, length }) => cover(position, { from, to: from + length }).position, STREAM_START)
      const parts = [0, 1, 2].map((who) => all(heard.filter((one) => one.who === who)))
      expect(together(parts)).toEqual(all(heard))
    }),
  )
})

describe.each(sqlKinds())('instances that share streams on %s', (kind) => {
  test('any of them receipts what all have; what comes again at another is a duplicate', async () => {
    const database = await createSqlDatabase(kind)
    const { db } = await migrated(database)
    const receipts: number[] = []
    const stop = new AbortController()
    const instance = (name: string) => {
      const journal = createJournalStore({ path: ':memory:', clock: realClock })
      const shared = createSharedStreams()
      const coverage = createCoverageStore(db, name)
      const duplicates: number[] = []
      const ingest = createIngestService({
        journal,
        publish: async (_, payload) => void receipts.push(Receipt.parse(JSON.parse(payload)).through),
        clock: realClock,
        log: silentLog,
        count: (what, by) => what === 'duplicates' && duplicates.push(by),
        receipts: { batches: 1, age: realClock.steady() },
        together: { shared, newestOf: coverage.newestOf },
      })
      const loop = runSharedStreamsLoop(
        { shared, coverage, journal, ingest, clock: realClock, log: silentLog },
        stop.signal,
      )
      const send = (from: number, count: number, gateway: GatewayId = GATEWAY) =>
        ingest.accept(
          gateway,
          Buffer.from(
            batchOf(
              from,
              Array.from({ length: count }, (_, at) => frameAt(from + at)),
            ),
          ),
        )
      return { journal, ingest, loop, send, duplicates }
    }
    const [one, two] = [instance('one'), instance('two')]
    await one.send(1, 10)
    await until('the first ten', () => receipts.at(-1) === 10)
    await two.send(21, 10)
    await one.send(31, 10)
    await two.send(11, 10)
    await until('all forty', () => receipts.at(-1) === 40)
    await one.send(11, 10)
    await two.send(1, 10)
    await until('the repeated are receipted again', () => receipts.slice(-2).every((through) => through === 40))
    expect([one.journal.counts().entries, two.journal.counts().entries]).toEqual([20, 20])
    expect([one.duplicates, two.duplicates]).toEqual([[10], [10]])
    const before = receipts.length
    two.ingest.gatewayConnected(GATEWAY)
    await until('whoever hears of it says how far', () => receipts.length > before)
    expect([
      receipts.at(-1),
      (await createCoverageStore(db, 'three').newestOf(GATEWAY, 2)).map(({ stream }) => stream),
    ]).toEqual([40, [STREAM]])
    // Together a stream may have more holes than one of them keeps: that is no reason to receipt nobody any more.
    const full = GatewayId.parse('gw-fullofholes')
    for (const [index, at] of [one, two].entries())
      await Promise.all(Array.from({ length: 700 }, (_, no) => at.send(2 + 4 * no + 2 * index, 1, full)))
    await two.send(41, 5)
    await until('the others go on', () => receipts.includes(45))
    stop.abort()
    await Promise.all([one.loop, two.loop])
    await database.close()
  })
})
