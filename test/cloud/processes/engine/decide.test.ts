import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isKept } from '../../../../cloud/processes/engine/settle.ts'
import { at, FRIDAY_17, HEAD, MANAGER, story, worldOf } from '../running-shop.ts'
import { changed, SMALL_SHOP } from '../small-shop.ts'

const PHONE = '+79161234567'
const request = { source: 'Сайт', phone: PHONE }
const taskId = (world: ReturnType<typeof worldOf>, card: string, template: string): string => {
  const task = world.task(card, template)
  if (task === undefined) throw new Error(`no open task ${template}`)
  return task.id
}
const close = (
  world: ReturnType<typeof worldOf>,
  card: string,
  template: string,
  outcome: string,
  more: object = {},
  actor = MANAGER,
) =>
  world.on(
    card,
    { kind: 'outcome', task: taskId(world, card, template), outcome, set: {}, answer: {}, comment: undefined, ...more },
    actor,
  )

describe('a task leads on', () => {
  test('a new card brings its first task, and the outcome moves the card', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    expect(close(world, id, 'call', 'talk', { set: { visitAt: at('25T12:00') } })).toEqual({ kind: 'done' })
    expect(story(world, id)).toEqual(['task call', 'done call.talk', '→ visit'])
    expect(world.card(id).card.responsible).toBe('person:p1')
  })

  test('an outcome without its field is refused, and the task stays open', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    expect(close(world, id, 'call', 'talk')).toEqual({ kind: 'refused', code: 'fields', why: ['Не заполнено: Визит'] })
    expect(world.task(id, 'call')).toBeDefined()
  })

  test('no answer is tried again later, three times, and then the card is lost', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    const opened: number[] = []
    for (let tries = 0; tries < 4; tries += 1) {
      opened.push((world.task(id, 'call')?.openFrom ?? 0) - FRIDAY_17)
      close(world, id, 'call', 'no_answer')
    }
    expect(opened).toEqual([0, 7_200_000, 7_200_000, 7_200_000])
    expect(world.card(id).card).toMatchObject({ stage: 'lost', fields: { lossReason: 'Недозвон' } })
  })

  test('a task that is closed cannot be closed again', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    const task = taskId(world, id, 'call')
    const event = { kind: 'outcome', task, outcome: 'no_answer', set: {}, answer: {}, comment: undefined } as const
    world.on(id, event, MANAGER)
    expect(world.on(id, event, MANAGER)).toMatchObject({ kind: 'refused', code: 'task' })
  })
})

