import { describe, expect, test } from 'vitest'
import { at, FRIDAY_17 } from '../running-shop.ts'
import { caseWorld, close, DAY, newest, openTasks, PHONE, person, stageOf } from './case-world.ts'

const OWNER = person('owner-1', 'owner')
const MECHANIC = person('mech-1', 'mechanic')
const LINE = '+74950000002'

/** A request that the head of service has agreed: the card of the registry of work orders. */
function agreed(machine: object, kind = 'repair') {
  const world = caseWorld(FRIDAY_17)
  world.give('client', 'c1', { phone: PHONE, checkedOn: at('01T00:00') })
  world.give('machine', 'm1', { serial: 'Т-1', factory: 'Завод', engineHours: 900, ...machine })
  world.deliver('call.ringing', { from: PHONE, line: LINE, source: 'Телефон' })
  const request = newest(world, 'intake')
  world.on(
    request,
    { kind: 'fields', set: { client: 'c1', machine: 'm1', need: 'Не заводится', requestKind: kind } },
    person('d', 'dispatcher'),
  )
  world.deliver('form.submitted', {}, { card: request })
  close(world, request, 'request_approval.ok', 'ok')
  const order = newest(world, 'work_orders')
  close(world, order, 'e_engineer', 'done', { set: { reasonCode: 'E10', partsList: 'Фильтр', partsState: 'in_stock' } })
  return { world, request, order }
}
const assign = (of: ReturnType<typeof agreed>, set: object) =>
  close(of.world, of.order, 'e_assign', 'done', {
    set: { mechanic: 'mech-1', visitAt: at('24T10:00'), needTrip: false, total: 0, ...set },
  })
const work = ({ world, order }: ReturnType<typeof agreed>) => {
  close(world, order, 'e_cell', 'done', { set: { cellNo: 'Б-12', partsEta: at('23T00:00') } })
  close(world, order, 'e_work', 'done', { set: { workAct: 'act-1', photos: ['p1', 'p2', 'p3'] }, by: MECHANIC })
}

describe('a call to the dispatcher', () => {
  test('opens the form in his browser', () => {
    const { world } = agreed({})
    const screens = world
      .steps()
      .flatMap((step) => ('effect' in step && step.effect.kind === 'screen' ? [step.effect] : []))
    expect(screens).toMatchObject([{ open: 'dispatcher_form', to: { kind: 'role', id: 'dispatcher' } }])
  })

  test('a client nobody has checked goes to the lawyer, who may ask for more papers', () => {
    const world = caseWorld(FRIDAY_17)
    world.give('client', 'c1', { phone: PHONE })
    world.give('machine', 'm1', { serial: 'Т-1' })
    const { id } = world.birth(
      'intake',
      undefined,
      { phone: PHONE, client: 'c1', machine: 'm1', need: 'ТО', requestKind: 'maintenance' },
      { actor: person('d', 'dispatcher') },
    )
    world.deliver('form.submitted', {}, { card: id })
    expect(stageOf(world, id)).toBe('lawyer')
    const papers = { set: { 'client.inn': '7707083893', 'client.name': 'ООО Поле', 'client.docs': ['f1'] } }
    close(world, id, 'counterparty_check.card', 'done', papers)
    close(world, id, 'counterparty_check.law', 'more', { comment: 'Нет устава' })
    close(world, id, 'counterparty_check.card', 'done', papers)
    close(world, id, 'counterparty_check.law', 'ok')
    expect(stageOf(world, id)).toBe('approval')
    expect(world.record('client', 'c1')).toHaveProperty('checkedOn')
  })

  test('a missed call is a card with a task of thirty minutes', () => {
    const world = caseWorld(FRIDAY_17)
    world.deliver('call.missed', { from: PHONE, line: LINE, source: 'Телефон' })
    const id = newest(world, 'intake')
    expect(world.task(id, 'e_missed_call')?.dueAt).toBe(FRIDAY_17 + 30 * 60_000)
    world.wait('31m')
    expect(openTasks(world, id)).toContain('e_check')
  })
})

describe('four scenarios of a request', () => {
  test.each([
    [{ warrantyHours: 1000 }, 'repair', 'warranty_repair'],
    [{ warrantyHours: 1000 }, 'maintenance', 'warranty_maintenance'],
    [{ warrantyHours: 900 }, 'repair', 'post_repair'],
    [{ warrantyUntil: at('19T00:00') }, 'maintenance', 'post_maintenance'],
    [{ warrantyHours: 1000, warrantyUntil: at('19T00:00') }, 'repair', 'post_repair'],
    [{}, 'repair', 'post_repair'],
  ])('%o, %s: %s', (machine, kind, scenario) => {
    const { world, order } = agreed(machine, kind)
    expect(world.card(order).card.fields['scenario']).toBe(scenario)
  })
})

