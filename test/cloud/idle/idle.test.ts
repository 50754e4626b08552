import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IDLE_REASONS, type IdleFacts, SaidReason, standingOf } from '../../../cloud/idle/idle.ts'
import { createIdleService } from '../../../cloud/idle/idle-service.ts'
import { createIdleStore } from '../../../cloud/idle/idle-store.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { epochMs, minutes } from '../../../contract/instant.ts'
import { HoldReason } from '../../../contract/order.ts'
import { parkedVehicle } from '../../support/leasing-house.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

const NOW = epochMs(Date.parse('2026-11-24T09:00:00Z'))
const DAY_MS = 86_400_000
const driving: IdleFacts = {
  said: null,
  atStation: false,
  leased: true,
  holds: [],
  papers: { valid: 3, ended: 0 },
  heardAt: NOW,
}

test.each([
  { name: 'nothing in the way', facts: {}, expected: 'on_line' },
  {
    name: 'an accident, said by a person, above all that is measured',
    facts: { said: 'accident', atStation: true, holds: ['theft'] },
    expected: 'accident',
  },
  { name: 'at the station', facts: { atStation: true, holds: ['balance'] }, expected: 'service' },
  { name: 'a paper has ended', facts: { papers: { valid: 2, ended: 1 }, holds: ['balance'] }, expected: 'papers' },
  { name: 'leased, a paper never entered', facts: { papers: { valid: 2, ended: 0 } }, expected: 'on_line' },
  {
    name: 'nobody’s, a paper never entered',
    facts: { leased: false, papers: { valid: 2, ended: 0 } },
    expected: 'papers',
  },
  { name: 'two holds: the graver', facts: { holds: ['balance', 'zone'] }, expected: 'hold_zone' },
  { name: 'nobody has it', facts: { leased: false, heardAt: null }, expected: 'no_driver' },
  { name: 'leased and never heard of', facts: { heardAt: null }, expected: 'unknown' },
  { name: 'silent for just a day', facts: { heardAt: epochMs(NOW - DAY_MS) }, expected: 'on_line' },
  { name: 'silent for more', facts: { heardAt: epochMs(NOW - DAY_MS - 1) }, expected: 'no_contact' },
] as const)('$name → $expected', ({ facts, expected }) =>
  expect(standingOf({ ...driving, ...facts }, NOW)).toBe(expected),
)

test('whatever is known, there is exactly one reason, and a standing hold is never called «on the line»', () => {
  const facts = fc.record({
    said: fc.option(fc.constantFrom(...SaidReason.options), { nil: null }),
    atStation: fc.boolean(),
    leased: fc.boolean(),
    holds: fc.uniqueArray(fc.constantFrom(...HoldReason.options)),
    papers: fc.record({ valid: fc.integer({ min: 0, max: 3 }), ended: fc.integer({ min: 0, max: 3 }) }),
    heardAt: fc.option(fc.integer({ min: 0, max: NOW }).map(epochMs), { nil: null }),
  })
  fc.assert(
    fc.property(facts, (one) => {
      const standing = standingOf(one, NOW)
      expect([...IDLE_REASONS, 'on_line']).toContain(standing)
      if (one.holds.length > 0 || one.said !== null || !one.leased) expect(standing).not.toBe('on_line')
    }),
    { numRuns: 300 },
  )
})

let database: SqlDatabase
let postgres: Postgres
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
}, 60_000)
afterAll(() => database.close())

test('the history has no gap and no overlap; a word stands until it is taken back', async () => {
  const clock = createManualClock(NOW)
  const changed: string[] = []
  const idle = createIdleService({
    clock,
    db: postgres.db,
    inTransaction: postgres.inTransaction,
    idleStore: createIdleStore,
    changed: (vehicle) => void changed.push(vehicle),
  })
  const car = await parkedVehicle(postgres)
  const stop = new AbortController().signal
  // Also before anybody has looked at it.
  expect((await idle.openOf([car])).get(car)?.standing).toBe('papers')
  expect((await idle.of(car, 10, undefined)).rows).toMatchObject([{ standing: 'papers', untilAt: null }])
  expect(await idle.sweep(stop)).toBe(1)
  expect(await idle.sweep(stop)).toBe(0)
  await clock.advance(minutes(60))
  await idle.say(car, 'accident', 'Стоит во дворе', 'head')
  await clock.advance(minutes(60))
  await idle.sweep(stop)
  expect((await idle.openOf([car])).get(car)?.standing).toBe('accident')
  await idle.takeBack(car)
  const { rows, word } = await idle.of(car, 10, undefined)
  expect(word).toBeUndefined()
  expect(rows.map(({ standing }) => standing)).toEqual(['papers', 'accident', 'papers'])
  expect(rows.map(({ untilAt }) => untilAt)).toEqual([null, rows[0]?.fromAt, rows[1]?.fromAt])
  const stretches = await idle.stretchesOf('all', { from: NOW, to: epochMs(NOW + 2 * 3_600_000) })
  const spent = stretches.reduce(
    (all, { from, until }) => all + Math.min(until ?? Infinity, NOW + 7_200_000) - Math.max(from, NOW),
    0,
  )
  expect(spent).toBe(7_200_000)
  expect(changed).toHaveLength(3)
})
