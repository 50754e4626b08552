import { sql } from 'kysely'
import { VehicleId } from '#contract/ids.ts'
import { createYandexFleetClient } from '../../cloud/balances/yandex-fleet-client.ts'
import { MAIN_PARK } from '../../cloud/parks/park.ts'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createFakeYandexFleet } from '../../demo/yandex-fleet-client.ts'
import { openLeasingHouse } from '../support/leasing-house.ts'
import { createSqlDatabase, migrated, type SqlKind, sqlKinds, stopSqlServer } from '../support/sql-databases.ts'
import { systemClock } from '../support/system-clock.ts'
import type { Bench, BenchResult } from './bench.ts'
import { spread, table } from './table.ts'

const DRIVERS = 1500
const VEHICLES = 10_000
const ROUNDS = 5
const PARK = { parkId: 'p1', clientId: 'taxi/park/p1', apiKey: 'bench' }

/** As many drivers at Yandex Fleet, and as many cars each under a running lease, one driver for several of them. */
async function seed({ db }: Postgres, externalIds: readonly string[]): Promise<void> {
  const refs = JSON.stringify(externalIds)
  await sql`insert into drivers (id, park_id, family_name, given_name, legal_form, state, version, created_at)
    select ('00000000-0000-4000-8001-' || lpad(n::text, 12, '0'))::uuid, ${MAIN_PARK}::uuid, 'Иванов ' || n, 'Иван', 'person', 'active', 1, 0
    from generate_series(1, ${DRIVERS}::int) as n`.execute(db)
  await sql`insert into driver_phones select ('00000000-0000-4000-8001-' || lpad(n::text, 12, '0'))::uuid, '+7916' || lpad(n::text, 7, '0'), true
    from generate_series(1, ${DRIVERS}::int) as n`.execute(db)
  await sql`insert into driver_refs select 'yandex-fleet:p1', ref, ('00000000-0000-4000-8001-' || lpad(n::text, 12, '0'))::uuid
    from jsonb_array_elements_text(${refs}::jsonb) with ordinality as told (ref, n)`.execute(db)
  await sql`insert into vehicles (id, plate, model, created_at)
    select ('00000000-0000-4000-8002-' || lpad(n::text, 12, '0'))::uuid, 'А' || n, 'Rio', 0 from generate_series(1, ${VEHICLES}::int) as n`.execute(
    db,
  )
  await sql`insert into leases (id, park_id, vehicle_id, plan, state, starts_on, deposit_kopecks, schedule, version, created_at, created_by, activated_at)
    select ('00000000-0000-4000-8003-' || lpad(n::text, 12, '0'))::uuid, ${MAIN_PARK}::uuid, ('00000000-0000-4000-8002-' || lpad(n::text, 12, '0'))::uuid, 'rent', 'active', '2026-01-01', 0,
      '{"rates": [1,1,1,1,1,1,1], "chargeAt": "00:00", "freeDays": [], "holidays": [], "holidayRateKopecks": 0, "payer": "main"}', 1, 0, 'x', 1
    from generate_series(1, ${VEHICLES}::int) as n`.execute(db)
  await sql`insert into lease_parties select ('00000000-0000-4000-8003-' || lpad(n::text, 12, '0'))::uuid, ('00000000-0000-4000-8001-' || lpad((n % ${DRIVERS}::int + 1)::text, 12, '0'))::uuid, true, 0, null
    from generate_series(1, ${VEHICLES}::int) as n`.execute(db)
}

async function measure(kind: SqlKind) {
  const database = await createSqlDatabase(kind)
  const fake = createFakeYandexFleet({ ...PARK, drivers: DRIVERS })
  const postgres = await migrated(database)
  const { parkId: yandexParkId, ...keys } = PARK
  const park = { ...keys, yandexParkId, source: 'yandex-fleet:p1', baseUrl: await fake.listen() }
  // Our own time: the second between two pages is the source's.
  const source = createYandexFleetClient(park, { clock: { ...systemClock, sleep: async () => {} } })
  const house = await openLeasingHouse(postgres, { sources: [source] })
  try {
    await seed(
      postgres,
      fake.drivers.map(({ id }) => id),
    )
    const sweeps: number[] = []
    for (let round = 0; round <= ROUNDS; round += 1) {
      // Every balance differs from the one before: the dearest round there is.
      for (const driver of fake.drivers) driver.balanceTenThousandths += 12_300
      const from = performance.now()
      await house.leasing.balances.sweep(new AbortController().signal)
      if (round > 0) sweeps.push(performance.now() - from)
      await house.clock.advance(20 * 60_000)
    }
    const found = await sql<{
      id: string
      known: number
    }>`select (select count(*)::int from balances) as known`.execute(postgres.db)
    const ids = (await sql<{ id: string }>`select id from vehicles order by plate`.execute(postgres.db)).rows.map(
      ({ id }) => VehicleId.parse(id),
    )
    const reads: number[] = []
    for (let round = 0; round <= ROUNDS; round += 1) {
      const from = performance.now()
      const facts = await house.leasing.leaseFactsOf(ids)
      if (facts.size !== VEHICLES) throw new Error(`${facts.size} of ${VEHICLES} vehicles have a lease`)
      if (round > 0) reads.push(performance.now() - from)
    }
    return { kind, sweep: spread(sweeps), read: spread(reads), known: found.rows[0]?.known ?? 0 }
  } finally {
    await house.close()
    await fake.close()
    await database.close()
  }
}

/** One round through 1 500 balances, our own time, and lease, driver and balance of 10 000 vehicles at once. */
export const balance: Bench = {
  name: 'balance',
  about: `one round through ${DRIVERS} balances (our own time, limit 5 s); lease, driver and balance of ${VEHICLES} vehicles`,
  run: async ({ print }): Promise<BenchResult> => {
    const rows = []
    for (const kind of sqlKinds()) rows.push(await measure(kind))
    await stopSqlServer()
    print(
      table([
        ['database', 'round ms', 'min', 'max', 'balances', 'read of 10 000 ms', 'min', 'max'],
        ...rows.map(({ kind, sweep, read, known }) => [
          kind,
          sweep.median,
          sweep.min,
          sweep.max,
          known,
          read.median,
          read.min,
          read.max,
        ]),
      ]),
    )
    const slowest = rows.reduce((one, other) => (one.sweep.max > other.sweep.max ? one : other))
    const lost = rows.reduce((sum, { known }) => sum + DRIVERS - known, 0)
    const wrong =
      lost > 0 ? `${lost} balances were not stored` : slowest.sweep.max > 5000 ? 'a round took more than 5 s' : null
    return {
      unit: 'ms for one round (slowest database)',
      pairs: ROUNDS,
      own: slowest.sweep,
      peer: null,
      ratio: null,
      void: wrong,
      more: { readOf10000Ms: slowest.read },
    }
  },
}
