import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { startCloud } from '../support/running-cloud.ts'
import { startBarePeer } from './bare-peer.ts'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { type Cycle, clickCycle, type Desk } from './click.ts'
import { blockFleet } from './fleet-block.ts'
import { followOrders, signIn } from './live-orders.ts'
import { type ParkedCar, startParkedFleet } from './parked-fleet.ts'
import { median, percentile, spread, table } from './table.ts'

/** So many cars may begin to be blocked in ten minutes without a second person, at the very most; the rule's own minute lies between two blocks. */
const CARS = 43
/** Of `--only weather`: clouds of so many cars each, for clicks enough within seven minutes. */
const CLOUDS = 2
/** In bad weather clicks mostly wait, so several do at once; they do not begin at one moment. */
const AT_ONCE_EACH = 4
const APART_MS = 150
/** Of the 49, those whose only witness of standstill is a receiver that is asked once a second. */
const LONE_CARS = 6
const MINUTE_MS = 61_000
/** A minute of positions, ignition and motion, and what it takes to begin. */
const SETTLE_MS = 70_000
const BUS_MS = 1
/** On a bad road: nobody sees that a car is blocked, thinks better of it and clicks again any sooner. */
const SECOND_THOUGHTS_MS = 1000
const WEATHER = { oneWayMs: 150, loss: 0.05 }
const CLEAR = { oneWayMs: 0, loss: 0 }

type Seat = { readonly car: ParkedCar; readonly desk: Desk }
type Round = { readonly cycles: readonly Cycle[]; readonly peer: readonly number[] }

/** One cycle of each car in turn; the peer's click goes between or beside, so that the machine's other work hits both. */
async function round(
  seats: readonly Seat[],
  click: () => Promise<number>,
  sideBySide: number,
  blockedAt: Map<ParkedCar, number>,
): Promise<Round> {
  const cycles: Cycle[] = []
  const peer: number[] = []
  const waiting = [...seats]
  const work = async (_: unknown, lane: number): Promise<void> => {
    await pause(lane * APART_MS)
    for (let seat = waiting.shift(); seat !== undefined; seat = waiting.shift()) {
      const { car, desk } = seat
      // The signer lets one vehicle be blocked once a minute at most.
      await pause(Math.max(10, (blockedAt.get(car) ?? 0) + MINUTE_MS - performance.now()))
      blockedAt.set(car, performance.now())
      cycles.push(await clickCycle(desk, car, sideBySide === 1 ? 0 : SECOND_THOUGHTS_MS))
      if (sideBySide === 1) peer.push(await click())
    }
  }
  // It has one car, and waits most of the time too.
  const clickOn = async (): Promise<void> => {
    while (sideBySide > 1 && peer.length < seats.length / 2) peer.push(await click())
  }
  await Promise.all([clickOn(), ...Array.from({ length: sideBySide }, work)])
  return { cycles, peer }
}

/** What no implementation can do without: sign, verify, one flush on each side, the bus twice, the road there and back. */
function limitMs(rttMs: number): number {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const text = Buffer.alloc(500, 'x')
  const dir = mkdtempSync(join(tmpdir(), 'kordon-flush-'))
  const file = openSync(join(dir, 'flush'), 'w')
  const took = Array.from({ length: 50 }, () => {
    const from = performance.now()
    if (!verify(null, text, publicKey, sign(null, text, privateKey))) throw new Error('the signature does not hold')
    for (let side = 0; side < 2; side += 1) {
      writeSync(file, text)
      fdatasyncSync(file)
    }
    return performance.now() - from
  })
  closeSync(file)
  rmSync(dir, { recursive: true })
  return rttMs + median(took) + 2 * BUS_MS
}

const row = (name: string, values: readonly number[]): readonly (string | number)[] => [
  name,
  values.length,
  percentile(values, 0.5),
  percentile(values, 0.95),
  percentile(values, 0.99),
  values.length === 0 ? Number.NaN : Math.max(...values),
]
const direct = (cycles: readonly Cycle[]): readonly Cycle[] => cycles.filter(({ waited }) => !waited)
const HEADER = ['', 'cycles', 'p50 ms', 'p95 ms', 'p99 ms', 'most ms']

type House = {
  readonly cars: readonly Seat[]
  readonly lone: readonly Seat[]
  readonly proxy: FaultProxy
  stop(): Promise<void>
}

const busMs = (): number => BUS_MS

/** A cloud, its cars behind one proxy, and whoever clicks. */
async function openHouse(loneCars: number, seed: number): Promise<House> {
  const cloud = await startCloud({
    KORDON_SIGNER_ONE_PERSON_VEHICLES: '50',
    KORDON_SIGNER_MINUTES_BETWEEN_BLOCKS: '1',
    KORDON_REQUESTS_PER_MINUTE: '1000000',
    KORDON_LOG_LEVEL: 'warn',
  })
  const proxy = await startFaultProxy(cloud.mqttsPort, {}, seed)
  const common = { cloudUrl: cloud.url, brokerUrl: `mqtts://127.0.0.1:${proxy.port}`, busMs }
  const fleet = await startParkedFleet({ ...common, count: CARS })
  const lone = await startParkedFleet({ ...common, count: loneCars, from: CARS, witness: 'gnss alone' })
  const live = await followOrders(cloud.url, await signIn(cloud.url, 'owner'))
  const desk = { api: await cloud.as('owner'), live }
  return {
    cars: fleet.cars.map((car) => ({ car, desk })),
    lone: lone.cars.map((car) => ({ car, desk })),
    proxy,
    stop: async () => {
      proxy.set(CLEAR)
      live.close()
      await Promise.all([fleet.stop(), lone.stop()])
      await Promise.all([proxy.close(), cloud.stop()])
    },
  }
}

