import { describe, expect, test } from 'vitest'
import type { Fact } from '../../../../cloud/expressions/fact-type.ts'
import { buttons } from '../../../../cloud/processes/engine/offers.ts'
import { at, FRIDAY_17, story } from '../running-shop.ts'
import { caseWorld, close, DAY, machine, newest, openTasks, PHONE, person, stageOf } from './case-world.ts'

const FLEET = person('fleet-1', 'fleet_manager')
const lead = { source: 'Сайт', phone: PHONE, name: 'Иван' }

describe('T-01: a lead from another city', () => {
  test('«Казань» in «Другое»: no operator ever sees it, one message, «Отказ», «Другой город»', () => {
    const world = caseWorld(FRIDAY_17)
    const { id } = world.birth('call_centre', undefined, { ...lead, other: 'Казань' })
    world.wait('7d')
    expect(world.card(id).card).toMatchObject({ stage: 'refused', fields: { lossReason: 'Другой город' } })
    expect(world.sent().map(({ message }) => message)).toEqual(['only_moscow'])
    expect(world.card(id).tasks).toEqual([])
  })

  test.each(['как-нибудь потом', 'Подольск', 'Коломна', 'Зеленоград', 'МО', 'Подмосковье', ''])(
    '«%s» goes to a person',
    (other) => {
      const world = caseWorld(FRIDAY_17)
      const { id } = world.birth('call_centre', undefined, { ...lead, other })
      expect(openTasks(world, id)).toEqual(['call_new_lead'])
      expect(world.sent()).toEqual([])
    },
  )
})

/** A car on the line with one driver or two, and what the outside says of them. */
function onLine(drivers: readonly string[] = ['d1']) {
  const said = {
    balance: new Map<string, number>(),
    inside: true as boolean | undefined,
    shift: 'd1' as string | undefined,
  }
  const world = caseWorld(FRIDAY_17, (wanted, now): Fact => {
    if (wanted.kind === 'balance') {
      const kopecks = said.balance.get(wanted.record)
      return kopecks === undefined ? undefined : { kopecks, asOf: now }
    }
    if (wanted.kind === 'zoneState') return said.inside === undefined ? undefined : { inside: said.inside, since: now }
    if (wanted.kind === 'shift') return said.shift === undefined ? {} : { driver: said.shift, since: now }
    return wanted.kind === 'areaOutage' ? false : undefined
  })
  for (const driver of drivers) world.give('driver', driver, { phone: driver === 'd1' ? PHONE : '+79160000002' })
  world.give('vehicle', 'v1', { plate: 'А123ВС777', postponed: 0, odometerKm: 1000, inspectionStepKm: 10_000 })
  const { id } = world.birth('lease', 'on_line', {
    vehicle: 'v1',
    drivers: [...drivers],
    ...(drivers.length === 1 ? { driver: 'd1' } : {}),
  })
  return { world, id, said }
}

test('T-02: a call from a driver on the line makes no lead, a task for support, and a transfer', () => {
  const { world, id } = onLine()
  const before = world.cards().length
  world.deliver('call.ringing', { from: PHONE, line: '+74951112233', source: 'Телефон' })
  expect(world.cards()).toHaveLength(before)
  expect(openTasks(world, id)).toContain('support_request')
  const asked = world
    .steps()
    .flatMap((step) => ('effect' in step && step.effect.kind === 'telephony' ? [step.effect] : []))
  expect(asked).toMatchObject([{ transfer: { kind: 'role', id: 'support' } }])
})