describe('a guard is the same for a person and for a machine', () => {
  const atVisit = (fields: object, text = SMALL_SHOP) => {
    const world = worldOf(text)
    const { id } = world.birth('orders', 'visit', { ...request, visitAt: at('25T12:00'), ...fields })
    return { world, id }
  }
  const GUARDED = changed(
    ['next: [done, lost]', 'next: [done, lost]\n    leave: []'],
    [
      '{event: {button: sign}, title: Подписать, who: [manager], do: [{start: contract}]}',
      '{event: {button: sign}, title: Подписать, who: [manager], do: [{start: contract}]}\n      - {event: call.missed, do: [{move: done}]}',
    ],
  )

  test.each([
    ['unpaid', { total: 100, paid: 99 }, ['Не оплачено']],
    ['paid is not known', { total: 100 }, ['Не оплачено (нет данных: Оплачено)']],
  ])('by hand, %s: refused with the sentence', (_name, fields, why) => {
    const { world, id } = atVisit(fields)
    expect(world.on(id, { kind: 'move', stage: 'done', set: {} }, MANAGER)).toEqual({
      kind: 'refused',
      code: 'guard',
      why,
    })
    expect(world.card(id).card.stage).toBe('visit')
  })

  test('paid to the kopeck, the card closes', () => {
    const { world, id } = atVisit({ total: 100, paid: 100 })
    expect(world.on(id, { kind: 'move', stage: 'done', set: {} }, MANAGER)).toEqual({ kind: 'done' })
    expect(world.card(id).card.closedAt).toBe(FRIDAY_17)
  })

  test('by an event: the card stays, it is listed, and a person is asked to look', () => {
    const { world, id } = atVisit({ total: 100, paid: 99 }, GUARDED)
    world.deliver('call.missed', { from: PHONE, line: '1' }, { card: id })
    expect(story(world, id)).toEqual(
      ['task check_stuck', 'refused move:done: Не оплачено'].toSorted((a) => (a.startsWith('refused') ? -1 : 1)),
    )
    expect(world.card(id).card.stage).toBe('visit')
  })

  test('there is no way past the stages', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    expect(world.on(id, { kind: 'move', stage: 'done', set: {} }, MANAGER)).toMatchObject({
      kind: 'refused',
      code: 'guard',
      why: ['С этапа «Заявка» на «Выдан» перейти нельзя'],
    })
  })

  test('in a registry nobody moves by hand, the owner neither', () => {
    const world = worldOf(changed(['moves: guarded', 'moves: auto_only']))
    const { id } = world.birth('orders', undefined, request)
    const owner = { kind: 'person', id: 'o', name: 'Собственник', roles: ['owner'] } as const
    expect(world.on(id, { kind: 'move', stage: 'lost', set: { lossReason: 'x' } }, owner)).toMatchObject({
      kind: 'refused',
      code: 'manual',
    })
    expect(close(world, id, 'call', 'talk', { set: { visitAt: at('25T12:00') } })).toEqual({ kind: 'done' })
    expect(world.card(id).card.stage).toBe('visit')
  })

  test('what was to be set with a refused move is not set', () => {
    const { world, id } = atVisit({ total: 100, paid: 99 })
    world.on(id, { kind: 'move', stage: 'done', set: { name: 'Иван' } }, MANAGER)
    expect(world.card(id).card.fields['name']).toBeUndefined()
  })
})

describe('limits and reminders', () => {
  test('a limit of office hours says nothing on Saturday, and on Monday it speaks once', () => {
    const world = worldOf(changed(['for: 30m, clock: office', 'for: 4h, clock: office']))
    const { id } = world.birth('orders', undefined, request)
    world.until(at('22T12:00'))
    expect(world.task(id, 'look')).toBeUndefined()
    world.until(at('30T12:00'))
    expect(story(world, id)).toEqual(['task call', 'overran', 'task look'])
    const [limit] = world.steps().filter((step) => 'change' in step && step.change.kind === 'overran')
    expect(limit?.at).toBe(at('23T12:00'))
  })

  test('the task of a limit goes when the card goes on', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', undefined, request)
    world.until(at('23T12:00'))
    close(world, id, 'call', 'talk', { set: { visitAt: at('25T12:00') } })
    expect(story(world, id).slice(-2)).toEqual(['→ visit', 'cancelled'])
  })

  test('a reminder whose time has passed goes at once; a visit moved to tomorrow is reminded of again', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', 'visit', { ...request, visitAt: FRIDAY_17 + 90 * 60_000 })
    world.wait('1m')
    expect(world.sent('reminder').map(({ at: when }) => when - FRIDAY_17)).toEqual([0])
    world.on(id, { kind: 'fields', set: { visitAt: at('21T18:00') } }, MANAGER)
    world.until(at('22T00:00'))
    expect(world.sent('reminder').map(({ at: when }) => when)).toEqual([FRIDAY_17, at('21T16:00')])
  })

  test('when the deadline itself has passed nothing is sent, and a person is asked', () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', 'visit', { ...request, visitAt: FRIDAY_17 - 1 })
    world.wait('1d')
    expect(world.sent()).toEqual([])
    expect(world.task(id, 'check_stuck')).toBeDefined()
  })
})

