import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Postgres } from '../../../../cloud/postgres/postgres-client.ts'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import { createFileStore } from '../../../../cloud/processes/documents/file-store.ts'
import {
  createSqlDatabase,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../../support/sql-databases.ts'
import { at } from '../running-shop.ts'
import { openShop } from '../shop-house.ts'
import { PHONE, person } from './case-world.ts'

const OWNER = person('owner-1', 'owner', 'head')
const MECHANIC = person('mech-1', 'mechanic')
const text = shippedCases()
  .map((file) => file.text.trimEnd())
  .join('\n---\n')

describe.each(sqlKinds())('the cases on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let shop: Awaited<ReturnType<typeof openShop>>
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    shop = await openShop(postgres, { text })
  }, 60_000)
  afterAll(async () => {
    await database.close()
    if (kind === 'PostgreSQL') await stopSqlServer()
  })
  const born = async (pipeline: string, stage: string | undefined, fields: object) =>
    (await shop.processes.service.birth({ pipeline, stage, fields: { ...fields } }, OWNER)).state.card.id
  const state = async (id: string) => (await shop.processes.service.waysOf(id, OWNER, ['owner'])).state
  const taskOf = async (id: string, template: string) =>
    (await state(id)).tasks.find((one) => one.template === template && one.state === 'open')?.id ?? ''

  test('a new installation has all seventeen pipelines', async () => {
    expect((await shop.processes.service.active())?.definitions.pipelines.size).toBe(17)
  })

  test('T-24: started again in the middle: a reminder and a limit come once each', async () => {
    const id = await born('call_centre', 'interview_set', {
      phone: PHONE,
      source: 'Сайт',
      name: 'Вера',
      interviewAt: shop.clock.now() + 3 * 3_600_000,
    })
    await shop.clock.advance(90 * 60_000)
    const again = await openShop(postgres, { text, clock: shop.clock })
    await Promise.all([shop.settle(), again.settle()])
    await again.settle()
    const sent = [...shop.sent, ...again.sent].filter((line) => line.startsWith('interview_reminder'))
    expect(sent).toHaveLength(1)
    expect((await state(id)).timers.filter(({ state: is }) => is === 'rung')).toHaveLength(1)
  })

  test('T-18: 100 contracts made in parallel, 7 cancelled: 1…100 without gaps', async () => {
    const car = { phone: PHONE, source: 'Авито', price: 1, contractKind: 'commission' }
    const ids = await Promise.all(Array.from({ length: 100 }, () => born('commission_cars', 'contract', car)))
    for (const id of ids.slice(0, 7))
      await postgres.db
        .updateTable('processNumbers')
        .set({ cancelledAt: 1, cancelledWhy: 'Передумал' })
        .where('card', '=', id)
        .execute()
    const rows = await postgres.db
      .selectFrom('processNumbers')
      .select(['n', 'cancelledAt'])
      .where('series', '=', 'contracts')
      .orderBy('n')
      .execute()
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(rows.filter(({ cancelledAt }) => cancelledAt !== null)).toHaveLength(7)
  }, 60_000)

  test('T-15: three heads press at once: one row, one winner', async () => {
    const id = await born('buyout_cars', 'diagnostics', { phone: PHONE, source: 'Авито', make: 'BMW', model: 'X5' })
    const task = await taskOf(id, 'diagnostics_visit.take')
    const pressed = await Promise.allSettled(
      ['a', 'b', 'c'].map((head) =>
        shop.processes.service.act(
          id,
          { kind: 'outcome', task, outcome: 'take', set: {}, answer: {}, comment: undefined },
          person(head, 'head'),
        ),
      ),
    )
    expect(pressed.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    const took = await postgres.db
      .selectFrom('cardLog')
      .select('actor')
      .where('card', '=', id)
      .where('kind', '=', 'took')
      .execute()
    expect(took).toHaveLength(1)
  })

  test('T-20: a move by hand in the registry is refused to the owner too, with the code of a 403', async () => {
    const id = await born('work_orders', undefined, { phone: PHONE })
    await expect(
      shop.processes.service.act(id, { kind: 'move', stage: 'service_head', set: {} }, OWNER),
    ).rejects.toMatchObject({ code: 'card/no-manual-moves' })
  })

  test('E-30: a mechanic is promised once: the second order is refused, and a moved one gives his hours back', async () => {
    const order = async () => {
      const id = await born('work_orders', 'service_head', { phone: PHONE, scenario: 'post_repair' })
      const task = await taskOf(id, 'e_assign')
      return { id, task }
    }
    const assign = ({ id, task }: { id: string; task: string }, visitAt: number) => {
      const set = { mechanic: 'mech-7', visitAt, needTrip: false, total: 0 }
      const event = { kind: 'outcome', task, outcome: 'done', set, answer: {}, comment: undefined } as const
      return shop.processes.service.act(id, event, person('s', 'service_head', 'owner'))
    }
    const slots = () =>
      postgres.db.selectFrom('processBookingSlots').select('card').where('unit', '=', 'mech-7').execute()
    const [first, second] = [await order(), await order()]
    await assign(first, at('24T10:00'))
    await expect(assign(second, at('24T11:00'))).rejects.toMatchObject({ code: 'card/refused' })
    await assign(second, at('24T12:00'))
    expect((await slots()).length).toBe(16)
  })

  test('T-23: the mechanic was offline: act and three photos come twice; there is one act, three photos', async () => {
    const id = await born('work_orders', 'mechanic', {
      phone: PHONE,
      mechanic: 'mech-1',
      cellNo: '1',
      visitAt: at('24T10:00'),
      scenario: 'post_repair',
    })
    const task = await taskOf(id, 'e_work')
    const files = createFileStore(postgres.db)
    const send = async () => {
      const photos: string[] = []
      for (const n of [1, 2, 3])
        photos.push(
          await files.add({
            id: crypto.randomUUID(),
            card: id,
            document: undefined,
            name: `${n}.jpg`,
            type: 'image/jpeg',
            bytes: new Uint8Array([n]),
            by: 'mech-1',
            at: 1,
            clientKey: `${id}-photo-${n}`,
          }),
        )
      return shop.processes.service.act(
        id,
        { kind: 'outcome', task, outcome: 'done', set: { workAct: 'act-1', photos }, answer: {}, comment: undefined },
        MECHANIC,
        { clientKey: `${id}-act` },
      )
    }
    await send()
    await expect(send()).rejects.toMatchObject({ code: 'task/closed' })
    expect(await files.of(id)).toHaveLength(3)
    expect((await state(id)).card.fields['photos']).toHaveLength(3)
    const done = await postgres.db
      .selectFrom('cardLog')
      .select('id')
      .where('card', '=', id)
      .where('kind', '=', 'done')
      .execute()
    expect(done).toHaveLength(1)
  })
})
