import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OrderId } from '#contract/ids.ts'
import { type EpochMs, epochMs, later, type Millis, millis } from '#contract/instant.ts'
import { Order, type OrderAction } from '#contract/order.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { createImmobilizerService } from '../../../edge/immobilizer/immobilizer-service.ts'
import { FIRST_MEMORY, type ImmobilizerMemory, type Installed } from '../../../edge/immobilizer/immobilizer-state.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import { drive, fix, ignition } from '../../support/moments.ts'
import { silentLog } from '../../support/silent-log.ts'
import { INSTALLED as installed } from './installed.ts'

const WALL = 1_795_000_000_000

type Car = { ignition: boolean; speedKmh: number }

/** The real service, a relay and a disk that the test holds in its hands, and time that it alone moves. */
function rig(options: { change?: Partial<Installed>; memory?: ImmobilizerMemory; word?: 'free' | 'blocked' } = {}) {
  const world = { ...installed, ...options.change }
  const car: Car = { ignition: false, speedKmh: 0 }
  const relay = { word: options.word ?? ('free' as 'free' | 'blocked') }
  const writes: { readonly target: string; readonly at: number; readonly savedAt: number }[] = []
  const told: GatewayRecord[] = []
  let steady = 0
  let savedAt = 0
  const disk = { stallMs: 0, state: 'writable' as 'writable' | 'full', duringStall: () => {} }
  let northM = 0
  const look = () => [
    ignition(car.ignition, steady),
    drive(relay.word, steady),
    ...fix(steady, { speedKmh: car.speedKmh, northM }),
  ]
  const service = createImmobilizerService({
    relay: {
      readDrive: async () => ({ drive: relay.word, steadyAt: millis(steady) }),
      writeDrive: async (target, _stop, mayStill) => {
        if (mayStill?.() === false) throw new Error('withheld')
        writes.push({ target, at: steady, savedAt })
        relay.word = target
      },
    },
    inbox: {
      load: () => options.memory ?? FIRST_MEMORY,
      save: () => {
        if (disk.state === 'full') throw new Error('ENOSPC')
        // A flush that stalls holds the whole process: the car moves on, and nobody here sees it.
        steady += disk.stallMs
        if (disk.stallMs > 0) disk.duringStall()
        savedAt = steady
      },
    },
    append: (record) => {
      told.push(record)
      return 'stored'
    },
    timeQuality: () => 'estimated',
    installed: world,
    clock: {
      now: () => epochMs(WALL + steady) as EpochMs,
      steady: () => millis(steady) as Millis,
      sleep: () => new Promise(() => {}),
    },
    log: silentLog,
  })
  const stopping = new AbortController()
  void service.run(stopping.signal)
  const settled = () => pause(0)
  const pass = async (seconds: number): Promise<void> => {
    for (let s = 0; s < seconds; s += 1) {
      steady += 1000
      northM += car.speedKmh / 3.6
      service.observe(look())
      await settled()
    }
  }
  let seq = 0
  const order = async (action: OrderAction): Promise<void> => {
    seq += 1
    const iat = epochMs(WALL + steady)
    service.receive(
      Order.parse({
        orderId: OrderId.parse(`8d7f3c52-58a4-4f0a-9b1e-${String(seq).padStart(12, '0')}`),
        seq,
        aud: world.gatewayId,
        vehicleId: world.vehicleId,
        action,
        reasons: ['manual'],
        iat,
        by: 'user:test',
        ...(action === 'block' ? { notAfter: later(iat, 15 * 60_000) } : {}),
      }),
    )
    await settled()
  }
  const words = () =>
    told.map((record) => {
      if (record.kind === 'event') return `!${record.name}`
      if (record.kind === 'frame') return 'frame'
      return 'reason' in record ? `${record.state}(${record.reason})` : record.state
    })
  return { car, relay, disk, writes, pass, order, words, settled, stop: () => stopping.abort() }
}

const parked = async (options: Parameters<typeof rig>[0] = {}) => {
  const game = rig(options)
  await game.settled()
  await game.pass(100)
  return game
}

test('a car that stands is blocked, and the coil moves within 250 ms of the intent on disk', async () => {
  const game = await parked()
  game.disk.stallMs = 20
  await game.order('block')
  expect(game.words()).toEqual(['received', 'executing', 'verified'])
  expect(game.writes.map(({ target }) => target)).toEqual(['blocked'])
  expect(game.writes.every(({ at, savedAt }) => at - savedAt <= 250)).toBe(true)
  game.stop()
})