describe('processes', () => {
  const begin = () => {
    const world = worldOf(SMALL_SHOP)
    const { id } = world.birth('orders', 'visit', { ...request, visitAt: at('25T12:00') })
    world.on(id, { kind: 'button', id: 'sign' }, MANAGER)
    return { world, id }
  }

  test('rework goes round any number of times, with a comment each; then comes the number', () => {
    const { world, id } = begin()
    for (let round = 0; round < 3; round += 1) {
      expect(close(world, id, 'contract.ask_head', 'rework', {}, HEAD)).toMatchObject({
        kind: 'refused',
        why: ['Нужен комментарий'],
      })
      close(world, id, 'contract.ask_head', 'rework', { comment: `круг ${round}` }, HEAD)
      close(world, id, 'look', 'ok', { answer: { comment: 'исправлено' } }, HEAD)
    }
    close(world, id, 'contract.ask_head', 'ok', {}, HEAD)
    const comments = world
      .steps()
      .flatMap((step) =>
        'change' in step && step.change.kind === 'done' && step.change.comment !== undefined
          ? [step.change.comment]
          : [],
      )
    expect(comments).toEqual(['круг 0', 'круг 1', 'круг 2'])
    expect(world.card(id).card.fields['contractNo']).toBe('Д-0001')
  })

  test('a document with gaps is not made: what is missing is named, and a person is asked', () => {
    const { world, id } = begin()
    close(world, id, 'contract.ask_head', 'ok', {}, HEAD)
    expect(story(world, id)).toContain('refused doc:contract_paper: «Договор» не сделан, не хватает: Имя')
  })

  test('the same process is not started twice on one card', () => {
    const { world, id } = begin()
    world.on(id, { kind: 'button', id: 'sign' }, MANAGER)
    expect(story(world, id).filter((line) => line === 'started contract')).toEqual(['started contract'])
  })
})

test('after more than twenty automatic hops the card is parked with a task, and nothing of the round is kept', () => {
  const text = changed(
    [
      '    next: [visit, lost]\n',
      '    next: [visit, lost]\n    when: [{event: entered, if: "deal.total > 0", do: [{move: visit}]}]\n',
    ],
    [
      '      - {event: {button: sign}',
      '      - {event: entered, if: "deal.total > 0", do: [{move: request}]}\n      - {event: {button: sign}',
    ],
    ['next: [done, lost]', 'next: [request, done, lost]'],
  )
  const world = worldOf(text)
  const { id } = world.birth('orders', undefined, { ...request, visitAt: at('25T12:00'), total: 1 })
  expect(world.card(id).card).toMatchObject({ stage: 'request', parked: 'Больше 20 автоматических переходов подряд' })
  expect(story(world, id)).toEqual(['parked', 'task check_stuck'])
})

test('a card without a task, a timer and a process is given one', () => {
  const world = worldOf(
    changed(
      ['    limit: {for: 30m, clock: office, then: [{task: look}]}\n', ''],
      ['do: [{move: visit}]}', 'do: [{set: {deal.name: x}}]}'],
      ['  - {id: fix, task: look', '  - {id: fix, task: look'],
    ),
  )
  const { id } = world.birth('orders', undefined, request)
  close(world, id, 'call', 'talk', { set: { visitAt: at('25T12:00') } })
  expect(story(world, id)).toEqual(['task call', 'done call.talk', 'task check_stuck'])
})

describe('a debt', () => {
  const debtor = (balance: number | undefined) => {
    const world = worldOf(SMALL_SHOP, FRIDAY_17, (wanted) =>
      wanted.kind === 'balance' && balance !== undefined ? { kopecks: balance, asOf: FRIDAY_17 } : undefined,
    )
    world.give('driver', 'd1', { phone: PHONE, name: 'Иван' })
    world.give('vehicle', 'v1', { plate: 'А123ВС 777' })
    world.birth('orders', 'visit', { ...request, visitAt: at('25T12:00'), vehicle: 'v1', driver: 'd1' })
    world.wait('1d')
    return world
  }
  test.each([
    ['one kopeck below', 499_999, ['v1 balance '], 1],
    ['exactly at the threshold', 500_000, [], 0],
    ['not known', undefined, [], 0],
  ])('%s', (_name, balance, holds, told) => {
    const world = debtor(balance)
    expect(world.holds()).toEqual(holds)
    expect(world.sent('debt_told')).toHaveLength(told)
  })
})

