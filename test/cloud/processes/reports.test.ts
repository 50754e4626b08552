import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../../../cloud/http/access.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Db, Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createBoardStore } from '../../../cloud/processes/board-store.ts'
import { shippedCases } from '../../../cloud/processes/cases-store.ts'
import { createDefinitionStore } from '../../../cloud/processes/definition-store.ts'
import { RUSSIAN_HOLIDAYS } from '../../../cloud/processes/engine/holidays.ts'
import { createMachine } from '../../../cloud/processes/engine/machine.ts'
import { check } from '../../../cloud/processes/lint/lint.ts'
import { createFunnelReports } from '../../../cloud/processes/reports/funnel-service.ts'
import { createFunnelStore } from '../../../cloud/processes/reports/funnel-store.ts'
import { createReportStore } from '../../../cloud/processes/reports/report-store.ts'
import { createResultReports } from '../../../cloud/processes/reports/result-service.ts'
import { createResultStore } from '../../../cloud/processes/reports/result-store.ts'
import { sheetOf } from '../../../cloud/processes/reports/table.ts'
import { workTime } from '../../../cloud/processes/reports/work-time.ts'
import { csvOf } from '../../../cloud/spreadsheet/sheet.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

const machine = createMachine(1, check(shippedCases()).definitions, RUSSIAN_HOLIDAYS)
/** Minutes after Monday, 2 November 2026, 9:00 in Moscow. */
const minute = (count: number): number => Date.parse('2026-11-02T09:00:00+03:00') + count * 60_000
const DAY = 1440
const period = { from: minute(0), to: minute(10 * DAY) }
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

type Line = readonly [at: number, change: Readonly<Record<string, unknown>>, who?: string]

