import { expect, test } from 'vitest'
import { at, FRIDAY_17 } from '../running-shop.ts'
import { caseWorld, close, newest, openTasks, PHONE, person, stageOf } from './case-world.ts'

const MANAGER = person('m1', 'manager')
const LINE = '+74950000001'
const deals = (world: ReturnType<typeof caseWorld>) => world.cards().filter(({ card }) => card.pipeline === 'c_service')

test('T-13: a call at 23:00: the autoresponder, a deal, a task first thing in the next shift; called again, no second deal', () => {
  const world = caseWorld(at('20T23:00'))
  const call = () => world.deliver('call.missed', { from: PHONE, line: LINE, source: 'Авито' })
  call()
  const said = world
    .steps()
    .flatMap((step) => ('effect' in step && step.effect.kind === 'telephony' ? [step.effect.say] : []))
  expect(said).toEqual(['c_will_call_back'])
  expect(deals(world)).toHaveLength(1)
  const id = newest(world, 'c_service')
  expect(world.card(id).card.fields).toMatchObject({ phone: PHONE, source: 'Авито' })
  expect(world.task(id, 'c_missed')?.openFrom).toBe(at('21T08:00'))
  call()
  expect(deals(world)).toHaveLength(1)
  expect(openTasks(world, id)).toEqual(['c_missed'])
})

test('a form of the site makes a deal and a call task', () => {
  const world = caseWorld(FRIDAY_17)
  world.deliver('web.form', { phone: PHONE, name: 'Олег', source: 'Сайт', form: 'service' })
  const id = newest(world, 'c_service')
  expect(openTasks(world, id)).toEqual(['c_call'])
})

test('T-14: a booking in the planner moves the deal to «Ожидание заезда» and sends one message', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('c_service', 'agreeing', { source: 'Сайт', phone: PHONE, estimate: 100 })
  world.deliver('planner.booked', { at: at('24T12:00') }, { card: id })
  world.deliver('planner.booked', { at: at('24T12:00') }, { card: id })
  expect(world.card(id).card).toMatchObject({ stage: 'expected', fields: { visitAt: at('24T12:00') } })
  expect(world.sent('c_booked')).toHaveLength(1)
})

test('parts above the sum are checked by the head; when they arrive the client reads it', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('c_service', 'agreeing', { source: 'Сайт', phone: PHONE, estimate: 1, total: 3_000_000 })
  const order = () => world.on(id, { kind: 'move', stage: 'parts_ordered', set: { partsEta: at('24T00:00') } }, MANAGER)
  expect(order()).toMatchObject({
    kind: 'refused',
    why: [expect.stringContaining('Сумма большая: подбор проверяет руководитель')],
  })
  world.on(id, { kind: 'fields', set: { partsCheckedBy: 'head-1' } }, MANAGER)
  expect(order()).toEqual({ kind: 'done' })
  world.deliver('warehouse.parts_arrived', {}, { card: id })
  expect(world.sent('c_parts_here')).toHaveLength(1)
})

test('the mechanic’s terminal: an hour of work, half an hour of waiting, an hour of work', () => {
  const world = caseWorld(at('23T10:00'))
  const { id } = world.birth('c_service', 'in_repair', { source: 'Сайт', phone: PHONE, mechanic: 'mech-1' })
  close(world, id, 'c_start', 'start')
  world.wait('1h')
  close(world, id, 'c_work', 'pause', { answer: { reason: 'Жду подъёмник' } })
  world.wait('30m')
  close(world, id, 'c_resume', 'resume')
  world.wait('1h')
  close(world, id, 'c_work', 'done')
  expect(world.card(id).card).toMatchObject({ stage: 'ready', fields: { netTime: 7_200_000, waitTime: 1_800_000 } })
  expect(world.sent('c_ready')).toHaveLength(1)
})

test('the terminal without a network: what was pressed at ten and sent at three counts from ten', () => {
  const world = caseWorld(at('23T10:00'))
  const { id } = world.birth('c_service', 'in_repair', { source: 'Сайт', phone: PHONE, mechanic: 'mech-1' })
  const pressed = (hours: number) => at('23T10:00') + hours * 3_600_000
  world.wait('5h')
  close(world, id, 'c_start', 'start', { answer: { at: pressed(0) } })
  close(world, id, 'c_work', 'pause', { answer: { reason: 'Жду подъёмник', at: pressed(1) } })
  close(world, id, 'c_resume', 'resume', { answer: { at: pressed(3) } })
  // A moment that cannot be, before the work began or still to come, counts as now.
  close(world, id, 'c_work', 'done', { answer: { at: pressed(99) } })
  expect(world.card(id).card.fields).toMatchObject({ netTime: 3 * 3_600_000, waitTime: 2 * 3_600_000 })
})

test('C-07: an invoice has a number of its own, once, and stands with the documents of the card', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('c_service', 'ready', { source: 'Сайт', phone: PHONE, total: 100_000 })
  const bill = () => world.on(id, { kind: 'button', id: 'c_bill' }, person('m', 'manager'))
  expect(bill()).toEqual({ kind: 'done' })
  expect(bill()).toMatchObject({ kind: 'refused' })
  expect(world.card(id).card.fields['invoiceNo']).toBe('00001')
  const made = world.steps().filter((step) => 'effect' in step && step.effect.kind === 'doc')
  expect(made).toMatchObject([{ effect: { document: 'c_invoice', facts: { deal: { invoiceNo: '00001' } } } }])
})

test('bonus points: credited from what was paid, spent up to the share, never more than there are', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('client', 'c1', { phone: PHONE, bonus: 20_000 })
  const fields = { source: 'Сайт', phone: PHONE, client: 'c1', total: 100_000 }
  const { id } = world.birth('c_service', 'ready', fields)
  const pay = (set: object) => close(world, id, 'c_pay', 'paid', { set: { ...set } })
  expect(pay({ paid: 60_000, bonusSpent: 40_000 })).toMatchObject({ kind: 'refused' })
  expect(pay({ paid: 75_000, bonusSpent: 25_000 })).toMatchObject({
    kind: 'refused',
    why: ['Столько бонусов у клиента нет'],
  })
  expect(pay({ paid: 80_000, bonusSpent: 20_000 })).toEqual({ kind: 'done' })
  expect(stageOf(world, id)).toBe('closed')
  expect(world.record('client', 'c1')).toMatchObject({ bonus: 4000 })
})

test('a candidate is a card too: called, met, on trial, taken on', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('c_hiring', undefined, { name: 'Сергей', phone: PHONE })
  close(world, id, 'c_candidate_call', 'invite', { set: { visitAt: at('24T12:00') } })
  close(world, id, 'c_candidate_meet', 'trial')
  close(world, id, 'c_trial_end', 'hired')
  expect(stageOf(world, id)).toBe('hired')
})