test('T-03: a deal past its limit over a weekend: nothing on Saturday, SMS and task on Monday, once; then once a day', () => {
  const world = caseWorld(FRIDAY_17)
  const { id } = world.birth('call_centre', 'interview_done', lead)
  world.until(at('23T08:59'))
  expect(openTasks(world, id)).toEqual([])
  expect(world.sent('stage_stuck')).toEqual([])
  world.until(at('23T23:00'))
  expect(openTasks(world, id)).toEqual(['check_stuck'])
  expect(world.sent('stage_stuck').map((one) => one.at)).toEqual([at('23T17:00')])
  world.until(at('25T23:00'))
  expect(world.sent('stage_stuck').map((one) => one.at)).toEqual([at('23T17:00'), at('24T17:00'), at('25T17:00')])
  world.on(id, { kind: 'move', stage: 'refused', set: { lossReason: 'Передумал' } }, FLEET)
  world.wait('5d')
  expect(world.sent('stage_stuck')).toHaveLength(3)
})

test('T-04: the third postponement: a message, then the hold; two change nothing', () => {
  const { world } = onLine()
  const { id } = world.birth('service', undefined, { visitKind: 'inspection', vehicle: 'v1', driver: 'd1' })
  close(world, id, 'book_service', 'booked', { set: { visitAt: at('24T12:00') } })
  for (let time = 1; time <= 3; time += 1) {
    expect(world.holds()).toEqual([])
    world.deliver('driver.postponed', { reason: 'Много заказов' }, { card: id })
    expect(world.card(id).card).toMatchObject({
      stage: 'driver_postponed',
      fields: { postponeReason: 'Много заказов' },
    })
    if (time < 3) close(world, id, 'book_again', 'booked', { set: { visitAt: at('25T12:00') } })
  }
  expect(world.record('vehicle', 'v1')).toMatchObject({ postponed: 3 })
  expect(world.holds()).toEqual(['v1 inspection '])
  const order = world
    .steps()
    .flatMap((step) => ('effect' in step && ['send', 'hold'].includes(step.effect.kind) ? [step.effect.kind] : []))
  expect(order.slice(-2)).toEqual(['send', 'hold'])
})

test('a no-show three hours after the slot is a postponement with its reason', () => {
  const { world } = onLine()
  const { id } = world.birth('service', 'booked', {
    visitKind: 'inspection',
    vehicle: 'v1',
    driver: 'd1',
    visitAt: at('23T12:00'),
  })
  world.until(at('23T14:59'))
  expect(stageOf(world, id)).toBe('booked')
  world.until(at('23T15:01'))
  expect(world.card(id).card).toMatchObject({ stage: 'driver_postponed', fields: { postponeReason: 'Не приехал' } })
  expect(world.record('vehicle', 'v1')).toMatchObject({ postponed: 1 })
})

describe('T-05: the balance', () => {
  test.each([
    ['4 999,99 ₽', 499_999, ['v1 balance d1']],
    ['5 000,00 ₽', 500_000, []],
  ])('%s', (_words, kopecks, held) => {
    const { world, said } = onLine()
    said.balance.set('d1', kopecks)
    world.wait('21m')
    expect(world.holds()).toEqual(held)
  })

  test('the source answers 429 for an hour: nobody is newly held, nobody is freed', () => {
    const { world, said } = onLine()
    world.wait('1h')
    expect(world.holds()).toEqual([])
    said.balance.set('d1', 1)
    world.wait('21m')
    expect(world.holds()).toEqual(['v1 balance d1'])
    said.balance.clear()
    world.wait('1h')
    expect(world.holds()).toEqual(['v1 balance d1'])
  })

  test('a vehicle that stays in debt gets one message, not one every twenty minutes', () => {
    const { world, said } = onLine()
    said.balance.set('d1', 1)
    world.wait('1d')
    expect(world.sent('balance_blocked')).toHaveLength(1)
  })

  test('two drivers: the debtor is not on shift, no hold; nobody knows whose shift: a task and no hold', () => {
    const { world, id, said } = onLine(['d1', 'd2'])
    said.balance.set('d1', 900_000).set('d2', 1)
    world.wait('21m')
    expect(world.holds()).toEqual([])
    said.shift = undefined
    world.wait('21m')
    expect(world.holds()).toEqual([])
    expect(openTasks(world, id)).toContain('call_debtor')
  })

  test('a promise lifts the hold, and its end places it again', () => {
    const { world, id, said } = onLine()
    said.balance.set('d1', 1)
    world.wait('21m')
    close(world, id, 'call_debtor', 'paid', { answer: { until: world.now() + 3 * 3_600_000, amount: 500_000 } })
    expect(world.holds()).toEqual([])
    world.wait('2h')
    expect(world.holds()).toEqual([])
    world.wait('2h')
    expect(world.holds()).toEqual(['v1 balance d1'])
  })
})

