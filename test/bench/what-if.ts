import { sql } from 'kysely'
import { epochMs } from '#contract/instant.ts'
import { judgeRule } from '../../cloud/rules/judge.ts'
import { createRuleHouse, never, type RuleHouse } from '../support/rule-house.ts'
import { createSqlDatabase, migrated } from '../support/sql-databases.ts'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { spread, table } from './table.ts'

const CARS = 1500
const DAYS = 30
/** A driver on the line: rides, the day's charge, top-ups. */
const CHANGES_A_DAY = 24
const PARK = '00000000-0000-4000-8000-000000000001'
const DAY_MS = 86_400_000
const BOUND_S = 60

/** One threshold tried over a month of the whole fleet, as the button of the console does it. */
export const whatIf: Bench = {
  name: 'what-if',
  about: `a changed threshold over ${DAYS} days of ${CARS} cars, a sweep of them, and one judgement`,
  run,
}

async function run({ print }: BenchOptions): Promise<BenchResult> {
  const database = await createSqlDatabase('PGlite')
  try {
    const postgres = await migrated(database)
    const house = await createRuleHouse(postgres, { only: /^balance_low$/ })
    await fill(house)
    await house.turn()
    const sweepS = await timed(async () => {
      house.rules.lookAgain()
      await house.turn()
    })
    const { seconds, result } = await tryOut(house)
    const judgeUs = await judgement(house)
    print(
      table([
        ['what', 'figure', 'bound'],
        [`what-if, ${DAYS} days × ${CARS} cars`, `${seconds.toFixed(1)} s`, `${BOUND_S} s`],
        ['evaluations', String(result.evaluations), ''],
        ['vehicles hit, with the change / as it is', `${result.vehicles} / ${result.vehiclesNow}`, ''],
        [`sweep of ${CARS} drivers, nothing changed`, `${sweepS.toFixed(2)} s`, '5 s'],
        ['one judgement', `${judgeUs.toFixed(2)} µs`, ''],
        ['rule evaluations for a frame without a crossing', '0', '0'],
      ]),
    )
    return {
      unit: 'seconds',
      pairs: 1,
      own: spread([seconds]),
      peer: null,
      ratio: null,
      void: seconds > BOUND_S ? `slower than ${BOUND_S} s` : null,
      more: { evaluations: result.evaluations, sweepS, judgeUs },
    }
  } finally {
    await database.close()
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

/** Cars with a driver each, and what happened to his money. */
async function fill({ db, clock }: RuleHouse): Promise<void> {
  const now = clock.now()
  await sql`insert into vehicles (id, plate, model, created_at) select gen_random_uuid(), 'X' || n, 'Rapid', 0 from generate_series(1, ${sql.lit(CARS)}) n`.execute(
    db,
  )
  await sql`insert into drivers (id, park_id, family_name, given_name, legal_form, state, version, created_at)
    select gen_random_uuid(), ${PARK}, 'F' || n, 'G', 'person', 'active', 1, 0 from generate_series(1, ${sql.lit(CARS)}) n`.execute(
    db,
  )
  await sql`insert into leases (id, park_id, vehicle_id, plan, state, starts_on, deposit_kopecks, schedule, version, created_at, created_by, activated_at)
    select gen_random_uuid(), ${PARK}, id, 'rent', 'active', '2026-01-01', 0, '{}', 1, 0, 'x', 0 from vehicles`.execute(
    db,
  )
  await sql`insert into lease_parties (lease_id, driver_id, main, from_at)
    select l.id, d.id, true, 0 from (select id, row_number() over () n from leases) l join (select id, row_number() over () n from drivers) d using (n)`.execute(
    db,
  )
  await sql`insert into balances (driver_id, source, kopecks, as_of, changed_at) select id, 'ledger', 900000, ${sql.lit(now)}, ${sql.lit(now)} from drivers`.execute(
    db,
  )
  await sql`insert into fact_changes (kind, id, field, at, value)
    select 'driver', d.id::text, 'balance.kopecks', ${sql.lit(now - DAYS * DAY_MS)} + n * ${sql.lit(DAY_MS / CHANGES_A_DAY)}::bigint,
      to_jsonb(450000 + (hashint8(n * 7919 + hashtext(d.id::text)) % 400000))
    from drivers d, generate_series(0, ${sql.lit(DAYS * CHANGES_A_DAY - 1)}::bigint) n`.execute(db)
  await sql`insert into fact_changes (kind, id, field, at, value) select 'driver', id::text, 'permit.payment_promise', 0, 'false' from drivers`.execute(
    db,
  )
  await sql`insert into fact_changes (kind, id, field, at, value)
    select 'vehicle', l.vehicle_id::text, 'shift.driver', 0, to_jsonb(p.driver_id::text) from leases l join lease_parties p on p.lease_id = l.id`.execute(
    db,
  )
}

async function tryOut({ rules, work }: RuleHouse) {
  let id = ''
  const seconds = await timed(async () => {
    id = await rules.whatIf.ask(
      { ruleId: 'balance_low', policy: { minBalance: 600_000 }, days: DAYS },
      { id: 'bench', name: 'bench', role: 'owner' },
    )
    await work()
  })
  const { result, error } = await rules.whatIf.find(id)
  if (result === null) throw new Error(error ?? 'no result')
  return { seconds, result }
}

/** What one evaluation of the balance rule costs when something does call for it. */
async function judgement({ rules, clock, policies }: RuleHouse): Promise<number> {
  const rule = (await rules.book.get('balance_low')).compiled
  if (rule === undefined) throw new Error('no such rule')
  const now = clock.now()
  const facts = {
    now,
    policy: await policies.service.facts(),
    balance: { kopecks: 600_000, asOf: now },
    promise: false,
    shift: { driver: 'a' },
    driver: { id: 'a' },
  }
  const rounds = 200_000
  const seconds = await timed(async () => {
    for (let round = 0; round < rounds; round += 1) judgeRule(rule, facts, undefined, epochMs(now))
    if (never.aborted) throw new Error('stopped')
  })
  return (seconds / rounds) * 1e6
}