describe.each(sqlKinds())('figures from a log written by hand, on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let reports: ReturnType<typeof createFunnelReports> & ReturnType<typeof createResultReports>
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    const { db } = postgres
    reports = reportsOf('all', db)
    await writeLog()
  }, 60_000)
  function reportsOf(parks: ParksInSight, db: Db) {
    const logged = { funnels: createFunnelStore(db, parks), reports: createReportStore(db, parks) }
    const counts = (pipeline: string) => createBoardStore(db).counts(pipeline, parks)
    return {
      ...createFunnelReports(logged),
      ...createResultReports({ ...logged, results: createResultStore(db, parks), counts }),
    }
  }
  afterAll(async () => {
    await database.close()
    if (kind === 'PostgreSQL') await stopSqlServer()
  })

  async function card(n: number, pipeline: string, fields: object, parent: number | undefined, lines: readonly Line[]) {
    const last = lines.findLast(([, change]) => 'to' in change && change['kind'] === 'moved')?.[1]['to']
    const stage = String(last ?? lines[0]?.[1]['stage'])
    const type = machine.stage(pipeline, stage)?.type
    await postgres.db
      .insertInto('cards')
      .values({
        id: id(n),
        pipeline,
        definition: 1,
        stage,
        enteredAt: minute(lines.at(-1)?.[0] ?? 0),
        createdAt: minute(lines[0]?.[0] ?? 0),
        entity: 'deal',
        subject: null,
        fields: JSON.stringify(fields),
        responsible: null,
        author: null,
        parent: parent === undefined ? null : id(parent),
        version: lines.length,
        closedAt: type === 'open' ? null : minute(lines.at(-1)?.[0] ?? 0),
        parked: null,
        repeats: '{}',
      })
      .execute()
    for (const [index, [at, change, who]] of lines.entries())
      await postgres.db
        .insertInto('cardLog')
        .values({
          card: id(n),
          version: index + 1,
          at: minute(at),
          pipeline,
          stage,
          kind: String(change['kind']),
          change: JSON.stringify(change),
          actorKind: who === undefined ? 'system' : 'person',
          actor: who === undefined ? 'engine' : `person:${who}`,
          actorName: who ?? null,
          ruleVersion: null,
          reason: null,
          evidence: null,
        })
        .execute()
  }
  const born = (stage: string) => ({ kind: 'born', stage })
  const moved = (from: string, to: string, stood: number) => ({ kind: 'moved', from, to, stood: stood * 60_000 })
  const done = (template: string, late = false) => ({ kind: 'done', template, outcome: 'x', late })

  async function writeLog() {
    await createDefinitionStore(postgres.db).add([], 'figures', 'test', epochMs(minute(0)))
    // Case B: four calls; two book a visit, one of the cars is released, its owner gives 2 of 5; one call is lost.
    await card(1, 'first_contact', { source: 'Сайт', estimate: 1_000_000 }, undefined, [
      [0, born('lead')],
      [10, done('b_call'), 'Анна'],
      [10, moved('lead', 'qualify', 10), 'Анна'],
      [20, moved('qualify', 'estimate', 10), 'Анна'],
      [30, moved('estimate', 'parts_pick', 10), 'Анна'],
      [40, moved('parts_pick', 'booked', 10), 'Анна'],
    ])
    await card(2, 'first_contact', { source: 'Авито' }, undefined, [
      [60, born('lead')],
      [90, { kind: 'overran', stage: 'lead' }],
      [100, done('b_call', true), 'Борис'],
      [100, moved('lead', 'qualify', 40), 'Борис'],
      [110, moved('qualify', 'booked', 10), 'Борис'],
    ])
    await card(3, 'first_contact', { source: 'Сайт', lossReason: 'Дорого', estimate: 300_050 }, undefined, [
      [200, born('lead')],
      [205, done('b_call'), 'Анна'],
      [206, moved('lead', 'lost', 6), 'Анна'],
    ])
    await card(4, 'first_contact', {}, undefined, [[300, born('lead')]])
    await card(11, 'repair_visit', {}, 1, [
      [40, born('expected')],
      [DAY, moved('expected', 'received', 1400)],
      [2 * DAY, moved('received', 'released', 1440)],
    ])
    await card(12, 'repair_visit', {}, 2, [[110, born('expected')]])
    await card(21, 'feedback', { score: 2 }, 11, [
      [2 * DAY, born('waiting')],
      [3 * DAY, { kind: 'set', path: 'deal.score', from: null, to: 2 }],
      [3 * DAY, moved('waiting', 'asked', DAY)],
      [3 * DAY + 600, done('b_low_score'), 'Анна'],
    ])
    await card(22, 'feedback', { score: 5 }, undefined, [
      [2 * DAY, born('waiting')],
      [3 * DAY, { kind: 'set', path: 'deal.score', from: null, to: 5 }],
    ])
    await card(23, 'feedback', { score: 3 }, undefined, [
      [2 * DAY, born('waiting')],
      [3 * DAY, { kind: 'set', path: 'deal.score', from: null, to: 3 }],
      [5 * DAY, done('b_low_score', true), 'Анна'],
    ])
    // Case C: two deals won from one channel, one from another; costs to the kopeck.
    const deal = { adChannel: 'Авито', paid: 1_000_000, adCost: 50_000, partsCost: 300_001, workCost: 200_000 }
    const won = (n: number, fields: object) =>
      card(n, 'c_service', fields, undefined, [
        [400, born('request')],
        [500, moved('ready', 'closed', 100)],
      ])
    await won(31, { ...deal, total: 1_000_000, make: 'Kia' })
    await won(32, { ...deal, total: 500_000, paid: 500_000, make: 'Lada' })
    await won(33, { paid: 200_000, total: 200_000 })
    await card(34, 'c_service', { total: 700_000, lossReason: 'Дорого' }, undefined, [
      [400, born('request')],
      [450, moved('request', 'refused', 50)],
    ])
    await card(35, 'c_service', { total: 10_050 }, undefined, [[400, born('request')]])
    // Won before the period began: in none of its figures.
    await card(36, 'c_service', { total: 9_999_999, paid: 9_999_999 }, undefined, [
      [-500, born('request')],
      [-400, moved('ready', 'closed', 100)],
    ])
  }
  const ask = (named?: string, more: { stage?: string; by?: string } = {}) => ({
    machine,
    pipelines:
      named === undefined
        ? [...machine.definitions.pipelines.values()]
        : [machine.pipeline(named) ?? expect.fail(named)],
    named,
    period,
    stage: more.stage,
    by: more.by,
  })
  const rows = async (table: Promise<{ rows: readonly unknown[] }>) => (await table).rows

  test('the funnel: how many of four calls came how far, of all and of the step before', async () => {
    expect(await rows(reports.conversions(ask('first_contact')))).toEqual([
      ['Первичное обращение', 'Первичное обращение', 4, { percent: 100 }, { percent: 100 }],
      ['Первичное обращение', 'Квалификация', 2, { percent: 50 }, { percent: 50 }],
      ['Первичное обращение', 'Предварительный расчёт', 1, { percent: 25 }, { percent: 50 }],
      ['Первичное обращение', 'Подбор запчастей', 1, { percent: 25 }, { percent: 100 }],
      ['Первичное обращение', 'Запись на ремонт', 2, { percent: 50 }, null],
      ['Первичное обращение', 'Отказ', 1, { percent: 25 }, null],
    ])
  })

  test('B-16: call → visit → released → feedback across the three linked funnels', async () => {
    const found = await rows(reports.chain(ask()))
    expect(found).toEqual([
      ['Первичное обращение', 'Первичное обращение', 4, { percent: 100 }],
      ['Первичное обращение', 'Квалификация', 2, { percent: 50 }],
      ['Первичное обращение', 'Предварительный расчёт', 1, { percent: 25 }],
      ['Первичное обращение', 'Подбор запчастей', 1, { percent: 25 }],
      ['Первичное обращение', 'Запись на ремонт', 2, { percent: 50 }],
      ['Первичное обращение', 'Отказ', 1, { percent: 25 }],
      ['Визит в автосервис', 'Ожидание визита', 2, { percent: 50 }],
      ['Визит в автосервис', 'Приёмка мастером', 1, { percent: 25 }],
      ['Визит в автосервис', 'Выдача автомобиля владельцу', 1, { percent: 25 }],
      ['Обратная связь', 'Ждём неделю', 1, { percent: 25 }],
      ['Обратная связь', 'Оценка получена', 1, { percent: 25 }],
    ])
  })

  test('A-55: every step of this week beside the same part of the week before, and beside its plan', async () => {
    const first = (to: number, policy: object = {}) =>
      rows(
        reports.week({
          ...ask('first_contact'),
          period: { ...period, to },
          machine: { ...machine, policy: { ...machine.policy, ...policy } },
        }),
      )
    // Wednesday of the first week: four came, one of them is lost.
    expect((await first(minute(2 * DAY))).slice(0, 2)).toEqual([
      ['Первичное обращение', 'Первичное обращение', 4, 0, 4, { percent: 100 }, null, null, null],
      ['Первичное обращение', 'Квалификация', 2, 0, 2, { percent: 50 }, null, null, null],
    ])
    // Monday, ten past nine a week later: by the same minute one had come, and nobody had gone further.
    expect(await first(minute(7 * DAY + 9))).toEqual([
      ['Первичное обращение', 'Первичное обращение', 0, 1, -1, null, { percent: 100 }, null, null],
    ])
    const planned = { ...machine, policy: { ...machine.policy, planInterviewsSet: 40 } }
    expect(await rows(reports.week({ ...ask('call_centre'), machine: planned }))).toEqual([
      ['Колл-центр', 'Назначена встреча', 0, 0, 0, null, null, 40, { percent: 0 }],
    ])
  })

  test('A-56: a figure of each person and month by a formula of the files', async () => {
    const text = `kind: kpi
id: calls
title: Премия приёмщика
unit: money
counts:
  booked: {title: Записано, moved: {pipeline: first_contact, to: [qualify, booked]}}
  late: {title: С опозданием, done: {tasks: [b_call], late: only}}
formula: "booked * 10000 - late * 2500"
`
    const { definitions, problems } = check([...shippedCases(), { name: 'kpi.yaml', text }])
    expect(problems.filter(({ file }) => file === 'kpi.yaml')).toEqual([])
    const asked = { ...ask(), machine: createMachine(1, definitions, RUSSIAN_HOLIDAYS) }
    expect(await rows(reports.kpi(asked))).toEqual([
      ['2026-11', 'Анна', 'Премия приёмщика', 'Записано: 2; С опозданием: 0', { kopecks: 20_000 }],
      ['2026-11', 'Борис', 'Премия приёмщика', 'Записано: 2; С опозданием: 1', { kopecks: 17_500 }],
    ])
  })

  test('B-17: what came, went on, was lost, overran, and how long it stood', async () => {
    const span = (minutes: number) => ({ span: minutes * 60_000 })
    const [lead, qualify] = await rows(reports.stages(ask('first_contact')))
    expect(lead).toEqual(['Первичное обращение', 'Первичное обращение', 4, 2, 1, 1, span(10), span(34)])
    expect(qualify).toEqual(['Первичное обращение', 'Квалификация', 2, 2, 0, 0, span(10), span(10)])
  })

  test('B-19: who led which cards how far, and how soon he began', async () => {
    expect(await rows(reports.people(ask('first_contact')))).toEqual([
      ['Первичное обращение', 'Анна', 2, { span: 7.5 * 60_000 }, 1, 1, { percent: 50 }],
      ['Первичное обращение', 'Борис', 1, { span: 40 * 60_000 }, 1, 0, { percent: 100 }],
    ])
  })

  test('A-13: minutes of work for one card brought to the stage it is all for', async () => {
    // Анна: 10→10→20→30→40 is 0+10+10+10, 205→206 one more; her first act and the one after a pause have no length.
    expect(await rows(reports.effort(ask('first_contact', { stage: 'booked' })))).toEqual([
      ['Первичное обращение', 'Запись на ремонт', 'Анна', 2, { span: 31 * 60_000 }, 1, { span: 31 * 60_000 }],
      ['Первичное обращение', 'Запись на ремонт', 'Борис', 1, { span: 10 * 60_000 }, 1, { span: 10 * 60_000 }],
      ['Первичное обращение', 'Запись на ремонт', 'Все', 3, { span: 41 * 60_000 }, 2, { span: 20.5 * 60_000 }],
    ])
    expect(await rows(reports['without-person'](ask('c_service')))).toEqual([
      ['Сделки автосервиса', 4, 4, { percent: 100 }],
    ])
  })

  test('B-18: scores, and how many of the low ones were handled within a day', async () => {
    expect(await rows(reports.quality(ask('feedback')))).toEqual([['Обратная связь', 3, 3.3, 2, 1, { percent: 50 }]])
    expect(await rows(reports['on-time'](ask('feedback')))).toEqual([
      ['Разобрать низкую оценку', 2, 1, { percent: 50 }],
    ])
  })

  test('D-06: in work, won and lost with their sums to the kopeck', async () => {
    expect(await rows(reports.sums(ask('c_service')))).toEqual([
      ['Сделки автосервиса', 1, { kopecks: 10_050 }, 3, { kopecks: 1_700_000 }, 1, { kopecks: 700_000 }],
    ])
    expect(await rows(reports.losses(ask('first_contact')))).toEqual([
      ['Первичное обращение', 'Первичное обращение', 'Дорого', 1, { kopecks: 300_050 }],
    ])
  })

  test('C-10: income and cost by channel, by make', async () => {
    const k = (kopecks: number) => ({ kopecks })
    expect(await rows(reports.profit(ask()))).toEqual([
      ['Авито', 2, k(1_500_000), k(100_000), k(600_002), k(400_000), k(399_998), { percent: 26.7 }],
      ['не указано', 1, k(200_000), k(0), k(0), k(0), k(200_000), { percent: 100 }],
    ])
    expect(
      (await rows(reports.profit(ask(undefined, { by: 'make' })))).map((row) => Array.isArray(row) && row[0]),
    ).toEqual(['Kia', 'Lada', 'не указано'].toSorted())
  })

  test('C-13: few in preparation says advertise', async () => {
    const found = await rows(reports.bands(ask('c_service')))
    expect(found).toContainEqual(['Сделки автосервиса', 'Ожидание заезда', 0, '3–12', 'мало'])
    expect(found).toContainEqual(['Сделки автосервиса', 'Заявка', 1, '1–15', ''])
  })

  test('A-63: seven numbers beside those of the time before, each opening its list', async () => {
    expect(await rows(reports.owner(ask('c_service')))).toEqual([
      [{ report: 'conversions', title: 'Новых карточек' }, 5, 1],
      [{ report: 'sums', title: 'Успешно закрыто' }, 3, 1],
      [{ report: 'sums', title: 'Сумма успешных' }, { kopecks: 1_700_000 }, { kopecks: 9_999_999 }],
      [{ report: 'losses', title: 'Успешных из закрытых' }, { percent: 75 }, { percent: 100 }],
      [{ report: 'on-time', title: 'Задач в срок' }, null, null],
      [{ report: 'stages', title: 'Превышений срока этапа' }, 0, 0],
      [{ report: 'quality', title: 'Средняя оценка' }, null, null],
    ])
  })

  test('a card without a source is named', async () => {
    expect(await rows(reports['without-source'](ask('first_contact')))).toEqual([
      ['Первичное обращение', 'Первичное обращение', { card: id(4), no: expect.any(Number) }, { time: minute(300) }],
    ])
  })

  test('as a file: sums with two decimals, the unit in the title', async () => {
    expect(csvOf(sheetOf(await reports.sums(ask('c_service'))))).toBe(
      '\ufeff"Воронка";"В работе";"Сумма в работе, ₽";"Успешно";"Сумма успешных, ₽";"Отказ";"Сумма отказов, ₽"\r\n' +
        '"Сделки автосервиса";1;100,50;3;17000,00;1;7000,00\r\n',
    )
  })

  // Last: it takes cards away.
  test('what a report says of some parks is what the log says without the cards of the others', async () => {
    const { db } = postgres
    const other = id(900)
    await sql`insert into parks (id, name, named_at) values (${other}, 'Северный', 0)`.execute(db)
    for (const [index, park] of [MAIN_PARK, other].entries()) {
      const vehicle = id(901 + index)
      await sql`insert into vehicles (id, plate, model, created_at, park_id)
        values (${vehicle}, ${`А00${index}АА77`}, 'Haval', 0, ${park})`.execute(db)
      for (const n of index === 0 ? [1, 11, 21, 31] : THERE)
        await sql`insert into card_links (card, entity, record) values (${id(n)}, 'vehicle', ${vehicle})`.execute(db)
    }
    for (const n of [31, 32])
      for (const [step, [template, outcome]] of [
        ['c_start', 'start'],
        ['c_work', 'pause'],
        ['c_resume', 'resume'],
        ['c_work', 'done'],
      ].entries())
        await sql`insert into card_tasks (id, card, kind, template, title, assignee, watchers, priority, open_from, due_at,
            created_at, state, of_limit, outcome, closed_at, closed_by)
          values (${id(n * 10 + step)}, ${id(n)}, 'do', ${template}, 'Ремонт', 'role:mechanic', '[]', 1, 0, 0, 0, 'done',
            false, ${outcome}, ${minute(410 + step * n)}, 'person:one')`.execute(db)
    const said = async (parks: ParksInSight) => {
      const { effort: _effort, 'between-tasks': _between, ...limited } = reportsOf(parks, db)
      const some = { ...ask(), pipelines: USED.map((name) => machine.pipeline(name) ?? expect.fail(name)) }
      const each = Object.entries(limited).map(async ([name, report]) => [name, (await report(some)).rows] as const)
      return Object.fromEntries(await Promise.all(each))
    }
    const [all, own] = [await said('all'), await said([MAIN_PARK])]
    await db
      .deleteFrom('cards')
      .where(
        'id',
        'in',
        THERE.map((n) => id(n)),
      )
      .execute()
    expect(own).toEqual(await said('all'))
    for (const name of [
      'conversions',
      'chain',
      'stages',
      'people',
      'sums',
      'profit',
      'quality',
      'work-time',
      'waiting',
    ])
      expect([name, own[name]]).not.toEqual([name, all[name]])
  })
})
const USED = ['first_contact', 'repair_visit', 'feedback', 'c_service']
/** Cards whose car stands in the other park. */
const THERE = [2, 12, 22, 32, 35]

test('C-08: net work against waiting, by mechanic and by reason; what has not ended counts for nothing', () => {
  const at = (minutes: number) => minutes * 60_000
  const line = (card: string, minutes: number, what: 'start' | 'pause' | 'resume' | 'done', reason?: string) => ({
    card,
    at: at(minutes),
    person: card === 'b' ? 'Пётр' : 'Иван',
    what,
    reason,
  })
  const lines = [
    line('a', 0, 'start'),
    line('a', 30, 'pause', 'Запчасти'),
    line('a', 150, 'resume'),
    line('a', 200, 'pause', 'Подъёмник'),
    line('a', 210, 'resume'),
    line('a', 270, 'done'),
    line('b', 0, 'start'),
    line('b', 45, 'pause', 'Запчасти'),
  ]
  expect(workTime(lines.toReversed())).toEqual({
    people: [
      { person: 'Иван', cards: 1, netMs: at(140), waitMs: at(130) },
      { person: 'Пётр', cards: 1, netMs: at(45), waitMs: 0 },
    ],
    reasons: [
      { reason: 'Запчасти', times: 1, waitMs: at(120) },
      { reason: 'Подъёмник', times: 1, waitMs: at(10) },
    ],
  })
})
