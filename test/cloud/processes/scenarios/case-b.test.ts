import { expect, test } from 'vitest'
import { at, FRIDAY_17 } from '../running-shop.ts'
import { caseWorld, close, newest, openTasks, PHONE, person, stageOf } from './case-world.ts'

const MANAGER = person('m1', 'manager')
const request = { source: 'Сайт', phone: PHONE, name: 'Анна', make: 'Kia', model: 'Rio', year: 2021, need: 'ТО' }

test('T-11: booking for Tuesday, parts due on Wednesday: refused with the sentence; moved to Thursday, it passes', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('first_contact', 'parts_pick', {
    ...request,
    partsState: 'ordered',
    partsEta: at('25T00:00'),
    visitAt: at('24T12:00'),
  })
  const move = () => world.on(id, { kind: 'move', stage: 'booked', set: {} }, MANAGER)
  expect(move()).toMatchObject({
    kind: 'refused',
    why: ['Клиент приедет, а запчастей не будет. Перенесите дату или закажите'],
  })
  world.on(id, { kind: 'fields', set: { visitAt: at('26T12:00') } }, MANAGER)
  expect(move()).toEqual({ kind: 'done' })
  expect(world.card(newest(world, 'repair_visit')).card).toMatchObject({
    stage: 'expected',
    parent: id,
    fields: { visitAt: at('26T12:00') },
  })
})

test('a taken post refuses the fifth booking of one hour, and a taken mechanic the second', () => {
  const world = caseWorld(FRIDAY_17)
  const booked = [1, 2].map((n) => {
    const { id } = world.birth('first_contact', 'parts_pick', {
      ...request,
      phone: `+7916000000${n}`,
      partsState: 'in_stock',
      visitAt: at('24T12:00'),
    })
    return world.on(id, { kind: 'move', stage: 'booked', set: {} }, MANAGER)
  })
  expect(booked).toMatchObject([
    { kind: 'done' },
    { kind: 'refused', why: ['Нет свободного поста или мастера на это время'] },
  ])
})

test('T-12: handed over; seven days later a task to ask; score 2: the owner is told, a head has a day', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('repair_visit', 'qc', { phone: PHONE, name: 'Анна', estimate: 100, paid: 100 })
  world.on(id, { kind: 'move', stage: 'released', set: {} }, MANAGER)
  const feedback = newest(world, 'feedback')
  world.until(at('27T16:59'))
  expect(openTasks(world, feedback)).toEqual([])
  world.until(at('27T17:01'))
  expect(openTasks(world, feedback)).toEqual(['b_feedback'])
  close(world, feedback, 'b_feedback', 'got', { set: { score: 2, comment: 'Долго' } })
  expect(world.sent('b_bad_score')).toMatchObject([{ to: { kind: 'role', id: 'owner' } }])
  expect(world.task(feedback, 'b_low_score')?.dueAt).toBe(world.now() + 86_400_000)
})

test('nobody answers the first call: tried again four times, then «Отказ», «Недозвон»', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('first_contact', undefined, request)
  for (let tries = 0; tries < 5; tries += 1) close(world, id, 'b_call', 'no_answer')
  expect(world.card(id).card).toMatchObject({ stage: 'lost', fields: { lossReason: 'Недозвон' } })
})

test('the whole way by hand: each outcome brings the next task', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('first_contact', undefined, { source: 'Сайт', phone: PHONE })
  close(world, id, 'b_call', 'talk', { set: { name: 'Анна', make: 'Kia', model: 'Rio', need: 'Стук' } })
  close(world, id, 'b_qualify', 'done', { set: { year: 2021 } })
  close(world, id, 'b_estimate', 'done', { set: { estimate: 1_000_000 } })
  close(world, id, 'b_book', 'booked', { set: { partsState: 'in_stock', visitAt: at('24T12:00') } })
  expect(stageOf(world, id)).toBe('booked')
  const visit = newest(world, 'repair_visit')
  close(world, visit, 'b_receive', 'came')
  close(world, visit, 'b_scope', 'agreed', {
    set: { odometerKm: 50_000, estimate: 1_200_000, approvedByClient: true, mechanic: 'mech-1' },
  })
  close(world, visit, 'b_repair', 'done')
  expect(stageOf(world, visit)).toBe('finished')
  world.on(visit, { kind: 'fields', set: { paid: 1_200_000 } }, MANAGER)
  close(world, visit, 'b_qc', 'ok')
  expect(stageOf(world, visit)).toBe('released')
})
