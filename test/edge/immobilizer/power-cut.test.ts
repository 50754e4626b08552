import { expect, test } from 'vitest'
import { FIRST_MEMORY, ImmobilizerMemory } from '../../../edge/immobilizer/immobilizer-state.ts'
import { parked, started } from './play.ts'

test('the power goes between intent and coil: the block is not repeated', () => {
  const game = parked()
  game.faults.crashBefore = 'write'
  game.order(game.make('block'))
  expect(game.crashed()).toBe(true)
  expect(game.disk().open?.phase).toBe('intent')
  const again = started({ memory: game.disk(), change: { boot: 'boot-2' } })
  again.pass(200)
  expect(again.said[0]).toBe('failed(interrupted)')
  expect(again.writes).toEqual([])
})

test('the power goes between coil and read-back: told as interrupted, and the relay is given back', () => {
  const game = parked()
  game.faults.crashBefore = 'read'
  game.order(game.make('block'))
  expect(game.relay.word).toBe('blocked')
  const again = started({ memory: game.disk(), relay: { word: 'blocked' }, change: { boot: 'boot-2' } })
  again.pass(5)
  expect(again.said.slice(0, 2)).toEqual(['failed(interrupted)', '!drift'])
  expect(again.reports[0]?.relay).toBe('open')
  expect(again.relay.word).toBe('free')
  expect(again.writes).not.toContain('blocked')
})

test('the power goes during an unblock: it is repeated', () => {
  const game = parked({ relay: { word: 'blocked', obeys: false }, memory: { ...FIRST_MEMORY, reported: 'blocked' } })
  game.order(game.make('unblock'))
  const again = started({ memory: game.disk(), relay: { word: 'blocked' }, change: { boot: 'boot-2' } })
  expect(again.relay.word).toBe('free')
  expect(again.said).toEqual(['executing', 'verified'])
})

test('a final report that the power cut short is said again, once', () => {
  const game = parked()
  game.faults.crashBefore = undefined
  game.order(game.make('block'))
  const due = game.reports.at(-1)
  if (due === undefined) throw new Error('no report')
  const again = started({
    memory: { ...game.disk(), due: [due] },
    relay: { word: 'blocked' },
    change: { boot: 'boot-2' },
  })
  expect(again.said).toEqual(['verified'])
  expect(again.disk().due).toBeUndefined()
})

test('what the outbox refuses is said again after a power cut, whatever was ordered since', () => {
  const game = parked()
  game.faults.outboxFull = true
  game.order(game.make('block'))
  game.order(game.make('unblock'))
  game.pass(40)
  expect(game.said.filter((word) => word === 'verified')).toHaveLength(2)
  const ended = game.reports.filter(({ state }) => state === 'verified').map(({ orderId }) => orderId)
  const again = started({ memory: game.disk(), relay: { word: 'free' }, change: { boot: 'boot-2' } })
  expect(again.reports.map(({ orderId }) => orderId)).toEqual(ended)
  expect(again.disk().due).toBeUndefined()
})

test('an order refused because nothing could be stored has its last word on disk with the next order', () => {
  const game = parked()
  game.faults.diskFull = true
  game.faults.outboxFull = true
  game.order(game.make('block'))
  expect(game.said).toEqual(['refused(journal-unwritable)'])
  game.faults.diskFull = false
  game.order(game.make('unblock'))
  expect(game.disk().due).toMatchObject([
    { orderSeq: 1, state: 'refused' },
    { orderSeq: 2, state: 'verified' },
  ])
})

test('a superseded order and one for another car keep their last words as every other', () => {
  const game = parked()
  game.faults.outboxFull = true
  game.pass(1, { ignition: true })
  game.order(game.make('block'))
  game.order(game.make('block', { vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a12' }))
  game.order(game.make('unblock'))
  expect(game.disk().due?.map(({ orderSeq, state }) => `${orderSeq} ${state}`)).toEqual([
    '2 refused',
    '1 superseded',
    '3 verified',
  ])
})

test('a memory of before, with one report due, is understood', () => {
  const game = parked()
  game.faults.outboxFull = true
  game.order(game.make('block'))
  const { due, ...memory } = game.disk()
  const before = JSON.parse(JSON.stringify({ ...memory, due: due?.[0] }))
  expect(ImmobilizerMemory.parse(before)).toEqual({ ...memory, due })
})

test.each([
  { name: 'blocked, and reads blocked', reported: 'blocked', word: 'blocked', ends: 'blocked', said: [] },
  {
    name: 'blocked, but reads free: not re-asserted',
    reported: 'blocked',
    word: 'free',
    ends: 'free',
    said: ['!drift'],
  },
  {
    name: 'free, but reads blocked: released',
    reported: 'free',
    word: 'blocked',
    ends: 'free',
    said: ['!drift', '!block-released'],
  },
  { name: 'free, and reads free', reported: 'free', word: 'free', ends: 'free', said: [] },
  {
    name: 'unknown, and reads blocked: released',
    reported: 'unknown',
    word: 'blocked',
    ends: 'free',
    said: ['!drift', '!block-released'],
  },
] as const)('boot: $name', ({ reported, word, ends, said }) => {
  const game = started({ memory: { ...FIRST_MEMORY, reported }, relay: { word } })
  game.pass(10, { ignition: true })
  expect(game.said).toEqual(said)
  expect(game.relay.word).toBe(ends)
  expect(game.writes).not.toContain('blocked')
})
