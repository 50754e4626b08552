import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { epochMs, minutes } from '#contract/instant.ts'
import { type BalanceSource, SourceTrouble } from '../../../cloud/balances/balance-source.ts'
import { nextRound, retryAt } from '../../../cloud/balances/sweep.ts'
import { kopecksFrom, pageFrom, troubleFrom } from '../../../cloud/balances/yandex-fleet.ts'
import { createYandexFleetClient } from '../../../cloud/balances/yandex-fleet-client.ts'
import { readYandexKeys } from '../../../cloud/balances/yandex-keys-store.ts'
import { createFakeYandexFleet, type FakeYandexFleet } from '../../../demo/yandex-fleet-client.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'

test.each([
  ['1050.5000', 105_050],
  ['4999.9999', 499_999],
  ['5000', 500_000],
  ['-0.0001', -1],
  ['-12.5', -1250],
  ['0.0000', 0],
  ['0.0099', 0],
  ['1e3', undefined],
  ['1050,50', undefined],
  ['1.00005', undefined],
  ['', undefined],
  [' 1', undefined],
])('the amount «%s» is %s kopecks', (amount, kopecks) => {
  expect(kopecksFrom(amount)).toBe(kopecks)
})

test('an amount is never taken for more than it is, and for less than a kopeck less', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (tenThousandths) => {
      const sign = tenThousandths < 0 ? '-' : ''
      const text = `${sign}${Math.trunc(Math.abs(tenThousandths) / 10_000)}.${String(Math.abs(tenThousandths) % 10_000).padStart(4, '0')}`
      const kopecks = kopecksFrom(text) ?? Number.NaN
      expect(kopecks * 100).toBeLessThanOrEqual(tenThousandths)
      expect(kopecks * 100).toBeGreaterThan(tenThousandths - 100)
    }),
  )
})

test('a record that cannot be read is named, and its neighbours are kept', () => {
  const good = {
    driver_profile: { id: 'a' },
    accounts: [{ balance: '10.0000', currency: 'RUB' }],
    current_status: { status: 'free' },
  }
  const foreign = { driver_profile: { id: 'b' }, accounts: [{ balance: '10', currency: 'KZT' }] }
  const page = pageFrom({ driver_profiles: [{}, good, foreign, 5], total: 4 }, 0)
  expect(page.items).toEqual([{ externalId: 'a', kopecks: 1000, status: 'free' }])
  expect(page.refused.map((one) => one.slice(0, 2))).toEqual(['0:', '2:', '3:'])
  expect(page.next).toBeUndefined()
})

test.each([
  [429, '7', 'too-many-requests', 7000],
  [429, null, 'too-many-requests', 5000],
  [429, 'Thu, 01 Jan 1970 00:00:09 GMT', 'too-many-requests', 9000],
  [503, null, 'unavailable', undefined],
  [401, null, 'not-allowed', undefined],
  [403, null, 'not-allowed', undefined],
  [404, null, 'unreadable', undefined],
] as const)('status %i, Retry-After %s → %s', (status, retryAfter, kind, retryAfterMs) => {
  expect(troubleFrom(status, undefined, retryAfter, 0)).toMatchObject({ kind, retryAfterMs })
})

test('rounds begin at most twenty minutes apart; a failed one is tried sooner, later each time, and not before it was asked to', () => {
  const now = epochMs(0)
  for (const random of [0, 0.5, 1]) {
    expect(nextRound(now, random)).toBeGreaterThanOrEqual(minutes(18))
    expect(nextRound(now, random)).toBeLessThanOrEqual(minutes(20))
    const waits = [1, 2, 3, 4, 50].map((failures) => retryAt(now, failures, undefined, random))
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(Math.max(...waits)).toBeLessThanOrEqual(minutes(12))
    expect(retryAt(now, 1, 90_000, random)).toBeGreaterThanOrEqual(90_000)
  }
})

