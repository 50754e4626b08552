import { expect, test } from 'vitest'
import { GatewayId, OrderId } from '#contract/ids.ts'
import { epochMs, later, millis } from '#contract/instant.ts'
import { Order, type OrderAction, type OrderReport } from '#contract/order.ts'
import { stepImmobilizer, wakeAt } from '../../../edge/immobilizer/immobilizer.ts'
import {
  FIRST_MEMORY,
  ImmobilizerMemory,
  type Installed,
  startState,
} from '../../../edge/immobilizer/immobilizer-state.ts'
import { type Effect, type ImmobilizerEvent, verdictNow } from '../../../edge/immobilizer/immobilizer-step.ts'
import { observe } from '../../../edge/interlock/evidence.ts'
import { drive, fix, ignition, SOURCES } from '../../support/moments.ts'
import { INSTALLED as installed } from './installed.ts'

const WALL = 1_795_000_000_000

type RelayModel = { word: 'free' | 'blocked'; obeys: boolean; speaks: boolean }

/** Plays service, disk, relay and car for the pure machine; the relay answers at once, the test says how. */
function play(
  options: {
    memory?: ImmobilizerMemory
    relay?: Partial<RelayModel>
    change?: Partial<Installed>
    startAt?: number
    unsealed?: true
  } = {},
) {
  const relay: RelayModel = { word: 'free', obeys: true, speaks: true, ...options.relay }
  const { sealedAt, ...rest } = { ...installed, ...options.change }
  const world: Installed = options.unsealed === true || sealedAt === undefined ? rest : { ...rest, sealedAt }
  let steady = options.startAt ?? 0
  let disk = options.memory ?? FIRST_MEMORY
  let state = startState(disk, millis(steady))
  const said: string[] = []
  const reports: OrderReport[] = []
  const writes: string[] = []
  const faults = {
    diskFull: false,
    outboxFull: false,
    crashBefore: undefined as Effect['effect'] | undefined,
    beforeWrite: () => {},
  }
  let crashed = false

  const send = (event: ImmobilizerEvent): void => {
    const queue: ImmobilizerEvent[] = [event]
    for (let next = queue.shift(); next !== undefined && !crashed; next = queue.shift()) {
      const at = { steady: millis(steady), wall: epochMs(WALL + steady), quality: 'estimated' as const }
      const stepped = stepImmobilizer(state, next, at, world)
      state = stepped.state
      for (const effect of stepped.effects) {
        if (effect.effect === faults.crashBefore && (effect.effect !== 'write' || effect.target === 'blocked'))
          crashed = true
        if (crashed) return
        const answer = perform(effect)
        if (answer !== undefined) queue.push(answer)
      }
    }
  }

  const perform = (effect: Effect): ImmobilizerEvent | undefined => {
    switch (effect.effect) {
      case 'save':
        if (faults.diskFull) return { event: 'unsaved', ticket: effect.ticket }
        disk = effect.memory
        return { event: 'saved', ticket: effect.ticket }
      case 'report':
        reports.push(effect.report)
        said.push('reason' in effect.report ? `${effect.report.state}(${effect.report.reason})` : effect.report.state)
        return faults.outboxFull ? undefined : { event: 'told', report: effect.report }
      case 'event':
        said.push(`!${effect.record.name}`)
        return undefined
      case 'read':
        return { event: 'drive', ticket: effect.ticket, word: relay.speaks ? relay.word : 'unknown' }
      case 'write':
        faults.beforeWrite()
        writes.push(effect.target)
        if (relay.obeys) relay.word = effect.target
        return { event: relay.speaks ? 'written' : 'unwritten', ticket: effect.ticket }
      default:
        return effect satisfies never
    }
  }

  let seq = 0
  const make = (action: OrderAction, more: object = {}): Order => {
    seq += 1
    const iat = epochMs(WALL + steady)
    return Order.parse({
      orderId: OrderId.parse(`8d7f3c52-58a4-4f0a-9b1e-${String(seq).padStart(12, '0')}`),
      seq,
      aud: world.gatewayId,
      vehicleId: world.vehicleId,
      action,
      reasons: ['manual'],
      iat,
      by: 'user:test',
      ...(action === 'block' ? { notAfter: later(iat, 15 * 60_000) } : {}),
      ...more,
    })
  }
  /** Lets seconds pass: readings of a car that stands, or of one as told, and ticks. */
  const pass = (secondsLong: number, car: { ignition?: boolean; speedKmh?: number; deaf?: boolean } = {}): void => {
    for (let s = 0; s < secondsLong; s += 1) {
      for (let tenth = 0; tenth < 10; tenth += 1) {
        steady += 100
        if (tenth % 2 === 1) send({ event: 'tick' })
      }
      const readings = [
        ignition(car.ignition ?? false, steady),
        ...(relay.speaks ? [drive(relay.word, steady)] : []),
        ...fix(steady, { speedKmh: car.speedKmh ?? 0 }),
      ]
      if (car.deaf !== true)
        send({ event: 'readings', evidence: observe(state.evidence, readings, world.sources, world.policy) })
    }
  }
  return {
    send,
    pass,
    make,
    order: (one: Order) => send({ event: 'order', order: one }),
    said,
    reports,
    writes,
    relay,
    faults,
    disk: () => disk,
    state: () => state,
    crashed: () => crashed,
    now: () => steady,
  }
}

const started = (options: Parameters<typeof play>[0] = {}) => {
  const game = play(options)
  game.send({ event: 'started' })
  return game
}
const parked = (options: Parameters<typeof play>[0] = {}) => {
  const game = started(options)
  game.pass(100)
  return game
}

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

test('a relay switched by hand is told as drift; one found blocked is freed, one found free is left', () => {
  const game = parked()
  game.relay.word = 'blocked'
  game.pass(4)
  expect(game.said).toEqual(['!drift', '!block-released'])
  expect(game.relay.word).toBe('free')
})

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

test('a contact that does not follow its drive: the fault is latched, nothing moves, no block is tried', () => {
  const game = parked()
  game.send({ event: 'relay-stuck' })
  expect(game.writes).toEqual([])
  expect(game.disk().faultUnder).toBe(installed.sealedAt)
  game.order(game.make('block'))
  expect(game.said).toEqual(['received', 'refused(relay-fault)'])
  expect(game.writes).toEqual([])
})

test('an order for another gateway is told and moves nothing', () => {
  const game = parked()
  game.order(game.make('block', { aud: GatewayId.parse('gw-otherone1') }))
  expect(game.said).toEqual(['!order-rejected'])
  expect(game.state().memory.knownOrders).toEqual([])
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