test('T-06: outside and in debt; the driver pays and stays blocked, and the card says why', () => {
  const { world, said } = onLine()
  said.balance.set('d1', 1)
  said.inside = false
  world.wait('21m')
  expect(world.record('vehicle', 'v1')?.['holds']).toEqual(expect.arrayContaining(['balance', 'zone']))
  said.balance.set('d1', 900_000)
  world.wait('21m')
  expect(world.record('vehicle', 'v1')?.['holds']).toEqual(['zone'])
  said.inside = true
  world.wait('6m')
  expect(world.record('vehicle', 'v1')?.['holds']).toEqual([])
})

test('T-07: while the position is not trusted there is no crossing: no hold, no word to the driver', () => {
  const { world, said } = onLine()
  said.inside = undefined
  world.deliver('zone.crossed', { zone: 'moscow_region', side: 'out' }, { vehicle: 'v1' })
  world.wait('1h')
  expect(world.holds()).toEqual([])
  expect(world.sent()).toEqual([])
})

describe('T-08: «Возврат» needs the application', () => {
  const shown = (world: ReturnType<typeof onLine>['world'], id: string) => {
    const asked = { state: world.card(id), machine, actor: FLEET, now: world.now(), known: new Map(), seed: id }
    const answer = buttons(asked, ['fleet_manager'])
    return answer.kind === 'buttons' ? answer.buttons.map((button) => button.id) : []
  }

  test('without it the button is absent and pressing it is refused with a sentence', () => {
    const { world, id } = onLine()
    expect(shown(world, id)).not.toContain('return')
    expect(world.on(id, { kind: 'button', id: 'return' }, FLEET)).toMatchObject({
      kind: 'refused',
      code: 'button',
      why: ['«Возврат» сейчас нельзя: условие не выполнено'],
    })
  })

  test('with it the deal goes to «Хочет сдать», and the service funnel has a request', () => {
    const { world, id } = onLine()
    world.on(id, { kind: 'fields', set: { returnApplication: 'file-1' } }, FLEET)
    expect(shown(world, id)).toContain('return')
    world.on(id, { kind: 'button', id: 'return' }, FLEET)
    expect(stageOf(world, id)).toBe('wants_return')
    expect(world.card(newest(world, 'service')).card).toMatchObject({
      stage: 'request',
      fields: { visitKind: 'return' },
    })
  })
})

test('T-09: papers end tomorrow: «Авто выдано» refuses with the sentence; renewed, it passes', () => {
  const world = caseWorld(FRIDAY_17)
  const papers = (until: number) => ({ dkUntil: until, osagoUntil: until, osgopUntil: until })
  world.give('vehicle', 'v1', { ...papers(at('21T00:00')), odometerKm: 100, condition: 'Хорошее' })
  world.give('gateway', 'v1', { online: true, relayTested: true })
  world.give('driver', 'd1', { phone: PHONE })
  const { id } = world.birth('call_centre', 'queue', {
    ...lead,
    contractNo: 'ЛД-2026-00001',
    vehicle: 'v1',
    driver: 'd1',
  })
  expect(world.on(id, { kind: 'move', stage: 'issued', set: {} }, FLEET)).toMatchObject({
    kind: 'refused',
    why: ['ДК кончается. Сначала продлите', 'ОСАГО кончается. Сначала продлите', 'ОСГОП кончается. Сначала продлите'],
  })
  world.recordChanged('vehicle', 'v1', papers(FRIDAY_17 + 300 * DAY))
  expect(world.on(id, { kind: 'move', stage: 'issued', set: {} }, FLEET)).toEqual({ kind: 'done' })
  expect(stageOf(world, newest(world, 'lease'))).toBe('issued_wait')
})

