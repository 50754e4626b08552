import { expect, test } from 'vitest'
import { OrderId } from '#contract/ids.ts'
import { FIRST_MEMORY } from '../../../edge/immobilizer/immobilizer-state.ts'
import { observe } from '../../../edge/interlock/evidence.ts'
import { fix } from '../../support/moments.ts'
import { INSTALLED as installed } from './installed.ts'
import { parked, play, started } from './play.ts'

test('speed within three seconds of the write undoes the block', () => {
  const game = parked()
  game.order(game.make('block'))
  game.pass(1, { speedKmh: 9 })
  expect(game.said.slice(-2)).toEqual(['verified', '!block-released'])
  expect(game.relay.word).toBe('free')
})

test('speed after the three seconds does not: a running engine never felt the block', () => {
  const game = parked()
  game.order(game.make('block'))
  game.pass(4)
  game.pass(2, { speedKmh: 9 })
  expect(game.relay.word).toBe('blocked')
})

test('a person at the car frees it while an order waits, and the order ends', () => {
  const game = started({ memory: { ...FIRST_MEMORY, reported: 'blocked' }, relay: { word: 'blocked' } })
  game.pass(3, { ignition: true })
  game.order(game.make('block'))
  game.send({ event: 'local-release' })
  game.pass(200)
  expect(game.said).toEqual(['received', 'waiting(ignition-on)', 'superseded', '!block-released'])
  expect(game.relay.word).toBe('free')
})

test('a technician’s own block needs no seal but every condition of the interlock, and is freed again by him', () => {
  const bare = play({ unsealed: true })
  bare.send({ event: 'started' })
  bare.pass(100)
  const order = bare.make('block')
  if (order.action !== 'block') throw new Error('a block')
  bare.send({ event: 'relay-test', order })
  expect(bare.said).toEqual(['received', 'executing', 'verified'])
  expect(bare.relay.word).toBe('blocked')
  bare.send({ event: 'local-release', cause: 'relay-test' })
  expect(bare.relay.word).toBe('free')
  bare.pass(1, { ignition: true })
  bare.send({
    event: 'relay-test',
    order: { ...order, orderId: OrderId.parse('8d7f3c52-58a4-4f0a-9b1e-0000000000aa') },
  })
  expect(bare.said.slice(-2)).toEqual(['received', 'waiting(ignition-on)'])
  expect(bare.relay.word).toBe('free')
})

test('while an order is open no test of the relay begins', () => {
  const game = parked()
  game.pass(1, { ignition: true })
  game.order(game.make('block'))
  const before = game.said.length
  const order = game.make('block')
  if (order.action !== 'block') throw new Error('a block')
  game.send({ event: 'relay-test', order })
  expect(game.said).toHaveLength(before)
})

test('a car that sets off before the coil has been read back is freed, and the order has failed', () => {
  const game = parked()
  game.faults.beforeWrite = () => {
    game.relay.speaks = false
  }
  game.order(game.make('block'))
  expect(game.said).toEqual(['received', 'executing'])
  const readings = fix(game.now() + 50, { speedKmh: 30 })
  game.send({
    event: 'readings',
    evidence: observe(game.state().evidence, readings, installed.sources, installed.policy),
  })
  expect(game.said).toEqual(['received', 'executing', 'failed(interrupted)', '!block-released'])
  expect(game.writes).toEqual(['blocked', 'free'])
})