test('T-19: one kopeck unpaid: refused by hand and by rule; the payment from 1C closes it', () => {
  const of = agreed({})
  const { world, order } = of
  assign(of, { total: 1_000_000, orderNo1c: 'ЗН-77' })
  work(of)
  expect(stageOf(world, order)).toBe('payment')
  const pay = (id: string, amount: number) => world.deliver('onec.payment', { id, orderNo: 'ЗН-77', amount })
  pay('p1', 999_999)
  expect(stageOf(world, order)).toBe('payment')
  expect(world.on(order, { kind: 'move', stage: 'done', set: {} }, OWNER)).toMatchObject({ kind: 'refused' })
  expect(stageOf(world, order)).toBe('payment')
  pay('p1', 999_999)
  expect(world.card(order).card.fields['paid']).toBe(999_999)
  pay('p2', 1)
  expect(stageOf(world, order)).toBe('done')
})

test('T-20: nobody moves a row of the registry by hand, the owner neither', () => {
  const { world, order } = agreed({})
  for (const by of [OWNER, person('h', 'head', 'service_head'), MECHANIC])
    expect(world.on(order, { kind: 'move', stage: 'letter', set: {} }, by)).toMatchObject({
      kind: 'refused',
      code: 'manual',
    })
})

test('T-21: the meter passes the warranty between request and trip: the scenario stays, a warning is shown', () => {
  const of = agreed({ warrantyHours: 1000 })
  const { world, order } = of
  world.recordChanged('machine', 'm1', { engineHours: 1001 })
  assign(of, { needTrip: true, tripPrice: 0 })
  expect(world.card(order).card).toMatchObject({
    stage: 'trip',
    fields: { scenario: 'warranty_repair', warning: 'Гарантия кончилась после заявки: моточасы или дата' },
  })
})

test('T-22: warranty confirmed by the factory, nothing to pay: it closes by itself', () => {
  const of = agreed({ warrantyHours: 1000 })
  const { world, order } = of
  assign(of, { total: 500_000 })
  expect(stageOf(world, order)).toBe('letter')
  expect(world.sent('e_factory')).toHaveLength(1)
  world.deliver('factory.claim_act', {}, { card: order })
  work(of)
  expect(stageOf(world, order)).toBe('done')
  expect(world.record('machine', 'Т-1')).toMatchObject({ repairReasons: ['Не заводится'] })
})

test('the owner pays the trip first; a fault mended on the trip goes straight to payment, and the factory is told', () => {
  const of = agreed({ warrantyHours: 1000 })
  const { world, order } = of
  assign(of, { needTrip: true, tripPrice: 100_000, total: 300_000, orderNo1c: 'ЗН-78' })
  expect(stageOf(world, order)).toBe('service_head')
  world.deliver('onec.payment', { id: 'p1', orderNo: 'ЗН-78', amount: 150_000 })
  expect(world.card(order).card).toMatchObject({ stage: 'trip', fields: { tripPaid: 100_000, paid: 50_000 } })
  close(world, order, 'e_trip', 'fixed', { set: { diagText: 'Фильтр', photos: ['p'], workAct: 'act' }, by: MECHANIC })
  expect(stageOf(world, order)).toBe('payment')
  expect(world.sent('e_factory')).toHaveLength(1)
  world.deliver('onec.payment', { id: 'p2', orderNo: 'ЗН-78', amount: 250_000 })
  expect(stageOf(world, order)).toBe('done')
})

test('only the head of service moves a request to another period', () => {
  const { world, order } = agreed({})
  const later = { answer: { visitAt: FRIDAY_17 + 9 * DAY, why: 'Нет детали' } }
  expect(close(world, order, 'e_assign', 'later', { ...later, by: person('e', 'engineer') })).toMatchObject({
    kind: 'refused',
    code: 'task',
  })
  expect(close(world, order, 'e_assign', 'later', { ...later, by: person('s', 'service_head') })).toEqual({
    kind: 'done',
  })
  expect(world.card(order).card.fields['visitAt']).toBe(FRIDAY_17 + 9 * DAY)
})

test('pre-sale preparation has no trip and no payment check; the logist delivers', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('machine', 'm1', { serial: 'Т-2', engineHours: 1 })
  const { id } = world.birth('supply', undefined, { name: 'ООО Поле', phone: PHONE, need: 'Трактор', machine: 'm1' })
  close(world, id, 'e_supply', 'go')
  close(world, id, 'e_factory_price', 'agreed', { set: { price: 1, total: 100 } })
  const order = newest(world, 'work_orders')
  close(world, order, 'e_engineer', 'done', { set: { reasonCode: 'E10', partsList: 'Масло', partsState: 'in_stock' } })
  const of = { world, request: id, order }
  assign(of, { total: 0 })
  expect(stageOf(world, order)).toBe('parts')
  work(of)
  expect(stageOf(world, order)).toBe('done')
  expect(openTasks(world, order)).toContain('e_delivery')
})
