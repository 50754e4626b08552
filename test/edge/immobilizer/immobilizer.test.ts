import { expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { stepImmobilizer } from '../../../edge/immobilizer/immobilizer.ts'
import { FIRST_MEMORY } from '../../../edge/immobilizer/immobilizer-state.ts'
import { type Effect, verdictNow } from '../../../edge/immobilizer/immobilizer-step.ts'
import { INSTALLED as installed } from './installed.ts'
import { parked, play, started, WALL } from './play.ts'

test('a parked car: received, executing, verified; the intent was on disk before the coil moved', () => {
  const game = parked()
  const phases: unknown[] = []
  game.faults.beforeWrite = () => phases.push(game.disk().open?.phase)
  game.order(game.make('block'))
  expect(game.said).toEqual(['received', 'executing', 'verified'])
  expect(phases).toEqual(['intent'])
  expect(game.reports.at(-1)).toMatchObject({ relay: 'open', evidence: { ignition: false, drive: 'blocked' } })
  expect(game.disk()).toMatchObject({ reported: 'blocked', highestSeq: 1 })
  expect(game.disk().open).toBeUndefined()
})

test('a moving car waits, is judged on every reading, and is blocked once it has stood', () => {
  const game = started()
  game.pass(80, { ignition: true, speedKmh: 50 })
  game.order(game.make('block'))
  game.pass(20, { ignition: true, speedKmh: 50 })
  expect(game.said).toEqual(['received', 'waiting(ignition-on)'])
  expect(game.writes).toEqual([])
  game.pass(70)
  expect(game.said.at(-1)).toBe('verified')
  expect(game.writes).toEqual(['blocked'])
})

test('a car that sets off while the intent is being stored is not blocked', () => {
  const game = parked()
  const state = game.state()
  const at = (ms: number) => ({
    steady: millis(game.now() + ms),
    wall: epochMs(WALL + game.now() + ms),
    quality: 'estimated' as const,
  })
  const first = stepImmobilizer(state, { event: 'order', order: game.make('block') }, at(10), installed)
  const ticketOf = (effects: readonly Effect[]) =>
    effects.flatMap((one) => (one.effect === 'save' ? [one.ticket] : [])).at(-1) ?? 0
  const intent = stepImmobilizer(first.state, { event: 'saved', ticket: ticketOf(first.effects) }, at(12), installed)
  expect(intent.state.memory.open?.phase).toBe('intent')
  // Fifteen seconds of syncing: everything the verdict stood on is old now.
  const late = stepImmobilizer(
    intent.state,
    { event: 'saved', ticket: ticketOf(intent.effects) },
    at(15_000),
    installed,
  )
  expect(late.effects.map((one) => one.effect)).not.toContain('write')
  expect(late.state.memory.open?.phase).toBe('waiting')
})

test('unblock while driving, with the disk full: the relay is free at once', () => {
  const game = parked()
  game.order(game.make('block'))
  game.faults.diskFull = true
  game.pass(5, { ignition: true, speedKmh: 90 })
  game.order(game.make('unblock'))
  expect(game.relay.word).toBe('free')
  expect(game.said.slice(-3)).toEqual(['received', 'executing', 'verified'])
})

test('block with the disk full is refused, and nothing is written', () => {
  const game = parked()
  game.faults.diskFull = true
  game.order(game.make('block'))
  expect(game.said).toEqual(['refused(journal-unwritable)'])
  expect(game.writes).toEqual([])
})

test('unblock repeats without limit until it is read back, and tells after three failures', () => {
  const game = parked({ relay: { word: 'blocked' }, memory: { ...FIRST_MEMORY, reported: 'blocked' } })
  game.relay.obeys = false
  game.order(game.make('unblock'))
  game.pass(30)
  expect(game.writes.length).toBeGreaterThan(10)
  expect(game.said.filter((word) => word === '!unblock-failing')).toHaveLength(1)
  game.relay.obeys = true
  game.pass(3)
  expect(game.said.at(-1)).toBe('verified')
})

test('an unblock cancels a waiting block', () => {
  const game = started()
  game.pass(10, { ignition: true })
  game.order(game.make('block'))
  game.order(game.make('unblock'))
  game.pass(200)
  expect(game.said).toEqual(['received', 'waiting(ignition-on)', 'superseded', 'received', 'executing', 'verified'])
  expect(game.writes).toEqual(['free'])
})

test('a waiting block expires by the life it had, counted from its reception', () => {
  const game = started()
  game.pass(5, { ignition: true })
  game.order(game.make('block'))
  game.pass(15 * 60 + 2, { ignition: true })
  expect(game.said.at(-1)).toBe('expired')
  game.pass(100)
  expect(game.writes).toEqual([])
})

test('replayed, repeated, foreign and misdirected orders move nothing', () => {
  const game = parked()
  const [old, newer] = [game.make('block'), game.make('unblock')]
  game.order(newer)
  game.said.length = 0
  game.writes.length = 0
  game.order(newer)
  expect(game.said).toEqual([])
  game.order(old)
  game.order(game.make('block', { aud: 'gw-testtest2' }))
  game.order(game.make('block', { vehicleId: '11111111-6f43-4f5e-8d52-0d5b5f4d2a11' }))
  expect(game.said).toEqual(['superseded', '!order-rejected', 'refused(wrong-vehicle)'])
  expect(game.writes).toEqual([])
})

test('a car without a sealed sheet is never blocked, and always unblocked', () => {
  const { sealedAt: _open, ...unsealed } = installed
  const game = play()
  const at = { steady: millis(0), wall: epochMs(WALL), quality: 'estimated' as const }
  const first = stepImmobilizer(game.state(), { event: 'order', order: game.make('block') }, at, unsealed)
  const refused = stepImmobilizer(first.state, { event: 'saved', ticket: first.state.ticket }, at, unsealed)
  expect(refused.effects).toMatchObject([
    { effect: 'report' },
    { effect: 'save' },
    { report: { state: 'refused', reason: 'not-commissioned' } },
  ])
})

test('an order for another gateway is told and moves nothing', () => {
  const game = parked()
  game.order(game.make('block', { aud: GatewayId.parse('gw-otherone1') }))
  expect(game.said).toEqual(['!order-rejected'])
  expect(game.state().memory.knownOrders).toEqual([])
})

test('where no circuit is declared a block is refused, and without an order the verdict is a refusal', () => {
  const { circuit: _none, ...bare } = installed
  const game = parked()
  const at = { steady: millis(game.now()), wall: epochMs(WALL + game.now()), quality: 'estimated' } as const
  const first = stepImmobilizer(game.state(), { event: 'order', order: game.make('block') }, at, bare)
  const then = stepImmobilizer(first.state, { event: 'saved', ticket: first.state.ticket }, at, bare)
  expect(then.effects).toContainEqual(
    expect.objectContaining({ report: expect.objectContaining({ state: 'refused', reason: 'not-commissioned' }) }),
  )
  expect(verdictNow(game.state(), at, installed)).toEqual({ verdict: 'refuse', reason: 'expired' })
})
