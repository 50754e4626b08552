import { describe, expect, test } from 'vitest'
import { at, FRIDAY_17 } from '../running-shop.ts'
import { caseWorld, close, newest, openTasks, PHONE, person, stageOf } from './case-world.ts'

const HEADS = ['Петров', 'Иванова', 'Сидоров'].map((name) => person(name, 'head'))
const VISITOR = person('visitor-1', 'visitor')
const BUYOUT = person('buyout-1', 'buyout')
const car = {
  source: 'Авито',
  phone: PHONE,
  make: 'BMW',
  model: 'X5',
  year: 2022,
  address: 'Москва',
  visitAt: at('25T12:00'),
}

function diagnostics(visitAt = at('25T12:00')) {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('buyout_cars', 'diagnostics', { ...car, visitAt }, { actor: BUYOUT })
  return { world, id }
}

describe('T-15: three heads press «Беру» at once', () => {
  test('one winner, the other two are told that it is taken', () => {
    const { world, id } = diagnostics()
    expect(world.sent('d_take_diag')).toMatchObject([{ to: { kind: 'group', id: 'buyout_leaders' } }])
    const task = world.task(id, 'diagnostics_visit.take')
    const answers = HEADS.map((by) =>
      world.on(
        id,
        { kind: 'outcome', task: task?.id ?? '', outcome: 'take', set: {}, answer: {}, comment: undefined },
        by,
      ),
    )
    expect(answers).toMatchObject([
      { kind: 'done' },
      { kind: 'refused', code: 'task' },
      { kind: 'refused', code: 'task' },
    ])
    expect(world.card(id).runs.find(({ state }) => state === 'running')?.bound).toEqual({ leader: 'person:Петров' })
    expect(world.task(id, 'diagnostics_visit.pick')?.assignee).toBe('person:Петров')
  })

  test('nobody answers: the owner is told, the heads are asked again, until someone does', () => {
    const { world, id } = diagnostics()
    world.wait('95m')
    expect(world.sent('d_nobody')).toHaveLength(3)
    expect(world.sent('d_take_diag')).toHaveLength(4)
    close(world, id, 'diagnostics_visit.take', 'take', { by: HEADS[1] ?? VISITOR })
    world.wait('3h')
    expect(world.sent('d_take_diag')).toHaveLength(4)
  })
})

function told(visitAt: number) {
  const { world, id } = diagnostics(visitAt)
  const [head = VISITOR] = HEADS
  close(world, id, 'diagnostics_visit.take', 'take', { by: head })
  close(world, id, 'diagnostics_visit.pick', 'done', { set: { visitor: 'visitor-1' }, by: head })
  close(world, id, 'diagnostics_visit.tell', 'done', { by: VISITOR })
  return { world, id }
}

describe('T-16: the reminder two hours before', () => {
  test('a visit in ninety minutes: at once; moved to tomorrow: a new one', () => {
    const { world, id } = told(FRIDAY_17 + 90 * 60_000)
    world.wait('1m')
    expect(world.sent('d_trip_soon').map((one) => one.at)).toEqual([FRIDAY_17])
    world.on(id, { kind: 'fields', set: { visitAt: at('21T18:00') } }, VISITOR)
    world.until(at('21T23:00'))
    expect(world.sent('d_trip_soon').map((one) => one.at)).toEqual([FRIDAY_17, at('21T16:00')])
  })

  test('whoever goes has to say that he has read it; until he does his head is reminded', () => {
    const { world, id } = diagnostics()
    const [head = VISITOR] = HEADS
    close(world, id, 'diagnostics_visit.take', 'take', { by: head })
    close(world, id, 'diagnostics_visit.pick', 'done', { set: { visitor: 'visitor-1' }, by: head })
    world.wait('121m')
    expect(world.sent('d_nobody').at(-1)).toMatchObject({ to: { kind: 'person', id: 'Петров' } })
    expect(openTasks(world, id)).toContain('diagnostics_visit.tell')
  })

  test('the result has every field, the head reads it, and the deal goes on', () => {
    const { world, id } = told(at('25T12:00'))
    world.until(at('25T13:00'))
    expect(close(world, id, 'diagnostics_visit.result', 'done', { by: VISITOR })).toMatchObject({
      kind: 'refused',
      code: 'fields',
    })
    close(world, id, 'diagnostics_visit.result', 'done', {
      by: VISITOR,
      set: { diagBody: 'Цел', diagEngine: 'Исправен', diagDocs: 'Чисты', diagPrice: 200_000_000 },
    })
    close(world, id, 'diagnostics_visit.read', 'done')
    expect(stageOf(world, id)).toBe('price')
  })
})

