import { expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import { stepImmobilizer, wakeAt } from '../../../edge/immobilizer/immobilizer.ts'
import { FIRST_MEMORY } from '../../../edge/immobilizer/immobilizer-state.ts'
import { drive, SOURCES } from '../../support/moments.ts'
import { INSTALLED as installed } from './installed.ts'
import { parked, play, started, WALL } from './play.ts'

test('a write withheld at the last look goes back to waiting', () => {
  const game = parked()
  game.order(game.make('block'))
  const fresh = parked()
  const order = fresh.make('block')
  let state = fresh.state()
  const at = { steady: millis(fresh.now() + 10), wall: epochMs(WALL), quality: 'estimated' as const }
  let effects = stepImmobilizer(state, { event: 'order', order }, at, installed)
  for (let round = 0; round < 2; round += 1) {
    const ticket = effects.effects.flatMap((one) => (one.effect === 'save' ? [one.ticket] : [])).at(-1) ?? 0
    effects = stepImmobilizer(effects.state, { event: 'saved', ticket }, at, installed)
  }
  expect(effects.effects).toMatchObject([{ effect: 'write', target: 'blocked' }])
  state = effects.state
  const back = stepImmobilizer(state, { event: 'withheld', ticket: state.ticket }, at, installed)
  expect(back.state.work.work).toBe('waiting')
  expect(back.state.memory.open?.phase).toBe('waiting')
})

test('a relay that does not obey is written twice, never verified, and latched', () => {
  const game = parked({ relay: { obeys: false } })
  game.order(game.make('block'))
  game.pass(10)
  expect(game.said).toContain('failed(relay-fault)')
  expect(game.said).not.toContain('verified')
  expect(game.writes.filter((word) => word === 'blocked')).toHaveLength(2)
  game.pass(70)
  game.order(game.make('block'))
  expect(game.said.at(-1)).toBe('refused(relay-fault)')
})

test('a new commissioning sheet clears the latch', () => {
  const broken = parked({ relay: { obeys: false } })
  broken.order(broken.make('block'))
  broken.pass(5)
  const repaired = parked({ memory: broken.disk(), change: { sealedAt: '2026-12-01T09:00:00Z' } })
  repaired.order(repaired.make('block', { seq: 50, orderId: '8d7f3c52-58a4-4f0a-9b1e-000000000050' }))
  expect(repaired.said.at(-1)).toBe('verified')
})

test('a relay that falls silent fails the block as silent, and is freed until it is heard again', () => {
  const game = parked()
  game.faults.beforeWrite = () => {
    game.relay.speaks = false
  }
  game.order(game.make('block'))
  game.pass(4, {})
  expect(game.said).toContain('failed(relay-silent)')
  game.faults.beforeWrite = () => {}
  game.relay.speaks = true
  game.pass(4)
  expect(game.relay.word).toBe('free')
  expect(game.said).not.toContain('verified')
})

test('a relay switched by hand is told as drift; one found blocked is freed, one found free is left', () => {
  const game = parked()
  game.relay.word = 'blocked'
  game.pass(4)
  expect(game.said).toEqual(['!drift', '!block-released'])
  expect(game.relay.word).toBe('free')
})

test('a contact that does not follow its drive: the fault is latched, nothing moves, no block is tried', () => {
  const game = parked()
  game.send({ event: 'relay-stuck' })
  expect(game.writes).toEqual([])
  expect(game.disk().faultUnder).toBe(installed.sealedAt)
  game.order(game.make('block'))
  expect(game.said).toEqual(['received', 'refused(relay-fault)'])
  expect(game.writes).toEqual([])
})

test('while a read-back is awaited a fault is not latched beside it, and the next look has its time', () => {
  const game = parked()
  game.faults.beforeWrite = () => {
    game.relay.speaks = false
  }
  game.order(game.make('block'))
  const pausing = game.state()
  expect(pausing.work.work).toBe('pausing')
  expect(wakeAt(pausing, millis(game.now()))).toBe(game.now() + 150)
  game.send({ event: 'relay-stuck' })
  expect(game.state()).toEqual(pausing)
})

test('without a seal there is nothing to latch a fault under', () => {
  const game = play({ unsealed: true })
  game.send({ event: 'started' })
  const before = game.state()
  game.send({ event: 'relay-stuck' })
  expect(game.state()).toEqual(before)
})

test('a relay that says nothing at the start is told, and nothing is moved', () => {
  const game = started({ memory: { ...FIRST_MEMORY, reported: 'free' }, relay: { speaks: false } })
  expect(game.said).toEqual(['!relay-unknown'])
  expect(game.writes).toEqual([])
})

test.each(['written', 'unwritten', 'withheld'] as const)(
  'an answer that nobody waits for moves nothing: %s',
  (event) => {
    const game = parked()
    const before = game.state()
    game.send({ event, ticket: before.ticket })
    game.send({ event, ticket: before.ticket - 1 })
    game.send({ event: 'drive', ticket: before.ticket, word: 'blocked' })
    game.send({ event: 'drive', ticket: before.ticket - 1, word: 'blocked' })
    expect(game.writes).toEqual([])
    expect(game.said).toEqual([])
    expect(game.state().memory).toEqual(before.memory)
  },
)

test.each([1, 2])('a write that was withheld, attempt %i, with no order left, leaves nothing to be done', (writes) => {
  const state = { ...parked().state(), work: { work: 'writing', target: 'blocked', writes } } as const
  const at = { steady: millis(100_000), wall: epochMs(WALL + 100_000), quality: 'estimated' } as const
  const { state: next, effects } = stepImmobilizer(state, { event: 'withheld', ticket: state.ticket }, at, installed)
  expect(next.work).toEqual({ work: 'none' })
  expect(effects).toEqual([])
})

test('a second write that was withheld at the port ends the order, and the relay is freed', () => {
  const game = parked()
  const order = game.make('block')
  const received = { steadyAt: millis(game.now()), boot: 'boot-1' }
  const state = {
    ...game.state(),
    memory: { ...game.state().memory, open: { order, received, phase: 'intent' } },
    work: { work: 'writing', target: 'blocked', writes: 2 },
  } as const
  const at = { steady: millis(game.now()), wall: epochMs(WALL + game.now()), quality: 'estimated' } as const
  const { effects } = stepImmobilizer(state, { event: 'withheld', ticket: state.ticket }, at, installed)
  expect(effects).toContainEqual(
    expect.objectContaining({ report: expect.objectContaining({ state: 'failed', reason: 'relay-silent' }) }),
  )
  expect(effects).toContainEqual(expect.objectContaining({ effect: 'write', target: 'free' }))
})

test('a contact that is wired and never read proves no block', () => {
  const sense = { device: drive('free', 0).device, reading: 'sense' }
  const game = parked({ change: { sources: { ...SOURCES, sense } } })
  game.order(game.make('block'))
  expect(game.said).toEqual(['received', 'executing'])
  expect(wakeAt(game.state(), millis(game.now()))).toBe(game.now() + 2000)
  game.pass(6)
  expect(game.said.at(-1)).not.toBe('verified')
  expect(game.said).toContain('failed(relay-silent)')
  expect(game.relay.word).toBe('free')
})
