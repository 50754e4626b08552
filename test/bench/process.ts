import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createMigrationService } from '../../cloud/postgres/migration-service.ts'
import { createPostgres } from '../../cloud/postgres/postgres-client.ts'
import type { Actor } from '../../cloud/processes/engine/card.ts'
import { openShop } from '../cloud/processes/shop-house.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { table } from './table.ts'

const PERSON: Actor = { kind: 'person', id: 'bench', name: 'bench', roles: ['manager'] }
const OPEN = 100_000
const DUE = 200
const MOVES = 60

/** Moves with guards, log and effects; the sweep of many limits; a board: all on the embedded database. */
async function run({ print }: BenchOptions): Promise<BenchResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-bench-'))
  const postgres = createPostgres({ databaseUrl: undefined, dataDir, log: silentLog })
  try {
    const clock = createManualClock()
    await createMigrationService({ inTransaction: postgres.inTransaction, clock, log: silentLog }).migrate()
    const shop = await openShop(postgres, { clock })
    const { service, effects } = shop.processes
    const ids: string[] = []
    for (let index = 0; index < MOVES; index += 1) {
      const fields = {
        source: 'Сайт',
        phone: '+79161234567',
        name: 'Иван',
        visitAt: clock.now() + 86_400_000,
        total: 100,
        paid: 100,
      }
      ids.push((await service.birth({ pipeline: 'orders', stage: 'visit', fields }, PERSON)).state.card.id)
    }
    const times: number[] = []
    for (const id of ids) {
      const from = performance.now()
      await service.act(id, { kind: 'move', stage: 'done', set: {} }, PERSON)
      times.push(performance.now() - from)
    }
    const now = clock.now()
    await sql`insert into cards (id, no, pipeline, definition, stage, entered_at, created_at, entity, fields, version, repeats)
      select gen_random_uuid(), nextval('card_numbers'), 'orders', 1, 'request', ${now}::bigint - g, ${now}::bigint - g, 'deal',
        jsonb_build_object('source', 'Сайт', 'phone', '+7916' || lpad(g::text, 7, '0'), 'name', 'Клиент ' || g), 1, '{}'
      from generate_series(1, ${OPEN}::int) g`.execute(postgres.db)
    await sql`insert into card_timers (card, name, due_at, basis, version, state)
      select id, 'limit', case when row_number() over (order by no) <= ${DUE} then ${now}::bigint - 1 else ${now}::bigint + 86400000 end, 0, 1, 'set'
      from cards where stage = 'request' and closed_at is null`.execute(postgres.db)
    await sql`analyze`.execute(postgres.db)
    const sweepFrom = performance.now()
    const rung = await effects.ring()
    const sweepMs = performance.now() - sweepFrom
    const emptyFrom = performance.now()
    await effects.ring()
    const emptyMs = performance.now() - emptyFrom
    const boardFrom = performance.now()
    const board = await postgres.db
      .selectFrom('cards')
      .select(['id', 'no', 'stage', 'enteredAt', 'fields', 'responsible'])
      .where('pipeline', '=', 'orders')
      .where('closedAt', 'is', null)
      .orderBy('enteredAt')
      .limit(5000)
      .execute()
    const boardMs = performance.now() - boardFrom
    const sorted = times.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    const p90 = sorted[Math.floor(sorted.length * 0.9)] ?? 0
    print(
      table([
        ['what', 'ms', 'aim'],
        ['move with guard, log and effects, median', median.toFixed(1), '15'],
        ['the same, p90', p90.toFixed(1), ''],
        [`sweep of ${OPEN} open limits, ${rung} of them due`, sweepMs.toFixed(0), '2000'],
        ['sweep with none due', emptyMs.toFixed(1), ''],
        [`board query, ${board.length} cards`, boardMs.toFixed(0), '300'],
      ]),
    )
    return {
      unit: 'ms a move',
      pairs: times.length,
      own: null,
      peer: null,
      ratio: null,
      void: rung === DUE ? null : `rang ${rung} timers instead of ${DUE}`,
      more: { moveMedianMs: median, moveP90Ms: p90, sweepMs, emptySweepMs: emptyMs, boardMs },
    }
  } finally {
    await postgres.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

export const process: Bench = {
  name: 'process',
  about: 'moves of cards, sweep of limits, board (embedded database)',
  run,
}