test('T-10: an inspection finished: the due mileage moves, the counter is 0, the hold goes, «Вернуть на линию»', () => {
  const { world } = onLine()
  world.recordChanged('vehicle', 'v1', { postponed: 3, inspectionStepKm: 10_000, inspectionStepDays: 60 })
  expect(world.holds()).toEqual(['v1 inspection '])
  const { id } = world.birth('service', 'in_work', { visitKind: 'inspection', vehicle: 'v1', driver: 'd1' })
  close(world, id, 'do_service', 'done', { set: { odometerKm: 51_000, condition: 'Хорошее' } })
  expect(world.record('vehicle', 'v1')).toMatchObject({ postponed: 0, inspectionDueKm: 61_000, odometerKm: 51_000 })
  expect(world.holds()).toEqual([])
  expect(openTasks(world, id)).toContain('return_to_line')
})

test('a freed car wakes the one who has waited longest, and nobody else', () => {
  const { world } = onLine()
  const queue = [1, 2].map((n) => {
    world.wait('1m')
    return world.birth('call_centre', 'queue', { ...lead, phone: `+7916000000${n}`, contractNo: `ЛД-${n}` }).id
  })
  const { id } = world.birth('service', 'in_work', { visitKind: 'return', vehicle: 'v1' })
  close(world, id, 'do_service', 'done', { set: { odometerKm: 1, condition: 'Хорошее' } })
  close(world, id, 'return_to_line', 'free')
  expect(queue.map((card) => openTasks(world, card))).toEqual([['issue_car'], []])
})

test.each([
  ['to the end of his last day', '20T00:00', true],
  ['and no more on the day after it', '19T00:00', false],
  ['nor once his day has come and somebody has switched him off', undefined, false],
])('an application by the link of an agent is his %s', (_name, until, isHis) => {
  const world = caseWorld(FRIDAY_17)
  const ended = until === undefined ? { active: false } : { active: true, until: at(until) }
  world.give('agent', 'a1', { ref: 'abc', count: 4, toPay: 900_000, ...ended })
  const { id } = world.birth('call_centre', undefined, { ...lead, agentRef: 'abc' })
  const { agent, agentWord } = world.card(id).card.fields
  expect([agent, agentWord]).toEqual(
    isHis ? ['a1', undefined] : [undefined, 'Агент больше не действует: заявка без него, начисления не будет'],
  )
  // The application itself goes on, nobody is sent to mend a link that is right, and what he has earned stays.
  expect(openTasks(world, id)).toEqual(['call_new_lead'])
  expect(world.record('agent', 'a1')).toMatchObject({ count: 4, toPay: 900_000 })
})

