import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import type { Actor, CardState } from '../../../cloud/processes/engine/card.ts'
import { nextNumber } from '../../../cloud/processes/fact-store.ts'
import { createRegistryStore } from '../../../cloud/processes/registries/registry-store.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'
import { FRIDAY_17 } from './running-shop.ts'
import { openShop } from './shop-house.ts'

const HEAD: Actor = { kind: 'person', id: 'p2', name: 'Петров', roles: ['head', 'manager', 'owner'] }
const HOUR = 3_600_000
type Shop = Awaited<ReturnType<typeof openShop>>

describe.each(sqlKinds())('processes on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  }, 60_000)
  afterAll(async () => {
    await database.close()
    if (kind === 'PostgreSQL') await stopSqlServer()
  })

  /** Open cards that nobody has to do anything with and that nothing will wake. */
  const forgotten = async (): Promise<readonly string[]> => {
    const rows = await postgres.db
      .selectFrom('cards')
      .select('id')
      .where('closedAt', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('cardTasks')
              .select('cardTasks.id')
              .whereRef('card', '=', 'cards.id')
              .where('state', '=', 'open'),
          ),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(selectFrom('cardTimers').select('name').whereRef('card', '=', 'cards.id').where('state', '=', 'set')),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('cardRuns')
              .select('cardRuns.id')
              .whereRef('card', '=', 'cards.id')
              .where('state', '=', 'running'),
          ),
        ),
      )
      .execute()
    return rows.map(({ id }) => id)
  }

  /** One thing that could happen to a card: an outcome, a move, a field, a button, a head's stop, or time. */
  const deed = fc.record({
    card: fc.nat(5),
    what: fc.constantFrom('outcome', 'outcome', 'outcome', 'move', 'fields', 'button', 'stop', 'time'),
    which: fc.nat(7),
  })
  async function happen(
    shop: Shop,
    ids: readonly string[],
    { card, what, which }: { card: number; what: string; which: number },
  ) {
    const id = ids[card % ids.length] ?? ''
    const { service } = shop.processes
    const { state, machine } = await service.waysOf(id, HEAD, ['head', 'manager'])
    const act = async (event: Parameters<typeof service.act>[1]) => {
      // A refusal changes nothing, and is as good a deed as any.
      await service.act(id, event, HEAD).catch(() => undefined)
    }
    const set = { visitAt: shop.clock.now() + (which + 1) * HOUR, name: 'Вера' }
    if (what === 'time') await shop.clock.advance((which + 1) * HOUR)
    else if (what === 'outcome') {
      const open = state.tasks.filter((task) => task.state === 'open')
      const task = open[which % Math.max(1, open.length)]
      const outcomes = task === undefined ? [] : outcomesOf(machine.definitions, task)
      const outcome = outcomes[which % Math.max(1, outcomes.length)]
      if (task !== undefined && outcome !== undefined)
        await act({ kind: 'outcome', task: task.id, outcome, set, answer: { comment: 'да' }, comment: 'да' })
    } else if (what === 'move')
      await act({
        kind: 'move',
        stage: ['visit', 'done', 'lost', 'request'][which % 4] ?? '',
        set: { ...set, lossReason: 'Нет' },
      })
    else if (what === 'fields') await act({ kind: 'fields', set: { total: which, paid: which % 2, ...set } })
    else if (what === 'button') await act({ kind: 'button', id: 'sign' })
    else for (const run of state.runs) await act({ kind: 'stop', run: run.id })
    await shop.settle()
  }

  test('no card without a task: whatever people and time do, an open card has somebody or something that will go on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 4, maxLength: 14 }), async (deeds) => {
        await emptied(postgres)
        const shop = await openShop(postgres)
        const ids: string[] = []
        for (let n = 0; n < 3; n += 1) {
          const fields = { source: 'Сайт', phone: `+7916000000${n}` }
          ids.push((await shop.processes.service.birth({ pipeline: 'orders', fields }, HEAD)).state.card.id)
        }
        for (const one of deeds) {
          await happen(shop, ids, one)
          expect(await forgotten()).toEqual([])
        }
      }),
      { numRuns: kind === 'PGlite' ? 8 : 3 },
    )
  }, 120_000)

  test('numbers without gaps, whatever runs at once, fails on its way or is cancelled', async () => {
    await emptied(postgres)
    const wish = fc.record({ fails: fc.boolean(), cancelled: fc.boolean() })
    let before = 0
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 30 }), async (wishes) => {
        const given = await Promise.all(
          wishes.map(({ fails }) =>
            postgres
              .inTransaction(async (tx) => {
                const number = await nextNumber(tx, {
                  series: 'contracts',
                  scope: 'company',
                  period: '',
                  pattern: 'Д-{n:4}',
                  card: crypto.randomUUID(),
                  now: FRIDAY_17,
                })
                if (fails) throw new Error('the document could not be made')
                return number
              })
              .catch(() => undefined),
          ),
        )
        const registry = createRegistryStore(postgres.db)
        const kept = given.flatMap((number, index) => (number === undefined ? [] : [{ number, ...wishes[index] }]))
        for (const { number, cancelled } of kept)
          if (cancelled === true) {
            const which = { series: 'contracts', scope: 'company', period: '', n: Number(number.slice(2)) }
            expect(await registry.cancelNumber(which, 'Передумал', FRIDAY_17)).toBe(true)
            expect(await registry.cancelNumber(which, 'Передумал', FRIDAY_17)).toBe(false)
          }
        const rows = await registry.numbers('contracts', { limit: 10_000, after: undefined })
        before += kept.length
        expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: before }, (_, index) => index + 1))
        const mine = new Set(kept.map(({ number }) => number))
        expect(rows.filter(({ number, cancelledAt }) => mine.has(number) && cancelledAt !== null)).toHaveLength(
          kept.filter(({ cancelled }) => cancelled === true).length,
        )
      }),
      { numRuns: kind === 'PGlite' ? 12 : 6 },
    )
  }, 120_000)

  test('each timer fires once, across restarts, crashes between decision and effect, and two instances', async () => {
    const turn = fc.record({
      hours: fc.integer({ min: 0, max: 3 }),
      who: fc.constantFrom('first', 'second', 'both'),
      accident: fc.constantFrom('none', 'none', 'restart', 'crash'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 3, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(turn, { minLength: 3, maxLength: 8 }),
        async (visits, turns) => {
          await emptied(postgres)
          let crashes = 0
          const sent: string[] = []
          const ports = {
            sendMessage: async (_db: unknown, wish: { readonly key: string; readonly message: string }) => {
              // The process dies before anything is written: the transaction is rolled back.
              if (crashes > 0) {
                crashes -= 1
                throw new Error('killed')
              }
              sent.push(`${wish.message} ${wish.key}`)
            },
          }
          const one = await openShop(postgres, { ports })
          const { clock } = one
          let first = one
          let second = await openShop(postgres, { ports, clock })
          const ids: string[] = []
          for (const hours of visits) {
            const fields = {
              source: 'Сайт',
              phone: '+79161234567',
              visitAt: clock.now() + hours * HOUR,
              driver: 'd1',
              name: 'Вера',
            }
            const { state } = await one.processes.service.birth({ pipeline: 'orders', stage: 'visit', fields }, HEAD)
            ids.push(state.card.id)
          }
          for (const { hours, who, accident } of [...turns, { hours: 24, who: 'both', accident: 'none' } as const]) {
            await clock.advance(hours * HOUR)
            if (accident === 'crash') crashes = 1
            if (accident === 'restart') first = await openShop(postgres, { ports, clock })
            if (accident === 'restart' && who === 'both') second = await openShop(postgres, { ports, clock })
            await Promise.all([
              ...(who === 'second' ? [] : [first.settle()]),
              ...(who === 'first' ? [] : [second.settle()]),
            ])
          }
          crashes = 0
          // What a crash has put off is tried again.
          for (let tries = 0; tries < 4; tries += 1) {
            await clock.advance(HOUR)
            await second.settle()
          }
          expect(new Set(sent).size).toBe(sent.length)
          expect(sent.filter((line) => line.startsWith('reminder')).toSorted()).toHaveLength(visits.length)
          const rung = await postgres.db
            .selectFrom('cardTimers')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .where('card', 'in', ids)
            .where('state', '=', 'rung')
            .executeTakeFirstOrThrow()
          expect(rung.count).toBe(visits.length)
        },
      ),
      { numRuns: kind === 'PGlite' ? 6 : 3 },
    )
  }, 120_000)
})

function outcomesOf(
  definitions: {
    readonly tasks: ReadonlyMap<string, { readonly outcomes: readonly { readonly id: string }[] }>
  },
  { template }: CardState['tasks'][number],
): readonly string[] {
  const described = definitions.tasks.get(template)
  if (described !== undefined) return described.outcomes.map(({ id }) => id)
  // A step of the process: the answers of its question.
  return ['ok', 'rework']
}