describe('the keys file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kordon-keys-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }
  const keys = JSON.stringify([{ parkId: 'p1', clientId: 'taxi/park/p1', apiKey: 'SECRET' }])
  test('is read', () => {
    expect(readYandexKeys(write('good', keys))).toEqual([
      {
        source: 'yandex-fleet:p1',
        yandexParkId: 'p1',
        clientId: 'taxi/park/p1',
        apiKey: 'SECRET',
        baseUrl: 'https://fleet-api.taxi.yandex.net',
        orders: 'keep',
      },
    ])
  })
  test('is refused when others may read it', () => {
    expect(() => readYandexKeys(write('open', keys, 0o644))).toThrow(/chmod 600/)
  })
  test.each(['{"apiKey": "SECRET"', '[{"parkId": "p1", "apiKey": "SECRET\\n"}]', '{}'])(
    'is refused without repeating a secret: %s',
    (text) => {
      const path = write('bad', text)
      expect(() => readYandexKeys(path)).toThrow(/not a list of Yandex Fleet keys/)
      try {
        readYandexKeys(path)
      } catch (err) {
        expect(String(err)).not.toContain('SECRET')
      }
    },
  )
})

describe('the client against a server', () => {
  const park = { parkId: 'p1', clientId: 'taxi/park/p1', apiKey: 'SECRET' }
  let fake: FakeYandexFleet
  let clock: ManualClock
  let source: BalanceSource
  let url: string
  const stop = new AbortController().signal
  beforeAll(() => {
    clock = createManualClock()
  })
  beforeEach(async () => {
    fake = createFakeYandexFleet({ ...park, drivers: 1234 })
    url = await fake.listen()
    source = clientWith()
  })
  afterEach(() => fake.close())
  const clientWith = (more: object = {}) =>
    createYandexFleetClient(
      {
        source: 'yandex-fleet:p1',
        yandexParkId: 'p1',
        clientId: park.clientId,
        apiKey: park.apiKey,
        baseUrl: url,
        ...more,
      },
      { clock },
    )
  /** Every page, time turned on while the client waits for its second. */
  const everyPage = async (from = source) => {
    const pages = []
    let cursor: string | undefined
    do {
      const asking = from.page(cursor, stop)
      // Whatever becomes of it is looked at below.
      asking.catch(() => {})
      await clock.advance(1000)
      const page = await asking
      pages.push(page)
      cursor = page.next
    } while (cursor !== undefined)
    return pages
  }

  test('every driver is told once, in three pages, a second apart', async () => {
    const pages = await everyPage()
    expect(pages.map(({ items }) => items.length)).toEqual([500, 500, 234])
    const told = new Map(pages.flatMap(({ items }) => items.map(({ externalId, kopecks }) => [externalId, kopecks])))
    expect(told).toEqual(
      new Map(fake.drivers.map(({ id, balanceTenThousandths }) => [id, Math.floor(balanceTenThousandths / 100)])),
    )
    const early = source.page(undefined, stop)
    expect(fake.asked).toHaveLength(3)
    await clock.advance(1000)
    await early
    expect(fake.asked).toHaveLength(4)
  })
  test('shorter pages than were asked for lose nobody', async () => {
    fake.fault = 'short-pages'
    const pages = await everyPage()
    expect(new Set(pages.flatMap(({ items }) => items.map(({ externalId }) => externalId))).size).toBe(1234)
  })
  test.each([
    ['too-many-requests', { kind: 'too-many-requests', retryAfterMs: 7000 }],
    ['failing', { kind: 'unavailable' }],
    ['wrong-shape', { kind: 'unreadable' }],
  ] as const)('a server that is %s is a trouble, never a balance', async (fault, expected) => {
    fake.fault = fault
    await expect(source.page(undefined, stop)).rejects.toMatchObject(expected)
  })
  test('a list that ends before its total is a trouble', async () => {
    fake.fault = 'cut-short'
    await expect(everyPage()).rejects.toMatchObject({ kind: 'incomplete' })
  })
  test('one unreadable record keeps no other away', async () => {
    fake.fault = 'one-bad-record'
    const [page] = await everyPage()
    expect(page?.items).toHaveLength(499)
    expect(page?.refused).toHaveLength(1)
  })
  test('a wrong key is a trouble that does not repeat it', async () => {
    const asking = clientWith({ apiKey: 'WRONG-KEY' }).page(undefined, stop)
    const trouble = await asking.catch((err: unknown) => err)
    expect(trouble).toBeInstanceOf(SourceTrouble)
    expect(trouble).toMatchObject({ kind: 'not-allowed' })
    expect(JSON.stringify(trouble) + String(trouble)).not.toContain('WRONG-KEY')
  })
  test('a server that hangs is given up when told to stop', async () => {
    fake.fault = 'slow'
    await clock.advance(1000)
    const told = new AbortController()
    const asking = source.page(undefined, told.signal)
    told.abort()
    await expect(asking).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