test('an agent reads his credit when the driver has his car, and it is in the ledger; a wrong link asks a person', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('agent', 'a1', { ref: 'abc', active: true, phone: '+79169999999', count: 4 })
  world.give('vehicle', 'v1', { dkUntil: at('21T00:00') + 90 * DAY, odometerKm: 1, condition: 'Хорошее' })
  const { id } = world.birth('call_centre', undefined, { ...lead, agentRef: 'abc' })
  expect(world.card(id).card.fields['agent']).toBe('a1')
  const another = world.birth('call_centre', undefined, { ...lead, name: 'Вера' })
  close(world, another.id, 'call_new_lead', 'agent')
  close(world, another.id, 'agent_onboard', 'done', { set: { ownRef: 'vera7' } })
  expect(world.record('agent', another.id)).toMatchObject({ ref: 'vera7', name: 'Вера', active: true })
  const brought = world.birth('call_centre', undefined, { ...lead, agentRef: 'vera7' })
  expect(world.card(brought.id).card.fields['agent']).toBe(another.id)
  const wrong = world.birth('call_centre', undefined, { ...lead, agentRef: 'нет такой' })
  expect(openTasks(world, wrong.id)).toContain('fix_agent_link')
  world.give('vehicle', 'v1', {
    dkUntil: at('21T00:00') + 90 * DAY,
    osagoUntil: at('21T00:00') + 90 * DAY,
    osgopUntil: at('21T00:00') + 90 * DAY,
    odometerKm: 1,
    condition: 'Хорошее',
  })
  world.give('gateway', 'v1', { online: true, relayTested: true })
  world.give('driver', 'd1', { phone: PHONE })
  const waits = world.birth('call_centre', 'queue', {
    ...lead,
    agent: 'a1',
    contractNo: 'ЛД-1',
    vehicle: 'v1',
    driver: 'd1',
  }).id
  world.on(waits, { kind: 'move', stage: 'issued', set: {} }, FLEET)
  expect(world.record('agent', 'a1')).toMatchObject({ count: 5, toPay: 300_000 })
  expect(world.record('agent_row', waits)).toMatchObject({ agent: 'a1', amount: 300_000 })
  expect(world.sent('agent_credit')).toHaveLength(1)
  close(world, waits, 'pay_agent', 'paid')
  expect(world.record('agent', 'a1')).toMatchObject({ toPay: 0, paidOut: 300_000 })
})

test('security sends a contract back with a comment, then agrees, and only then it has a number', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('driver', 'd1', { phone: PHONE, legalForm: 'person', licence: '9900 123456' })
  const { id } = world.birth('call_centre', 'security_check', { ...lead, driver: 'd1' })
  close(world, id, 'lease_contract.approve', 'rework', { comment: 'Нет прописки' })
  close(world, id, 'fix_card', 'done')
  expect(world.card(id).card.fields['contractNo']).toBeUndefined()
  close(world, id, 'lease_contract.approve', 'ok')
  expect(world.card(id).card).toMatchObject({ stage: 'queue', fields: { contractNo: 'ЛД-2026-00001' } })
  expect(story(world, id)).toContain('number ЛД-2026-00001')
})

test('the driver’s form makes a lead with its source and the agent’s link; a second one of the same phone does not', () => {
  const world = caseWorld(FRIDAY_17)
  const form = {
    phone: PHONE,
    name: 'Олег',
    source: 'MAX',
    form: 'driver',
    city: 'Химки',
    other: '',
    agentRef: 'нет такой',
  }
  world.deliver('web.form', form)
  world.deliver('web.form', form)
  const leads = world.cards().filter(({ card }) => card.pipeline === 'call_centre')
  expect(leads).toHaveLength(1)
  expect(leads[0]?.card.fields).toMatchObject({ source: 'MAX', phone: PHONE, agentRef: 'нет такой' })
  expect(world.cards().filter(({ card }) => card.pipeline === 'c_service')).toEqual([])
})

test('A-58: an accident: call, photos, the insurer, repair in the service funnel, closed with its result', () => {
  const world = caseWorld(FRIDAY_17)
  world.give('vehicle', 'v9', { vin: 'v9', plate: 'А009АА77', holds: [] })
  const { id } = world.birth('accident', undefined, { vehicle: 'v9', driver: 'd9', phone: PHONE })
  expect(openTasks(world, id)).toContain('accident_first_call')
  close(world, id, 'accident_first_call', 'done', { set: { comment: 'Удар в бампер', photos: ['p1'] } })
  expect(stageOf(world, id)).toBe('inspected')
  close(world, id, 'accident_insurer', 'filed', { set: { insurerNo: 'У-77' } })
  expect(stageOf(world, id)).toBe('insurer')
  world.wait('6d')
  close(world, id, 'accident_watch', 'repair')
  const repair = newest(world, 'service')
  expect(world.card(repair).card.fields).toMatchObject({ vehicle: 'v9', visitKind: 'repair' })
  world.wait('6d')
  close(world, id, 'accident_watch', 'closed', { set: { comment: 'Выплачено' } })
  expect(world.card(id).card.closedAt).toBeDefined()
})
