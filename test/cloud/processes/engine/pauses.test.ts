import { describe, expect, test } from 'vitest'
import { at, HEAD, MANAGER, story, worldOf } from '../running-shop.ts'
import { changed } from '../small-shop.ts'

const STEPS =
  'steps:\n  - {id: ask_head, ask: {who: "role:head", show: [total], options: [{id: ok, title: Согласовано}, {id: rework, title: На доработку, comment: required}]}, goto: {ok: sign, rework: fix}}'
/** The contract of the small shop, with another first step before the question. */
const shopWith = (step: string) => worldOf(changed([STEPS, STEPS.replace('steps:\n', `steps:\n  - ${step}\n`)]))
const visit = { source: 'Сайт', phone: '+79161234567', visitAt: at('25T12:00') }

function begun(world: ReturnType<typeof worldOf>) {
  const { id } = world.birth('orders', 'visit', visit)
  world.on(id, { kind: 'button', id: 'sign' }, MANAGER)
  const [run] = world.card(id).runs
  if (run === undefined) throw new Error('nothing runs')
  return { world, id, run: run.id, now: () => world.card(id).runs[0] }
}
const pause = ({ world, id, run }: ReturnType<typeof begun>) => world.on(id, { kind: 'pause', run }, HEAD)
const resume = ({ world, id, run }: ReturnType<typeof begun>) => world.on(id, { kind: 'resume', run }, HEAD)
const said = ({ world, id }: ReturnType<typeof begun>) =>
  world.steps().flatMap((step) => ('change' in step && step.card === id ? [step.change.kind] : []))

describe('a paused process', () => {
  test('its question cannot be answered, and comes back with a deadline as much later', () => {
    const it = begun(worldOf(changed()))
    const [question] = it.world.card(it.id).tasks.filter((task) => task.run === it.run)
    pause(it)
    expect(it.world.task(it.id, 'contract.ask_head')).toBeUndefined()
    const event = {
      kind: 'outcome',
      task: question?.id ?? '',
      outcome: 'ok',
      set: {},
      answer: {},
      comment: undefined,
    } as const
    expect(it.world.on(it.id, event, HEAD)).toEqual({
      kind: 'refused',
      code: 'task',
      why: ['Процесс на паузе: сначала возобновите его'],
    })
    it.world.wait('5h')
    resume(it)
    expect(it.world.task(it.id, 'contract.ask_head')?.dueAt).toBe((question?.dueAt ?? 0) + 5 * 3_600_000)
    expect(it.world.on(it.id, event, HEAD)).toEqual({ kind: 'done' })
    expect(said(it)).toContain('paused')
    expect(said(it)).toContain('resumed')
  })

  test.each([
    ['a length of time is waited for to its end', '{id: rest, wait: {for: 2h}}', ['1h', '10h', '59m'], 'rest'],
    ['… and over after what was left of it', '{id: rest, wait: {for: 2h}}', ['1h', '10h', '61m'], 'ask_head'],
    [
      'a moment that has passed is over at once',
      '{id: rest, wait: {until: deal.visitAt}}',
      ['1h', '200h', '0m'],
      'ask_head',
    ],
    ['a moment to come stays where it is', '{id: rest, wait: {until: deal.visitAt}}', ['1h', '100h', '0m'], 'rest'],
  ])('waiting: %s', (_name, step, [before = '', away = '', after = ''], expected) => {
    const it = begun(shopWith(step))
    it.world.wait(before)
    pause(it)
    it.world.wait(away)
    expect(it.now()).toMatchObject({ step: 'rest', state: 'running' })
    resume(it)
    it.world.wait(after)
    expect(it.now()?.step).toBe(expected)
  })

  test('an event that it waited for is not lost: it goes on with it once it is resumed', () => {
    const it = begun(shopWith('{id: rest, wait: {event: [call.missed]}}'))
    pause(it)
    it.world.deliver('call.missed', { from: '+79160000000', line: '1' }, { card: it.id })
    expect(it.now()).toMatchObject({ step: 'rest', paused: { answered: true } })
    resume(it)
    expect(it.now()?.step).toBe('ask_head')
  })

  test('a reminder of a visit that is over is not sent; one of a visit to come is', () => {
    const remind = '{id: rest, remind: {before: deal.visitAt, by: 2h, message: reminder, who: [driver]}}'
    const sent = (away: string) => {
      const it = begun(shopWith(remind))
      const before = it.world.sent('reminder').length
      pause(it)
      it.world.wait(away)
      const meanwhile = it.world.sent('reminder').length
      resume(it)
      it.world.wait('1h')
      return [meanwhile - before, it.world.sent('reminder').length - meanwhile]
    }
    // The stage of the shop reminds of the visit itself: one in the meantime is its own.
    expect([sent('114h'), sent('200h')]).toEqual([
      [1, 1],
      [1, 0],
    ])
  })

  test('a card that only a paused process keeps is given to somebody to look at', () => {
    const it = begun(
      worldOf(
        changed([
          '- {event: {before: deal.visitAt, by: 2h}, do: [{send: {message: reminder, to: driver, via: [sms]}}]}',
          '- {event: call.missed, do: [{send: {message: reminder, to: driver, via: [sms]}}]}',
        ]),
      ),
    )
    pause(it)
    expect(it.world.task(it.id, 'check_stuck')).toBeDefined()
  })

  test('is stopped like any other, and a lost card stops it', () => {
    const stopped = begun(worldOf(changed()))
    pause(stopped)
    stopped.world.on(stopped.id, { kind: 'stop', run: stopped.run }, HEAD)
    expect(stopped.now()).toMatchObject({ state: 'stopped', paused: undefined })
    expect(story(stopped.world, stopped.id)).toContain('cancelled')
    const lost = begun(worldOf(changed()))
    pause(lost)
    lost.world.on(lost.id, { kind: 'move', stage: 'lost', set: { lossReason: 'Передумал' } }, MANAGER)
    expect(lost.now()?.state).toBe('stopped')
  })

  test('paused twice and resumed twice is once; one that has ended can be neither', () => {
    const it = begun(worldOf(changed()))
    pause(it)
    pause(it)
    resume(it)
    resume(it)
    expect(said(it).filter((kind) => kind === 'paused' || kind === 'resumed')).toEqual(['paused', 'resumed'])
    it.world.on(it.id, { kind: 'stop', run: it.run }, HEAD)
    expect(pause(it)).toMatchObject({ kind: 'refused', why: ['Этот процесс уже не идёт'] })
  })
})
