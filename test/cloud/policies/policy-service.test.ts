import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PolicySpec, type PolicyValue, whyNot } from '../../../cloud/policies/policy.ts'
import { createPolicyService, type PolicyService } from '../../../cloud/policies/policy-service.ts'
import { createPolicyStore, readShippedPolicies } from '../../../cloud/policies/policy-store.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

const shipped = readShippedPolicies()
const head = { id: 'u1', name: 'head', role: 'head' }
const owner = { id: 'u2', name: 'owner', role: 'owner' }
const specOf = (id: string): PolicySpec => {
  const spec = shipped.specs.find((one) => one.id === id)
  if (spec === undefined) throw new Error(id)
  return spec
}

let database: SqlDatabase
let postgres: Postgres
let policies: PolicyService
let changed: string[]
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
})
afterAll(() => database.close())
beforeEach(async () => {
  await postgres.db.deleteFrom('policyVersions').execute()
  changed = []
  policies = createPolicyService({
    ...postgres,
    ...shipped,
    clock: createManualClock(),
    log: silentLog,
    policyStore: createPolicyStore,
    changed: (names) => changed.push(...names),
  })
})

test('what is shipped is the case’s own: 5 000 ₽, 40 minutes, two postponements, 500 km or 3 days', async () => {
  expect(await policies.facts()).toMatchObject({
    minBalance: 500_000,
    balanceMaxAge: 2_400_000,
    maxPostpones: 2,
    inspectionGraceKm: 500,
    inspectionGraceDays: 3,
    papersLadderDays: [30, 14, 7, 3, 1],
    ladder: 'immediate',
  })
})

test.each([
  ['minBalance', 600_000, undefined],
  ['minBalance', 10_000_001, 'не больше 10000000'],
  ['minBalance', 0.5, 'нужно целое число'],
  ['minBalance', '600000', 'нужно целое число'],
  ['balanceMaxAge', 60_000, 'не меньше 1200000'],
  ['ladder', 'harsh', 'бывает: immediate, fair'],
  ['papersLadderDays', [30, 91], 'нужен список целых чисел в допустимых границах'],
  ['leadLines', ['+74950000003'], undefined],
  ['workZone', ' ', 'нужен текст'],
] satisfies [string, PolicyValue, string | undefined][])('%s = %j: %s', (id, value, expected) => {
  expect(whyNot(specOf(id), value)).toBe(expected)
})

describe('a change', () => {
  test('is kept with who, when and why, and rules are told', async () => {
    const now = await policies.set('minBalance', { value: 600_000, base: 0, why: 'договор', by: head })
    expect(now).toMatchObject({ value: 600_000, version: 1, changed: { byName: 'head', why: 'договор' } })
    expect((await policies.facts())['minBalance']).toBe(600_000)
    expect(await policies.history('minBalance', 99, 10)).toMatchObject([{ version: 1, value: 600_000 }])
    expect(changed).toEqual(['minBalance'])
  })

  test('made on top of another one is refused, and changes nothing', async () => {
    await policies.set('minBalance', { value: 600_000, base: 0, why: 'раз', by: head })
    const late = policies.set('minBalance', { value: 700_000, base: 0, why: 'два', by: head })
    await expect(late).rejects.toMatchObject({ code: 'policy/changed' })
    expect((await policies.get('minBalance')).value).toBe(600_000)
  })

  test('that may stop many cars is the owner’s', async () => {
    const wish = { value: 'fair', base: 0, why: 'решили' }
    await expect(policies.set('ladder', { ...wish, by: head })).rejects.toMatchObject({ code: 'access/forbidden' })
    expect(await policies.set('ladder', { ...wish, by: owner })).toMatchObject({ value: 'fair' })
  })

  test('of an unknown policy or past its bounds is refused', async () => {
    await expect(policies.get('nothing')).rejects.toMatchObject({ code: 'policy/unknown' })
    const over = policies.set('maxPostpones', { value: 11, base: 0, why: 'так', by: head })
    await expect(over).rejects.toMatchObject({ code: 'policy/out-of-bounds' })
  })
})

test('a preset takes over what differs, and nothing when a value may not be changed by the caller', async () => {
  await policies.takePreset('fair', 'как в парке соседей', owner)
  expect(changed).toEqual(['ladder'])
  expect((await policies.get('ladder')).value).toBe('fair')
  await policies.takePreset('immediate', 'назад', owner)
  expect((await policies.get('ladder')).value).toBe('immediate')
  await policies.set('minBalance', { value: 1, base: 0, why: 'проба', by: head })
  await expect(policies.takePreset('fair', 'я главный', head)).rejects.toMatchObject({ code: 'access/forbidden' })
  expect((await policies.get('minBalance')).value).toBe(1)
})
