import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { minutes } from '#contract/instant.ts'
import { Receipt } from '#contract/receipt.ts'
import { parseTopic } from '#contract/topics.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { createJournalStore, type JournalStore } from '../../../cloud/ingest/journal-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { batchOf, frameAt, GATEWAY, listeningLog, OTHER_STREAM, realClock, STREAM, tempDir } from './journal-support.ts'

const report = {
  kind: 'report',
  orderId: '00112233-4455-4677-8899-aabbccddeef0',
  orderSeq: 4,
  state: 'verified',
  relay: 'open',
  evidence: {},
  at: 1_795_289_123_456,
}

type Sent = { readonly gateway: string; readonly receipt: Receipt }

function bench(journal: JournalStore, clock = realClock) {
  const sent: Sent[] = []
  const counts: Record<string, number> = {}
  const log = listeningLog()
  let broker: 'up' | 'down' = 'up'
  const ingest = createIngestService({
    journal,
    clock,
    log,
    count: (what, by) => {
      counts[what] = (counts[what] ?? 0) + by
    },
    publish: async (topic, payload) => {
      if (broker === 'down') throw new Error('the broker is gone')
      const parsed = parseTopic(topic)
      if (parsed?.direction !== 'down') throw new Error('not a topic of a gateway')
      sent.push({ gateway: parsed.gateway, receipt: Receipt.parse(JSON.parse(payload)) })
    },
  })
  return {
    ingest,
    sent,
    counts,
    log,
    set broker(state: 'up' | 'down') {
      broker = state
    },
  }
}
const inMemory = () => createJournalStore({ path: ':memory:', clock: realClock })
const frames = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => frameAt(from + index))