test('a missed call makes one deal with its source', () => {
  const world = worldOf(SMALL_SHOP)
  world.deliver('call.missed', { from: PHONE, line: '1' })
  expect(world.cards().map(({ card }) => card)).toMatchObject([
    { stage: 'request', fields: { phone: PHONE, source: 'Звонок' } },
  ])
})

describe('payments by order number', () => {
  const TEXT = changed(
    ['      total: [money, Сумма]', '      orderNo1c: [text, № заказа]\n      total: [money, Сумма]'],
    [
      '  call.missed: {from: phone, line: text}',
      '  call.missed: {from: phone, line: text}\n  onec.payment: {id: text, orderNo: text, amount: money}',
    ],
    ['  - id: done\n', '  - id: done\n'],
    [
      '      - {event: {button: sign}',
      '      - {event: onec.payment, if: "deal.paid >= deal.total", do: [{move: done}]}\n      - {event: {button: sign}',
    ],
    [
      'kind: tasks\nid: tasks\n',
      'kind: rule\nid: payments\ntitle: Оплаты\nevent: onec.payment\ndo: [{add_payment: {match: {deal.orderNo1c: {cel: event.orderNo}}, amount: {cel: event.amount}, key: {cel: event.id}, fill: [paid]}}]\n---\nkind: tasks\nid: tasks\n',
    ],
  )
  test('one kopeck short stays open; the last payment closes the card by itself; the same payment twice counts once', () => {
    const world = worldOf(TEXT)
    const { id } = world.birth('orders', 'visit', { ...request, visitAt: at('25T12:00'), total: 1000, orderNo1c: '7' })
    const pay = (key: string, amount: number) => world.deliver('onec.payment', { id: key, orderNo: '7', amount })
    pay('a', 999)
    pay('a', 999)
    expect(world.card(id).card).toMatchObject({ stage: 'visit', fields: { paid: 999 } })
    pay('b', 1)
    expect(world.card(id).card).toMatchObject({ stage: 'done', fields: { paid: 1000 } })
  })
})

test('whatever happens, no open card is left without a task, a timer or a process', () => {
  const step = fc.oneof(
    fc.constant('wait'),
    fc.constant('button'),
    fc.tuple(
      fc.constantFrom('call', 'look', 'check_stuck', 'contract.ask_head'),
      fc.constantFrom('talk', 'no_answer', 'ok', 'moved', 'rework'),
    ),
    fc.constantFrom('visit', 'done', 'lost', 'request').map((stage) => ({ stage })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const world = worldOf(SMALL_SHOP)
      const { id } = world.birth('orders', undefined, request)
      for (const one of steps) {
        if (one === 'wait') world.wait('1d')
        else if (one === 'button') world.on(id, { kind: 'button', id: 'sign' }, MANAGER)
        else if (Array.isArray(one)) {
          const [template, outcome] = one
          const task = world.task(id, template)
          if (task !== undefined)
            world.on(
              id,
              {
                kind: 'outcome',
                task: task.id,
                outcome,
                set: { visitAt: at('25T12:00') },
                answer: { comment: 'x' },
                comment: 'x',
              },
              HEAD,
            )
        } else if (typeof one === 'object' && 'stage' in one)
          world.on(id, { kind: 'move', stage: one.stage, set: { lossReason: 'x' } }, MANAGER)
        const state = world.card(id)
        expect(state.card.closedAt !== undefined || isKept(state)).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})
