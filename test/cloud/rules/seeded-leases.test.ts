import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createRuleHouse } from '../../support/rule-house.ts'
import { seedLeases } from '../../support/seeded-leases.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

let database: SqlDatabase
let postgres: Postgres
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
})
afterAll(() => database.close())

test('a seeded fleet is judged car by car, and a second seeding adds nothing', async () => {
  const clock = createManualClock()
  const rows = Array.from({ length: 300 }, (_, n) => ({
    id: `00000000-0000-4000-8002-${String(n).padStart(12, '0')}`,
    plate: `А${n}`,
    model: 'Rio',
    createdAt: 0,
  }))
  await postgres.db
    .insertInto('vehicles')
    .values(rows as never)
    .execute()
  await seedLeases(postgres.db, clock.now())
  await seedLeases(postgres.db, clock.now())
  const house = await createRuleHouse(postgres, { clock, only: /^balance_low$/ })
  await house.turn()
  const judged = await postgres.db.selectFrom('ruleOutcomes').select('verdict').execute()
  expect(judged).toHaveLength(300)
  expect(new Set(judged.map(({ verdict }) => verdict))).toEqual(new Set(['notSatisfied']))
})
