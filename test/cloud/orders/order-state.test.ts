import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { OrderReport } from '#contract/order.ts'
import {
  advance,
  created,
  givenUp,
  isFinal,
  type OrderState,
  type OrderStateWord,
  sent,
  told,
} from '../../../cloud/orders/order-state.ts'

const T0 = 1_795_289_123_456
const base = {
  kind: 'report',
  orderId: OrderId.parse('6a1f3a58-6f61-4d5b-9a53-4f9d9a3b6f01'),
  orderSeq: OrderSeq.parse(1),
  relay: 'closed',
  evidence: {},
} as const
const REASONS: Readonly<Record<string, string>> = {
  waiting: 'moving',
  refused: 'not-commissioned',
  failed: 'relay-fault',
}
const report = (state: string, at: number): OrderReport => {
  const reason = REASONS[state]
  return OrderReport.parse({ ...base, state, at: T0 + at, ...(reason === undefined ? {} : { reason }) })
}
const said = (state: OrderStateWord, at: number, by: OrderState['by']): OrderState => ({
  state,
  at: epochMs(T0 + at),
  by,
  reason: by === 'gateway' ? (REASONS[state] ?? null) : null,
  relay: by === 'gateway' ? 'closed' : null,
})
const car = (state: OrderStateWord, at: number) => said(state, at, 'gateway')
const cloud = (state: OrderStateWord, at: number) => said(state, at, 'cloud')

describe('advance', () => {
  test.each([
    {
      name: 'the first word about an order that was sent',
      from: cloud('sent', 0),
      report: ['received', 5],
      to: car('received', 5),
    },
    {
      name: 'a word before we knew the broker had it',
      from: cloud('created', 0),
      report: ['received', 5],
      to: car('received', 5),
    },
    {
      name: 'the gateway’s clock being behind ours',
      from: cloud('sent', 100),
      report: ['received', 5],
      to: car('received', 5),
    },
    { name: 'waiting after received', from: car('received', 5), report: ['waiting', 6], to: car('waiting', 6) },
    { name: 'a newer waiting', from: car('waiting', 6), report: ['waiting', 9], to: car('waiting', 9) },
    {
      name: 'an older waiting that comes late',
      from: car('waiting', 9),
      report: ['waiting', 6],
      to: car('waiting', 9),
    },
    { name: 'received that comes late', from: car('waiting', 6), report: ['received', 7], to: car('waiting', 6) },
    { name: 'executing after waiting', from: car('waiting', 6), report: ['executing', 7], to: car('executing', 7) },
    {
      name: 'back to waiting, the evidence changed',
      from: car('executing', 7),
      report: ['waiting', 8],
      to: car('waiting', 8),
    },
    {
      name: 'verified, whatever its time says',
      from: car('executing', 7),
      report: ['verified', 3],
      to: car('verified', 3),
    },
    { name: 'refused at once', from: cloud('sent', 0), report: ['refused', 5], to: car('refused', 5) },
    { name: 'failed', from: car('executing', 7), report: ['failed', 8], to: car('failed', 8) },
    { name: 'a second final word', from: car('verified', 7), report: ['failed', 8], to: car('verified', 7) },
    { name: 'waiting after the end', from: car('verified', 7), report: ['waiting', 8], to: car('verified', 7) },
    { name: 'waiting after we gave it up', from: cloud('expired', 9), report: ['waiting', 8], to: cloud('expired', 9) },
    {
      name: 'verified before we gave it up, heard after',
      from: cloud('expired', 9),
      report: ['verified', 8],
      to: car('verified', 8),
    },
    {
      name: 'executed although superseded here',
      from: cloud('superseded', 9),
      report: ['verified', 8],
      to: car('verified', 8),
    },
    {
      name: 'the gateway confirming the expiry',
      from: cloud('expired', 9),
      report: ['expired', 10],
      to: car('expired', 10),
    },
  ] as const)('$name → $to.state', ({ from, report: [state, at], to }) => {
    expect(advance(from, report(state, at))).toEqual(to)
  })

  const words = ['received', 'waiting', 'executing', 'verified', 'refused', 'failed', 'expired', 'superseded'] as const
  const story = fc.array(fc.tuple(fc.constantFrom(...words), fc.nat(50)), { maxLength: 12 })
  const run = (reports: readonly OrderReport[]) => reports.reduce(advance, created(epochMs(T0)))

  test('hearing every report twice changes nothing', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const reports = steps.map(([state, at]) => report(state, at))
        expect(run(reports.flatMap((one) => [one, one]))).toEqual(run(reports))
      }),
    )
  })

  test('once the gateway has said a final word, no report moves it', () => {
    fc.assert(
      fc.property(story, story, (before, after) => {
        const first = run([...before, ['verified', 1] as const].map(([state, at]) => report(state, at)))
        expect(after.map(([state, at]) => report(state, at)).reduce(advance, first)).toEqual(first)
      }),
    )
  })

  test('the end of a story with one final word does not depend on the order of arrival', () => {
    const reports = [report('received', 1), report('waiting', 2), report('executing', 3), report('verified', 4)]
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: 4 }), (shuffled) => {
        expect(run(shuffled)).toEqual(car('verified', 4))
      }),
    )
  })
})

test.each([
  { state: 'created', final: false },
  { state: 'sent', final: false },
  { state: 'received', final: false },
  { state: 'waiting', final: false },
  { state: 'executing', final: false },
  { state: 'verified', final: true },
  { state: 'refused', final: true },
  { state: 'failed', final: true },
  { state: 'expired', final: true },
  { state: 'superseded', final: true },
] as const)('isFinal: $state → $final', ({ state, final }) => {
  expect(isFinal(state)).toBe(final)
})

test('sent: only what was merely asked for becomes sent', () => {
  expect(sent(created(epochMs(T0)), epochMs(T0 + 1))).toEqual(cloud('sent', 1))
  expect(sent(car('received', 1), epochMs(T0 + 2))).toEqual(car('received', 1))
})

test('givenUp: an open order is closed by the cloud’s word, a final one keeps its end', () => {
  expect(givenUp(car('waiting', 1), 'superseded', epochMs(T0 + 2))).toEqual({
    ...cloud('superseded', 2),
    relay: 'closed',
  })
  expect(givenUp(car('verified', 1), 'expired', epochMs(T0 + 2))).toEqual(car('verified', 1))
})

test('told: a report by itself', () => {
  expect(told(report('waiting', 3))).toEqual(car('waiting', 3))
})
