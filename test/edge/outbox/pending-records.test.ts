import { expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import { OrderReport } from '#contract/order.ts'
import { pendingRecord } from '../../../edge/outbox/pending-records.ts'

const NOW = epochMs(1_760_000_000_000)
const verified = OrderReport.parse({
  kind: 'report',
  orderId: '0192f0c1-7a00-7000-8000-000000000001',
  orderSeq: 7,
  relay: 'open',
  evidence: { speedKmh: 0, ignition: false },
  state: 'verified',
  at: NOW,
})
const samples = (count: number) => Array.from({ length: count }, (_, index) => ({ ageMs: index * 10 }))

test.each([
  ['too many samples of the last minute', { ...verified, lastMinute: samples(65) }],
  ['an impossible speed', { ...verified, evidence: { speedKmh: Number.POSITIVE_INFINITY } }],
  ['a proof that is none', { ...verified, lastMinute: samples(3), proof: 'x' }],
])('what became of an order is told without its evidence where that breaks the contract: %s', (_, report) => {
  const { record, body } = pendingRecord(report, millis(5), NOW)
  expect(record).toEqual({ ...verified, evidence: {} })
  expect(JSON.parse(body)).toEqual(record)
})

test('a report that is as it should be keeps all it has', () => {
  const whole = { ...verified, lastMinute: samples(62) }
  expect(pendingRecord(whole, millis(5), NOW).record).toEqual(whole)
})
