import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Fault } from '../../../cloud/http/fault.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createBoardStore } from '../../../cloud/processes/board-store.ts'
import { createTaskStore } from '../../../cloud/processes/desk/task-store.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { at, FRIDAY_17, HEAD, MANAGER } from './running-shop.ts'
import { openShop } from './shop-house.ts'
import { changed } from './small-shop.ts'

const request = { source: 'Сайт', phone: '+79161234567' }
type Shop = Awaited<ReturnType<typeof openShop>>

describe.each(sqlKinds())('cards on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let shop: Shop
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    shop = await openShop(postgres)
  }, 60_000)
  afterAll(async () => {
    await database.close()
    if (kind === 'PostgreSQL') await stopSqlServer()
  })

  const born = async (fields: object = {}, stage?: string) =>
    (await shop.processes.service.birth({ pipeline: 'orders', stage, fields: { ...request, ...fields } }, MANAGER))
      .state
  const state = async (id: string) => (await shop.processes.service.waysOf(id, MANAGER, ['manager'])).state
  const close = async (id: string, template: string, outcome: string, set: object = {}) => {
    const task = (await state(id)).tasks.find((one) => one.template === template && one.state === 'open')
    return shop.processes.service.act(
      id,
      { kind: 'outcome', task: task?.id ?? '', outcome, set: { ...set }, answer: {}, comment: undefined },
      MANAGER,
    )
  }

  test('a move by hand past a guard is refused with the sentence, and nothing is written', async () => {
    const { card } = await born({ visitAt: at('25T12:00'), total: 100, paid: 99 }, 'visit')
    const refused = await shop.processes.service
      .act(card.id, { kind: 'move', stage: 'done', set: {} }, MANAGER)
      .catch((fault: unknown) => fault)
    expect(refused).toBeInstanceOf(Fault)
    expect(refused).toMatchObject({ code: 'card/refused', more: { why: ['Не оплачено'] } })
    expect((await state(card.id)).card).toMatchObject({ stage: 'visit', version: card.version })
  })

  test('card, log and effects are written together; the effect is carried out once', async () => {
    const { card } = await born({ name: 'Иван', visitAt: FRIDAY_17 + 90 * 60_000 }, 'visit')
    await shop.settle()
    await shop.settle()
    expect(shop.sent.filter((line) => line.includes('Иван'))).toEqual([
      'reminder: Иван, ждём вас 20\u00a0ноября, 18:30 (МСК)',
    ])
    const log = await postgres.db
      .selectFrom('cardLog')
      .select(['kind', 'actor'])
      .where('card', '=', card.id)
      .orderBy('id')
      .execute()
    expect(log[0]).toEqual({ kind: 'born', actor: 'person:p1' })
  })

  test('a field that other cards link to tells them', async () => {
    await postgres.db
      .insertInto('processRecords')
      .values({
        entity: 'driver',
        id: 'd9',
        fields: JSON.stringify({ phone: '+79990000000' }),
        version: 1,
        changedAt: 0,
      })
      .execute()
    const first = await born({ driver: 'd9' })
    await shop.processes.service.act(first.card.id, { kind: 'fields', set: { 'driver.name': 'Пётр' } }, MANAGER)
    const row = await postgres.db
      .selectFrom('processRecords')
      .select('fields')
      .where('id', '=', 'd9')
      .executeTakeFirst()
    expect(row?.fields).toEqual({ phone: '+79990000000', name: 'Пётр' })
  })

  test('a failing effect is tried again, ever later, and at last a person is asked', async () => {
    let tries = 0
    const broken = await openShop(postgres, {
      clock: shop.clock,
      ports: {
        sendMessage: async () => {
          tries += 1
          throw new Error('шлюз SMS молчит')
        },
      },
    })
    const { card } = await born({ visitAt: shop.clock.now() + 60_000 }, 'visit')
    await broken.processes.effects.ring()
    for (let round = 0; round < 12; round += 1) {
      await broken.processes.effects.round()
      await shop.clock.advance(10 * 60_000)
    }
    expect(tries).toBe(8)
    expect((await state(card.id)).tasks.map(({ template }) => template)).toContain('check_stuck')
  })

  test('a timer rings once, though two instances sweep at the same moment and one is started again', async () => {
    const ids: string[] = []
    for (let index = 0; index < 10; index += 1) ids.push((await born()).card.id)
    await shop.clock.advance(4 * 86_400_000)
    const second = await openShop(postgres, { clock: shop.clock })
    await Promise.all([shop.processes.effects.ring(), second.processes.effects.ring()])
    await (await openShop(postgres, { clock: shop.clock })).processes.effects.ring()
    const rows = await postgres.db
      .selectFrom('cardLog')
      .select('card')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('kind', '=', 'overran')
      .where('card', 'in', ids)
      .groupBy('card')
      .execute()
    expect(rows.map(({ count }) => Number(count))).toEqual(ids.map(() => 1))
  })

  test('numbers have no gaps, though contracts are made at once and some are rolled back', async () => {
    const ids: string[] = []
    for (let index = 0; index < 30; index += 1) {
      const { card } = await born({ name: `n${index}`, visitAt: at('30T12:00') }, 'visit')
      await shop.processes.service.act(card.id, { kind: 'button', id: 'sign' }, MANAGER)
      ids.push(card.id)
    }
    const sign = async (id: string, fails: boolean) => {
      const task = (await state(id)).tasks.find(({ template }) => template === 'contract.ask_head')
      const event = {
        kind: 'outcome',
        task: task?.id ?? '',
        outcome: 'ok',
        set: {},
        answer: {},
        comment: undefined,
      } as const
      await postgres
        .inTransaction(async (tx) => {
          await shop.processes.service.actIn(tx, id, event, HEAD)
          if (fails) throw new Error('cancelled on the way')
        })
        .catch(() => undefined)
    }
    await Promise.all(ids.map((id, index) => sign(id, index % 4 === 3)))
    const rows = await postgres.db
      .selectFrom('processNumbers')
      .select('n')
      .where('series', '=', 'contracts')
      .orderBy('n')
      .execute()
    expect(rows.map(({ n }) => Number(n))).toEqual(Array.from({ length: rows.length }, (_, index) => index + 1))
    expect(rows).toHaveLength(ids.filter((_, index) => index % 4 !== 3).length)
  })

  test('a made document is there in Word and PDF, with its values', async () => {
    const { card } = await born({ name: 'Мария Петрова', visitAt: at('30T12:00') }, 'visit')
    await shop.processes.service.act(card.id, { kind: 'button', id: 'sign' }, MANAGER)
    const task = (await state(card.id)).tasks.find(({ template }) => template === 'contract.ask_head')
    await shop.processes.service.act(
      card.id,
      { kind: 'outcome', task: task?.id ?? '', outcome: 'ok', set: {}, answer: {}, comment: undefined },
      HEAD,
    )
    await shop.settle()
    const files = await postgres.db
      .selectFrom('processFiles')
      .select(['name', 'type', 'bytes'])
      .where('card', '=', card.id)
      .orderBy('name')
      .execute()
    expect(files.map(({ name }) => name)).toEqual(['Договор.docx', 'Договор.pdf'])
    expect(
      Buffer.from(files[1]?.bytes ?? [])
        .subarray(0, 4)
        .toString(),
    ).toBe('%PDF')
    expect(files[0]?.bytes.length).toBeGreaterThan(500)
  })

  test('two who press at once: one closes the task, the other is told', async () => {
    const { card } = await born()
    const results = await Promise.allSettled([close(card.id, 'call', 'no_answer'), close(card.id, 'call', 'no_answer')])
    expect(results.map(({ status }) => status).toSorted()).toEqual(
      kind === 'PostgreSQL' || results.length === 2 ? ['fulfilled', 'rejected'] : [],
    )
  })

  test('a removed stage with cards on it is refused with the count, and a mapping carries them', async () => {
    const { card } = await born({ visitAt: at('30T12:00') }, 'visit')
    const text = changed(
      ['  - id: visit\n    title: Визит', '  - id: coming\n    title: Ждём'],
      ['next: [visit, lost]', 'next: [coming, lost]'],
      ['do: [{move: visit}]', 'do: [{move: coming}]'],
      ['for: {pipeline: orders, stage: visit}', 'for: {pipeline: orders, stage: coming}'],
    )
    const version = await shop.processes.definitions.load([{ name: 'shop.yaml', text }], 'ждём', 'Петров')
    const refused = await shop.processes.definitions
      .activate(version, { cards: 'keep', mapping: {}, by: 'Петров' })
      .catch((fault: unknown) => fault)
    expect(refused).toMatchObject({ code: 'definition/stage-has-cards' })
    await shop.processes.definitions.activate(version, {
      cards: 'keep',
      mapping: { orders: { visit: 'coming' } },
      by: 'Петров',
    })
    expect((await state(card.id)).card).toMatchObject({ stage: 'coming', definition: version })
  })

  test('a card of a vehicle in another park is not there; a card without a vehicle is everybody’s', async () => {
    const park = await postgres.db.selectFrom('parks').select('id').executeTakeFirstOrThrow()
    const vehicle = VehicleId.parse('0d5f4b3c-0000-4000-8000-000000000001')
    await postgres.db
      .insertInto('vehicles')
      .values({ id: vehicle, plate: 'А001АА777', model: 'Rio', createdAt: epochMs(1) })
      .execute()
    const [own, free] = [await born({ vehicle }), await born()]
    const boards = createBoardStore(postgres.db)
    const page = { limit: 200, after: undefined, sort: 'no' } as const
    const seen = async (parks: 'all' | readonly string[]) =>
      (await boards.list({ pipeline: 'orders', parks }, page)).map(({ id }) => id)
    expect(await seen([park.id])).toEqual(expect.arrayContaining([own.card.id, free.card.id]))
    expect(await seen(['11111111-1111-4111-8111-111111111111'])).not.toContain(own.card.id)
    expect(await seen(['11111111-1111-4111-8111-111111111111'])).toContain(free.card.id)
    const tasks = createTaskStore(postgres.db)
    const worked = async (parks: 'all' | readonly string[]) =>
      new Set((await tasks.list({ parks }, 500)).map(({ card }) => card.id))
    const [near, far] = [await worked([park.id]), await worked(['11111111-1111-4111-8111-111111111111'])]
    expect([near.has(own.card.id), near.has(free.card.id)]).toEqual([true, true])
    expect([far.has(own.card.id), far.has(free.card.id)]).toEqual([false, true])
    const counted = await tasks.count({ parks: ['11111111-1111-4111-8111-111111111111'] })
    expect(counted).toBe((await tasks.count({})) - (await tasks.count({ card: own.card.id })))
    expect(await boards.inSight(own.card.id, [])).toBe(false)
    expect(await boards.inSight(own.card.id, 'all')).toBe(true)
  })

  test('definitions with a mistake are not loaded, and every mistake is named', async () => {
    const refused = await shop.processes.definitions
      .load([{ name: 'shop.yaml', text: changed(['start: request', 'start: reqest']) }], '', 'x')
      .catch((fault: unknown) => fault)
    expect(refused).toMatchObject({ code: 'definition/refused', more: { problems: [{ file: 'shop.yaml', check: 3 }] } })
  })
})