test('T-17: the price is sent back twice with comments, then agreed: all three rounds are in the history', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('buyout_cars', 'contract', { ...car, price: 1, contractKind: 'buyout' }, { actor: BUYOUT })
  world.on(id, { kind: 'start', process: 'detailing', set: { works: 'Полировка', worksPrice: 5_000_000 } }, BUYOUT)
  const [head = VISITOR] = HEADS
  close(world, id, 'detailing.take', 'take', { by: head })
  for (const comment of ['Дорого', 'Всё ещё дорого']) {
    close(world, id, 'detailing.price', 'rework', { comment, by: head })
    close(world, id, 'detailing.fix', 'done', { set: { worksPrice: 4_000_000 }, by: BUYOUT })
  }
  close(world, id, 'detailing.price', 'ok', { comment: 'Согласен', by: head })
  const rounds = world
    .steps()
    .flatMap((step) =>
      'change' in step && step.change.kind === 'done' && step.change.template === 'detailing.price'
        ? [step.change.comment]
        : [],
    )
  expect(rounds).toEqual(['Дорого', 'Всё ещё дорого', 'Согласен'])
  expect(stageOf(world, id)).toBe('detailing_give')
  close(world, id, 'detailing.accept', 'done', { set: { worksDue: at('24T12:00') } })
  expect(world.task(id, 'd_detailing')?.dueAt).toBe(at('24T12:00'))
  world.until(at('24T10:01'))
  expect(world.sent('d_detail_due')).toHaveLength(2)
  close(world, id, 'd_detailing', 'done')
  close(world, id, 'd_photo', 'done', { set: { photos: ['p1'] } })
  expect(stageOf(world, id)).toBe('detailing_done')
})

test('commission goes straight to work, without a price to agree', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('vehicle', 'v1', { vin: 'X1' })
  const { id } = world.birth('commission_cars', 'contract', {
    ...car,
    vehicle: 'v1',
    price: 1,
    contractKind: 'commission',
  })
  world.on(
    id,
    { kind: 'start', process: 'detailing', set: { works: 'Мойка', worksPrice: 1 } },
    person('c', 'commission'),
  )
  expect(stageOf(world, id)).toBe('detailing_give')
  expect(openTasks(world, id)).toContain('detailing.accept')
})

test('contracts are numbered in one row, and a car is in the registry by its VIN; buy-out goes on to sales with a new owner', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('vehicle', 'v1', { vin: 'XTA210990Y1234567' })
  const numbers = [1, 2, 3].map(() => {
    const { id } = world.birth('commission_cars', 'contract', {
      ...car,
      vehicle: 'v1',
      price: 1,
      contractKind: 'commission',
    })
    return world.card(id).card.fields['contractNo']
  })
  expect(numbers).toEqual(['1', '2', '3'])
  expect(world.record('autoteka_row', 'XTA210990Y1234567')).toMatchObject({ origin: 'commission', state: 'on_sale' })
  const { id } = world.birth('buyout_cars', 'contract', { ...car, vehicle: 'v1', price: 1, contractKind: 'buyout' })
  world.on(id, { kind: 'move', stage: 'won', set: {} }, BUYOUT)
  expect(world.card(newest(world, 'sales_cars')).card).toMatchObject({
    stage: 'inquiry',
    parent: id,
    responsible: 'role:sales',
  })
})