describe('ingest', () => {
  const temp = tempDir()
  afterAll(() => temp.remove())

  test('resolves after the commit: what was accepted is in the journal', async () => {
    const journal = inMemory()
    const { ingest, sent } = bench(journal)
    await ingest.accept(GATEWAY, batchOf(1, frames(1, 3)))
    expect(journal.read(0, 10).map(({ seq, record }) => [seq, record.kind])).toEqual([
      [1, 'frame'],
      [2, 'frame'],
      [3, 'frame'],
    ])
    expect(sent).toEqual([{ gateway: GATEWAY, receipt: { v: 1, stream: STREAM, through: 3 } }])
  })

  test('without a journal nothing is acknowledged and no receipt is sent', async () => {
    const journal = createJournalStore({ path: temp.file('closed.sqlite'), clock: realClock })
    const { ingest, sent } = bench(journal)
    journal.close()
    await expect(ingest.accept(GATEWAY, batchOf(1, frames(1, 1)))).rejects.toThrow()
    await expect(ingest.accept(GATEWAY, new Uint8Array([1]))).rejects.toThrow()
    expect(sent).toEqual([])
  })

  test('a malformed record is counted each time, named once, set aside, and receipted like its neighbours', async () => {
    const journal = inMemory()
    const { ingest, sent, counts, log } = bench(journal)
    const bad = frameAt(2, { speedKmh: 'fast' })
    await ingest.accept(GATEWAY, batchOf(1, [frameAt(1), bad, frameAt(3)]))
    await ingest.accept(GATEWAY, batchOf(4, [bad, report]))
    expect(counts).toMatchObject({ 'records-refused': 2, records: 3 })
    const named = log.lines.filter(({ event }) => event === 'ingest.record-refused')
    expect(named).toHaveLength(1)
    expect(named[0]?.fields).toMatchObject({ gateway: GATEWAY, seq: 2, reason: expect.stringContaining('speedKmh') })
    expect(journal.quarantined(5)).toHaveLength(2)
    expect(sent.at(-1)?.receipt.through).toBe(5)
  })

  test('what came together is told of once, when all of it is durable; good ones stand beside bad ones and repetitions', async () => {
    const journal = inMemory()
    const { ingest, sent, counts } = bench(journal)
    await ingest.accept(GATEWAY, batchOf(1, frames(1, 2)))
    const single = (seq: number, stream?: string) => batchOf(seq, frames(seq, seq), stream)
    const bad = batchOf(5, [frameAt(5, { speedKmh: 'fast' })])
    const payloads = [
      single(2),
      single(3),
      single(4),
      bad,
      single(6),
      single(1, OTHER_STREAM),
      Uint8Array.of(7),
      single(3),
    ]
    const told: (Error | undefined)[] = []
    await new Promise<void>((done) => ingest.takeAll(GATEWAY, payloads, (error) => done(void told.push(error))))
    expect(told).toEqual([undefined])
    expect(journal.read(0, 100).map(({ seq, position }) => [seq, position])).toEqual(
      [1, 2, 3, 4, 6, 1].map((seq, index) => [seq, index + 1]),
    )
    expect(counts).toMatchObject({ records: 6, duplicates: 2, 'records-refused': 1, 'batches-undecodable': 1 })
    expect(sent.at(-1)?.receipt).toMatchObject({ stream: STREAM, through: 6 })
    journal.close()
    await new Promise<void>((done) => ingest.takeAll(GATEWAY, [single(7)], (error) => done(void told.push(error))))
    expect(told[1]).toBeInstanceOf(Error)
  })

  test('an undecodable batch is kept and, if its head reads, receipted, so that it never blocks an outbox', async () => {
    const journal = inMemory()
    const { ingest, sent, counts } = bench(journal)
    const strange = new TextEncoder().encode(JSON.stringify({ v: 9, stream: STREAM, firstSeq: 1, records: [1, 2] }))
    await ingest.accept(GATEWAY, strange)
    await ingest.accept(GATEWAY, Uint8Array.of(0, 1, 2))
    expect(counts).toMatchObject({ 'batches-undecodable': 2 })
    expect(sent).toMatchObject([{ receipt: { through: 2 } }])
    expect(journal.quarantined(5).map(({ bytes }) => [...bytes])).toEqual([[0, 1, 2], [...strange]])
    await ingest.accept(GATEWAY, batchOf(3, frames(3, 3)))
    expect(journal.streamsOf(GATEWAY, 1)).toEqual([{ stream: STREAM, through: 3 }])
  })

  test('a hole is noted and holds the receipt back; the gateway’s own gap event closes it', async () => {
    const { ingest, sent, counts, log } = bench(inMemory())
    await ingest.accept(GATEWAY, batchOf(1, frames(1, 2)))
    await ingest.accept(GATEWAY, batchOf(5, [report]))
    expect(counts).toMatchObject({ gaps: 1 })
    expect(log.lines).toContainEqual({
      event: 'ingest.gap',
      fields: { gateway: GATEWAY, stream: STREAM, from: 3, to: 4 },
    })
    expect(sent.at(-1)?.receipt).toMatchObject({ through: 2 })
    const gap = { kind: 'event', name: 'gap', at: 1, data: { stream: STREAM, from: 3, to: 4, reason: 'thinned' } }
    await ingest.accept(GATEWAY, batchOf(1, [gap], OTHER_STREAM))
    await ingest.accept(GATEWAY, batchOf(6, [report]))
    expect(sent.at(-1)?.receipt).toMatchObject({ stream: STREAM, through: 6 })
  })

  test('receipts: one for several batches; at once after a report, a repetition and a reconnect; else by age', async () => {
    const clock = createManualClock()
    const { ingest, sent } = bench(createJournalStore({ path: ':memory:', clock: realClock }), clock)
    const throughs = () => sent.map(({ receipt }) => receipt.through)
    for (const seq of [1, 2, 3, 4, 5, 6]) await ingest.accept(GATEWAY, batchOf(seq, frames(seq, seq)))
    expect(throughs()).toEqual([1, 6])
    await ingest.accept(GATEWAY, batchOf(7, [report]))
    await ingest.accept(GATEWAY, batchOf(7, [report]))
    expect(throughs()).toEqual([1, 6, 7, 7])
    ingest.gatewayConnected(GATEWAY)
    await ingest.accept(GATEWAY, batchOf(8, frames(8, 8)))
    expect(throughs()).toEqual([1, 6, 7, 7, 7, 8])
    await ingest.accept(GATEWAY, batchOf(9, frames(9, 9)))
    ingest.sendOverdueReceipts()
    await clock.advance(minutes(60))
    ingest.sendOverdueReceipts()
    expect(throughs()).toEqual([1, 6, 7, 7, 7, 8, 9])
  })

  test('a receipt the broker did not take goes out with the next batch', async () => {
    const target = bench(inMemory())
    target.broker = 'down'
    await target.ingest.accept(GATEWAY, batchOf(1, frames(1, 1)))
    target.broker = 'up'
    await target.ingest.accept(GATEWAY, batchOf(2, frames(2, 2)))
    expect(target.sent.map(({ receipt }) => receipt.through)).toEqual([2])
  })

  test('two gateways may use the same stream id without meeting', async () => {
    const journal = inMemory()
    const { ingest } = bench(journal)
    const other = GatewayId.parse('gw-journal2')
    await ingest.accept(GATEWAY, batchOf(1, frames(1, 2)))
    await ingest.accept(other, batchOf(1, frames(1, 2)))
    expect(journal.read(0, 10).map(({ gateway }) => gateway)).toEqual([GATEWAY, GATEWAY, other, other])
  })

  test('exactly once, under any repetition, order, overlap and restart; a receipt never says more than is stored', async () => {
    const cut = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 7 }))
    const step = fc.oneof({ weight: 8, arbitrary: cut }, { weight: 1, arbitrary: fc.constant('restart' as const) })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        run += 1
        const path = temp.file(`once-${run}.sqlite`)
        let journal = createJournalStore({ path, clock: realClock })
        let target = bench(journal)
        let top = 0
        const stored = () => journal.read(0, 1000).map(({ seq }) => Number(seq))
        for (const next of [...steps, [1, 46] as const]) {
          if (next === 'restart') {
            journal.close()
            journal = createJournalStore({ path, clock: realClock })
            target = bench(journal)
            continue
          }
          const [from, more] = next
          top = Math.max(top, from + more)
          const accepted = target.ingest.accept(GATEWAY, batchOf(from, frames(from, from + more)))
          const again = target.ingest.accept(GATEWAY, batchOf(from, frames(from, from + more)))
          await Promise.all([accepted, again])
          const have = new Set(stored())
          for (const { receipt } of target.sent)
            for (let seq = 1; seq <= receipt.through; seq += 1) expect(have.has(seq)).toBe(true)
        }
        const entries = journal.read(0, 1000)
        expect(entries.map(({ seq }) => Number(seq)).sort((a, b) => a - b)).toEqual(
          Array.from({ length: Math.max(top, 47) }, (_, index) => index + 1),
        )
        for (const { seq, record } of entries) expect(record).toMatchObject({ kind: 'frame', readAt: Number(seq) })
        journal.close()
      }),
      { numRuns: 60 },
    )
  })
})