test.each([2000, 15_000])(
  'the flush stalls for %i ms and the car sets off meanwhile: judged again, it waits',
  async (stallMs) => {
    const game = await parked()
    game.disk.stallMs = stallMs
    game.disk.duringStall = () => {
      game.disk.stallMs = 0
      Object.assign(game.car, { ignition: true, speedKmh: 40 })
    }
    await game.order('block')
    expect(game.writes).toEqual([])
    await game.pass(120)
    expect(game.writes).toEqual([])
    expect(game.words()[0]).toBe('received')
    expect(new Set(game.words().slice(1))).toEqual(new Set(['waiting(evidence-stale)', 'waiting(ignition-on)']))
    Object.assign(game.car, { ignition: false, speedKmh: 0 })
    await game.pass(100)
    expect(game.relay.word).toBe('blocked')
    game.stop()
  },
)

test('the second flush, that of the intent, stalls and the car sets off: nothing is written', async () => {
  const game = await parked()
  let saves = 0
  game.disk.stallMs = 1
  game.disk.duringStall = () => {
    saves += 1
    game.disk.stallMs = saves === 1 ? 4000 : 0
    if (saves === 2) Object.assign(game.car, { ignition: true, speedKmh: 40 })
  }
  await game.order('block')
  await game.pass(5)
  expect(saves).toBe(2)
  expect(game.writes).toEqual([])
  expect(game.words()).toContain('waiting(ignition-on)')
  game.stop()
})

test('a journal that cannot be written: no block is executed, an unblock is', async () => {
  const game = await parked({ memory: { ...FIRST_MEMORY, reported: 'blocked' }, word: 'blocked' })
  game.disk.state = 'full'
  await game.order('block')
  expect(game.words()).toEqual(['refused(journal-unwritable)'])
  expect(game.writes).toEqual([])
  await game.order('unblock')
  expect(game.relay.word).toBe('free')
  game.stop()
})

const running = (flag: boolean): Partial<Installed> => ({
  circuit: 'fuel-pump',
  policy: interlockPolicy({ relayRestMs: 0 }, { allowRunningCircuitCut: flag }),
})

test('a running circuit is never cut without the flag, and with it only by a fresh fix', async () => {
  const game = await parked({ change: running(false) })
  await game.order('block')
  expect(game.words()).toEqual(['received', 'refused(circuit-not-allowed)'])
  const allowed = await parked({ change: running(true) })
  await allowed.order('block')
  await allowed.pass(2)
  expect(allowed.relay.word).toBe('blocked')
  game.stop()
  allowed.stop()
})

test.each([
  {
    name: 'on a running circuit the ignition that rises within 3 s undoes the cut',
    change: running(true),
    ends: 'free',
  },
  { name: 'on a starter circuit it does not: the engine cannot be running', change: {}, ends: 'blocked' },
])('$name', async ({ change, ends }) => {
  const game = await parked({ change })
  await game.order('block')
  await game.pass(1)
  expect(game.relay.word).toBe('blocked')
  game.car.ignition = true
  await game.pass(1)
  expect(game.relay.word).toBe(ends)
  expect(game.words().includes('!block-released')).toBe(ends === 'free')
  game.stop()
})

const open = (boot: string, phase: 'waiting' | 'intent' = 'waiting'): ImmobilizerMemory => ({
  ...FIRST_MEMORY,
  highestSeq: 1,
  reported: 'blocked',
  open: {
    order: Order.parse({
      orderId: '8d7f3c52-58a4-4f0a-9b1e-000000000099',
      seq: 1,
      aud: installed.gatewayId,
      vehicleId: installed.vehicleId,
      action: 'block',
      reasons: ['manual'],
      iat: WALL,
      notAfter: WALL + 900_000,
      by: 'user:test',
    }),
    received: { steadyAt: millis(0), boot },
    phase,
  },
})

test.each([
  { name: 'remembered as blocked', memory: { ...FIRST_MEMORY, reported: 'blocked' as const } },
  { name: 'a block was waiting in this very boot', memory: open('boot-1') },
  { name: 'a block was waiting before the power went', memory: open('boot-0') },
  {
    name: 'the power went between intent and coil',
    memory: open('boot-1', 'intent'),
  },
])('boot with the relay free and the ignition on, $name: no block is written', async ({ memory }) => {
  const game = rig({ memory, word: 'free' })
  game.car.ignition = true
  game.car.speedKmh = 50
  await game.settled()
  await game.pass(200)
  expect(game.writes.filter(({ target }) => target === 'blocked')).toEqual([])
  expect(game.relay.word).toBe('free')
  game.stop()
})
