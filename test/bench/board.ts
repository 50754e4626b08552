import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { createPostgres } from '../../cloud/postgres/postgres-client.ts'
import { startCloudApp } from '../support/cloud-app.ts'
import { silentLog } from '../support/silent-log.ts'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { table } from './table.ts'

const CARDS = 5000
const TIMES = 12
const ASKED = [
  { what: 'all cards of the board in one answer', query: `/api/cards?pipeline=call_centre&limit=${CARDS}` },
  {
    what: 'one page of a column, as the console reads it',
    query: '/api/cards?pipeline=call_centre&stage=new&limit=30',
  },
  { what: 'counts by stage and the figure', query: '/api/cards/counts?pipeline=call_centre' },
  { what: 'counts of a search', query: '/api/cards/counts?pipeline=call_centre&q=499' },
  { what: 'what the list may be narrowed by', query: '/api/cards/facets?pipeline=call_centre' },
] as const

/** Five thousand open cards with a task and a limit each, over five stages of the shipped call centre. */
async function fill(dataDir: string): Promise<void> {
  const postgres = createPostgres({ databaseUrl: undefined, dataDir, log: silentLog })
  const now = Date.now()
  await sql`insert into cards (id, no, pipeline, definition, stage, entered_at, created_at, entity, fields, version, repeats, responsible)
    select gen_random_uuid(), nextval('card_numbers'), 'call_centre', (select max(version) from process_definitions),
      (array['new', 'no_answer', 'call_later', 'qualified', 'interview_set'])[1 + g % 5], ${now}::bigint - g, ${now}::bigint - g, 'deal',
      jsonb_build_object('source', (array['Сайт', 'Авито', 'Звонок'])[1 + g % 3], 'phone', '+7916' || lpad(g::text, 7, '0'),
        'name', 'Клиент ' || g, 'city', 'Москва'), 1, '{}', 'person:' || (select id from accounts limit 1)
    from generate_series(1, ${CARDS}::int) g`.execute(postgres.db)
  await sql`insert into card_timers (card, name, due_at, basis, version, state)
    select id, 'limit', ${now}::bigint + 86400000, 0, 1, 'set' from cards`.execute(postgres.db)
  await sql`insert into card_tasks (id, card, kind, template, title, assignee, watchers, priority, open_from, due_at, created_at, state, of_limit)
    select gen_random_uuid(), id, 'task', 'call_new_lead', 'Позвонить', 'role:operator', '[]', 100, ${now}::bigint,
      ${now}::bigint + 900000, ${now}::bigint, 'open', false from cards`.execute(postgres.db)
  await sql`analyze`.execute(postgres.db)
  await postgres.close()
}

/** A board of 5 000 cards over REST, rights and names included, on the embedded database; the first answer of each is not counted. */
async function run({ print }: BenchOptions): Promise<BenchResult> {
  const first = await startCloudApp()
  await first.stop('keep')
  await fill(first.dataDir)
  const app = await startCloudApp({}, first.dataDir)
  try {
    const cookie = await app.as('manager')
    const medians: number[] = []
    for (const { query } of ASKED) {
      const times: number[] = []
      while (times.length <= TIMES) {
        const from = performance.now()
        const { statusCode } = await app.cloud.http.inject({ method: 'GET', url: query, headers: { cookie } })
        // A machine that is busy with other things refuses what can wait; that says nothing about the board.
        if (statusCode === 503) await pause(500)
        else if (statusCode === 200) times.push(performance.now() - from)
        else throw new Error(`${query}: ${statusCode}`)
      }
      times.shift()
      medians.push(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0)
    }
    const lines = ASKED.map(({ what }, index) => [what, (medians[index] ?? 0).toFixed(0), '300'])
    print(table([['what', 'median ms', 'aim'], ...lines]))
    return {
      unit: 'ms a board',
      pairs: TIMES,
      own: null,
      peer: null,
      ratio: null,
      void: null,
      more: { boardMs: medians[0] ?? 0, columnMs: medians[1] ?? 0, countsMs: medians[2] ?? 0 },
    }
  } finally {
    await app.stop()
    rmSync(first.dataDir, { recursive: true, force: true })
  }
}

export const board: Bench = {
  name: 'board',
  about: 'a board of 5,000 cards over REST (embedded database)',
  run,
}
