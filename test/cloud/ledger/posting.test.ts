import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { LeaseId } from '../../../cloud/leases/lease.ts'
import {
  chargePosting,
  correctionPosting,
  depositPosting,
  finePosting,
  mergePosting,
  type Posting,
  promisePosting,
  reversalPosting,
  TransactionId,
  topUpPosting,
  troubleWith,
} from '../../../cloud/ledger/posting.ts'
import { judgePromise, promiseNow } from '../../../cloud/ledger/promise.ts'
import { moscowTime, rubles, statementOf, statementSheet } from '../../../cloud/ledger/statement.ts'
import { createStatementPrintStore } from '../../../cloud/ledger/statement-print-store.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import { csvOf } from '../../../cloud/spreadsheet/sheet.ts'
import { writeXlsx } from '../../../cloud/spreadsheet/xlsx-client.ts'

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`
const [driver, other] = [DriverId.parse(id(1)), DriverId.parse(id(2))]
const lease = LeaseId.parse(id(3))
const vehicle = VehicleId.parse(id(4))
const common = {
  key: 'k',
  at: epochMs(0),
  parkId: MAIN_PARK,
  note: '',
  by: { kind: 'user', id: 'u', name: 'u' },
  driverId: driver,
} as const

const kopecks = fc.integer({ min: 1, max: 1_000_000_000 })
const anyPosting: fc.Arbitrary<Posting> = fc.oneof(
  fc.tuple(kopecks, kopecks, kopecks).map(([one, two, towardsPriceKopecks]) =>
    chargePosting({
      ...common,
      leaseId: lease,
      vehicleId: vehicle,
      towardsPriceKopecks,
      shares: [
        { driverId: driver, kopecks: one },
        { driverId: other, kopecks: two },
      ],
    }),
  ),
  kopecks.map((sum) => topUpPosting({ ...common, kopecks: sum, via: 'bank' })),
  kopecks.map((sum) => finePosting({ ...common, kopecks: sum, vehicleId: null })),
  kopecks.map((sum) => correctionPosting({ ...common, kopecks: -sum })),
  kopecks.map((sum) => promisePosting({ ...common, kopecks: sum })),
  kopecks.map((sum) => mergePosting({ ...common, kopecks: sum, into: other })),
  fc
    .tuple(
      kopecks,
      fc.constantFrom('in' as const, 'out' as const),
      fc.constantFrom('cash' as const, 'balance' as const),
    )
    .map(([sum, direction, via]) => depositPosting({ ...common, leaseId: lease, kopecks: sum, direction, via })),
)

const sumsOf = (postings: readonly Posting[]): ReadonlyMap<string, number> => {
  const known = new Set<string>()
  const sums = new Map<string, number>()
  for (const { key, entries } of postings) {
    if (known.has(key)) continue
    known.add(key)
    for (const { account, kopecks: moved } of entries) sums.set(account.code, (sums.get(account.code) ?? 0) + moved)
  }
  return new Map([...sums].sort())
}

test('every posting sums to zero, in whole kopecks, one entry an account in the order of codes', () => {
  fc.assert(
    fc.property(anyPosting, (posting) => {
      expect(troubleWith(posting)).toBeUndefined()
      const codes = posting.entries.map(({ account }) => account.code)
      expect(codes).toEqual([...new Set(codes)].sort())
    }),
  )
})

test('the order of postings and their repetition change no balance', () => {
  fc.assert(
    fc.property(
      fc.array(anyPosting, { maxLength: 12 }),
      fc.array(fc.nat(11), { maxLength: 6 }),
      fc.nat(),
      (made, again, turn) => {
        const postings = made.map((posting, index) => ({ ...posting, key: `${index}` }))
        const told = [...postings, ...again.flatMap((index) => postings[index] ?? [])]
        const turned = told
          .map((_, index) => told[(index + turn) % told.length] ?? told[0])
          .flatMap((posting) => posting ?? [])
        expect(sumsOf(turned)).toEqual(sumsOf(postings))
      },
    ),
  )
})

test('a posting and its reversal leave every account at zero', () => {
  fc.assert(
    fc.property(anyPosting, (posting) => {
      const reversal = reversalPosting(
        { ...posting, id: TransactionId.parse(id(9)) },
        { at: epochMs(1), note: 'x', by: common.by },
      )
      expect([...sumsOf([posting, reversal]).values()].every((sum) => sum === 0)).toBe(true)
      expect(reversal).toMatchObject({ kind: 'reversal', reverses: id(9), key: `reversal ${id(9)}` })
    }),
  )
})

const policy = { every: minutes(14 * 24 * 60), longest: minutes(72 * 60), mostKopecks: 1000 }
const NOW = epochMs(100 * 24 * 3_600_000)
const asked = { kopecks: 1000, until: epochMs(NOW + 3_600_000) }
const daysAgo = (days: number) => epochMs(NOW - days * 24 * 3_600_000)
test.each([
  ['the first one', asked, undefined, 'good'],
  ['in the past', { ...asked, until: NOW }, undefined, 'past'],
  ['for too long', { ...asked, until: epochMs(NOW + 73 * 3_600_000) }, undefined, 'too-long'],
  ['of too much', { ...asked, kopecks: 1001 }, undefined, 'too-much'],
  ['while one is open', asked, { promisedAt: daysAgo(20), state: 'open' }, 'one-is-open'],
  ['thirteen days after one that was kept', asked, { promisedAt: daysAgo(13), state: 'kept' }, 'too-soon'],
  ['fourteen days after one that was kept', asked, { promisedAt: daysAgo(14), state: 'kept' }, 'good'],
  [
    'after a broken one, of more than half',
    { ...asked, kopecks: 501 },
    { promisedAt: daysAgo(20), state: 'broken' },
    'too-much',
  ],
  ['after a broken one, of half', { ...asked, kopecks: 500 }, { promisedAt: daysAgo(20), state: 'broken' }, 'good'],
] as const)('a promise %s', (_, wish, newest, verdict) => {
  expect(judgePromise(wish, newest, policy, NOW)).toBe(verdict)
})

test.each([
  [999, NOW, 'open'],
  [1000, NOW, 'kept'],
  [1000, epochMs(NOW + 1), 'kept'],
  [999, epochMs(NOW + 1), 'broken'],
] as const)('a promise of 1000 kopecks until now, %i paid', (paid, now, state) => {
  expect(promiseNow({ kopecks: 1000, untilAt: NOW }, paid, now)).toBe(state)
})

const line = (kind: 'charge' | 'top-up', sum: number, note = '') => ({
  at: epochMs(0),
  kind,
  note,
  kopecks: sum,
  transactionId: TransactionId.parse(id(5)),
})
const statement = statementOf(
  { title: 'Выписка: Иванов Иван', from: epochMs(0), to: epochMs(86_400_000), openingKopecks: -50 },
  [line('charge', -250_000, '2026-11-21; "Рио"'), line('top-up', 500_001, '=1+1')],
)

test('a statement runs from its opening to its closing balance', () => {
  expect(statement.lines.map(({ balanceKopecks }) => balanceKopecks)).toEqual([-250_050, 249_951])
  expect(statement).toMatchObject({ closingKopecks: 249_951, inKopecks: 500_001, outKopecks: -250_000 })
})

test('money and time are written as Russians write them', () => {
  expect(rubles(-123_456_789)).toBe('−1\u00a0234\u00a0567,89')
  expect(rubles(5)).toBe('0,05')
  expect(moscowTime(epochMs(0))).toBe('01.01.1970 03:00')
})

test('CSV: semicolons, a byte order mark, quotes doubled, and no cell is a formula', () => {
  const csv = csvOf(statementSheet(statement))
  expect(csv.startsWith('\ufeff"Дата (МСК)";')).toBe(true)
  expect(csv).toContain('"2026-11-21; ""Рио""";-2500,00;-2500,50')
  expect(csv).toContain(`"'=1+1";5000,01;2499,51`)
  expect(csv).toContain('"Исходящий остаток";"";;2499,51')
})

test('XLSX and PDF are made, with the words in them', async () => {
  const print = createStatementPrintStore()
  const [xlsx, pdf] = await Promise.all([writeXlsx(statementSheet(statement)), print.pdf(statement)])
  expect(xlsx.subarray(0, 2).toString()).toBe('PK')
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  // An embedded font with a map to Unicode: the Cyrillic can be drawn and copied.
  expect(pdf.includes('/ToUnicode')).toBe(true)
  expect(pdf.includes('Roboto')).toBe(true)
})