async function run(options: BenchOptions): Promise<BenchResult> {
  if (options.fleet !== undefined) return blockFleet(options.fleet, options)
  const { full, only, print } = options
  const [rounds, stormy] = only === 'weather' ? [0, 5] : only === 'clear' ? [5, 0] : full ? [11, 10] : [5, 2]
  const houses = only === 'weather' ? CLOUDS : 1
  const opened: House[] = []
  for (let seed = 1; seed <= houses; seed += 1) opened.push(await openHouse(only === undefined ? LONE_CARS : 0, seed))
  let peerProxy: FaultProxy | undefined
  const peer = await startBarePeer(busMs, async (port) => {
    peerProxy = await startFaultProxy(port)
    return peerProxy.port
  })
  const cars = opened.flatMap((house) => house.cars)
  const lone = opened.flatMap((house) => house.lone)
  print(
    `${cars.length} parked cars with GNSS and motion sensor, ${lone.length} with GNSS alone; they settle for ${SETTLE_MS / 1000} s`,
  )
  await pause(SETTLE_MS)
  await peer.click('block')
  await peer.click('unblock')
  const blockedAt = new Map<ParkedCar, number>()
  const alone: Cycle[] = []
  const clear: Round[] = []
  const rough: Round[] = []
  for (let index = 0; index < rounds + stormy; index += 1) {
    const weather = index < rounds ? CLEAR : WEATHER
    for (const { proxy } of opened) proxy.set(weather)
    peerProxy?.set(weather)
    const done = await round(
      cars,
      () => peer.click('block').then(async (ms) => (await peer.click('unblock')) && ms),
      index < rounds ? 1 : AT_ONCE_EACH * houses,
      blockedAt,
    )
    ;(index < rounds ? clear : rough).push(done)
    const took = direct(done.cycles).map(({ blockedMs }) => blockedMs)
    print(
      `round ${index + 1}: p50 ${percentile(took, 0.5).toFixed(0)} ms, most ${Math.max(...took).toFixed(0)} ms, waited ${done.cycles.length - took.length}`,
    )
    if (index < rounds) alone.push(...(await round(lone, async () => 0, 1, blockedAt)).cycles)
  }
  await peer.close()
  await Promise.all(opened.map((house) => house.stop()))
  await peerProxy?.close()
  const all = (kind: Round[], key: 'blockedMs' | 'freedMs'): number[] =>
    kind.flatMap(({ cycles }) => direct(cycles).map((cycle) => cycle[key]))
  const peers = (kind: Round[]): number[] => kind.flatMap(({ peer: clicks }) => clicks)
  const cycles = [...clear, ...rough].flatMap((each) => each.cycles)
  const unproved = cycles.filter(({ proved }) => !proved).length
  const rttMs = 2 * WEATHER.oneWayMs
  print(
    table([
      HEADER,
      row('block, loopback', all(clear, 'blockedMs')),
      row('unblock, loopback', all(clear, 'freedMs')),
      row(
        'block, loopback, GNSS at 1 Hz alone',
        alone.map(({ blockedMs }) => blockedMs),
      ),
      row('peer: bare MQTT.js, loopback', peers(clear)),
      row(
        'of a block, the bus of the relay',
        clear.flatMap((each) => direct(each.cycles).map(({ exchanges }) => exchanges * BUS_MS)),
      ),
      ['limit, loopback', '', limitMs(0), '', '', ''],
      row(`block, RTT ${rttMs} ms, ${WEATHER.loss * 100} % loss`, all(rough, 'blockedMs')),
      row(`unblock, RTT ${rttMs} ms, ${WEATHER.loss * 100} % loss`, all(rough, 'freedMs')),
      row('peer, the same weather', peers(rough)),
      ['limit, one RTT and no loss', '', limitMs(rttMs), '', '', ''],
    ]),
  )
  const ratios = clear.map((each) => median(direct(each.cycles).map(({ blockedMs }) => blockedMs)) / median(each.peer))
  return {
    unit: 'ms from the click to the verified read-back in the live feed, median of each round of cars',
    pairs: rounds,
    own: spread(clear.map((each) => median(direct(each.cycles).map(({ blockedMs }) => blockedMs)))),
    peer: spread(clear.map((each) => median(each.peer))),
    ratio: spread(ratios),
    void: unproved > 0 ? `${unproved} reports came without a signature that holds` : null,
    more: {
      block: { p50: percentile(all(clear, 'blockedMs'), 0.5), p99: percentile(all(clear, 'blockedMs'), 0.99) },
      unblock: { p50: percentile(all(clear, 'freedMs'), 0.5), p99: percentile(all(clear, 'freedMs'), 0.99) },
      gnssAlone: {
        p50: percentile(
          alone.map(({ blockedMs }) => blockedMs),
          0.5,
        ),
        p99: percentile(
          alone.map(({ blockedMs }) => blockedMs),
          0.99,
        ),
      },
      rough: {
        p50: percentile(all(rough, 'blockedMs'), 0.5),
        p95: percentile(all(rough, 'blockedMs'), 0.95),
        p99: percentile(all(rough, 'blockedMs'), 0.99),
      },
      roughUnblock: { p50: percentile(all(rough, 'freedMs'), 0.5), p99: percentile(all(rough, 'freedMs'), 0.99) },
      cycles: cycles.length,
      waited: cycles.filter(({ waited }) => waited).length,
      busMs: BUS_MS,
    },
  }
}

/** B8: from the click to the relay, read back and signed, and to the console's word; then the way back. */
export const block: Bench = {
  name: 'block',
  about: 'B8: click to verified read-back of parked cars, loopback and bad weather, against bare MQTT',
  run,
}
