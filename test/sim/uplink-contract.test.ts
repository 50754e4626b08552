import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { createOutbox } from '../../edge/outbox/app.ts'
import { createStreamHeadStore } from '../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../edge/state/sqlite-client.ts'
import { createCloudClient } from '../../edge/uplink/cloud-client.ts'
import { createFastClock } from '../support/fast-clock.ts'
import { createCloudMock } from '../support/mqtt-mock.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'
import type { OrderMessage } from './gateway.ts'
import { gatewayIdOf, vehicleIdOf } from './gateway-ids.ts'
import { createLink } from './link.ts'
import { createSimulatedOutbox, emptyOutboxFile } from './outbox.ts'
import { createSmallWorld } from './small-world.ts'

/** A gateway's way to the cloud and back, with the broker between. */
type Way = {
  /** Commits so many frames more. */
  fill(count: number): void
  /** Times of the frames that the cloud has, each once, in the order of their first arrival. */
  stored(): readonly number[]
  /** Frames the gateway has not forgotten. */
  kept(): number
  giveReceipts(given: 'yes' | 'no'): void
  /** The cloud's newest order for this gateway, by its number. */
  order(seq: number): Promise<void>
  heard(): readonly number[]
  isConnected(): boolean
  /** The connection ends without a word; while `shut` none comes to stand. */
  cut(): void
  door(is: 'open' | 'shut'): void
  /** Lets time go on until this is so. */
  until(what: string, isSo: () => boolean): Promise<void>
}

const GATEWAY = gatewayIdOf(0)
const START = 1_795_000_000_000
const frame = (index: number): Frame => ({
  kind: 'frame',
  readAt: epochMs(START + index),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
})
const numberOf = (record: object): number => ('readAt' in record ? Number(record.readAt) - START : Number.NaN)

/** MQTT.js, the outbox in SQLite and a real broker. */
async function overMqtt(): Promise<Way> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-uplink-contract-'))
  const clock = createFastClock(40)
  const cloud = await createCloudMock()
  const state = openDatabase(join(dir, 'state.sqlite'))
  const boot = randomUUID()
  const outbox = createOutbox({
    ...{ dir, clock, log: silentLog, boot, uuid: randomUUID, encoding: 'json' },
    heads: createStreamHeadStore(state),
    framesBytes: 1e8,
    patience: millis(0),
    syncOf: () => undefined,
    noteNow: () => '',
  })
  const heard: number[] = []
  const client = createCloudClient({
    ...{ brokerUrl: cloud.brokerUrl, gatewayId: GATEWAY, protocolVersion: 4, software: 'test', boot, clock },
    access: { by: 'password', password: 'secret' },
    log: silentLog,
    random: seededRandom(1, 'uplink'),
    onReceipt: outbox.take,
    onOrder: (payload) => void heard.push(Number(Buffer.from(payload).toString())),
    onConfig: () => {},
    onChange: outbox.wake,
    onContested: () => {},
  })
  const stop = new AbortController()
  const running = Promise.all([client.run(stop.signal), outbox.run(client, () => {}, stop.signal)])
  onTestFinished(async () => {
    stop.abort()
    await running
    outbox.close()
    state.close()
    await cloud.close()
    rmSync(dir, { recursive: true })
  })
  let filled = 0
  return {
    fill: (count) => {
      for (let index = 0; index < count; index += 1) outbox.frames.append(frame(++filled))
      outbox.frames.flush()
      outbox.wake()
    },
    stored: () => cloud.delivered.map(({ record }) => numberOf(record)),
    kept: () => keptIn(outbox.frames),
    giveReceipts: cloud.giveReceipts,
    order: (seq) => cloud.order(GATEWAY, String(seq)),
    heard: () => heard,
    isConnected: () => client.connection() !== undefined,
    cut: cloud.cut,
    door: cloud.door,
    until: async (what, isSo) => void (await until(what, isSo)),
  }
}

async function inTheSimulator(): Promise<Way> {
  const world = createSmallWorld(1)
  const boot = randomUUID()
  const outbox = createSimulatedOutbox({
    ...{ file: emptyOutboxFile(), heads: {}, boot, steady: world.now, wall: () => START, uuid: randomUUID },
    full: () => false,
    committed: () => {},
    forgotten: () => {},
    dies: () => false,
  })
  const heard: number[] = []
  const stored: number[] = []
  const seen = new Map<string, Set<number>>()
  let retained: OrderMessage | undefined
  let gives: 'yes' | 'no' = 'yes'
  let door: 'open' | 'shut' = 'open'
  const link = createLink(
    world,
    0,
    {
      id: GATEWAY,
      certificate: () => '1',
      isUp: () => true,
      boot: () => boot,
      steady: world.now,
      outboxes: () => [outbox],
      takeOrder: ({ order }) => void heard.push(order.seq),
      takeConfiguration: () => {},
      takeReceipt: (stream, through) => {
        outbox.forgetThrough(stream, through)
        link.covered(stream, through)
      },
    },
    {
      isUp: () => door === 'open',
      admits: () => true,
      connected: () => retained && link.down({ order: retained }),
      disconnected: () => {},
      accept: (_, { stream, records }, acknowledged) => {
        const numbers = seen.get(stream) ?? new Set()
        seen.set(stream, numbers)
        for (const { seq, record } of records) {
          if (!numbers.has(seq)) stored.push(numberOf(record))
          numbers.add(seq)
        }
        acknowledged()
        let through = 0
        while (numbers.has(through + 1)) through += 1
        if (gives === 'yes') link.down({ stream, through })
      },
    },
  )
  let filled = 0
  return {
    fill: (count) => {
      for (let index = 0; index < count; index += 1) outbox.append(frame(++filled))
      outbox.flush()
      link.pump()
    },
    stored: () => stored,
    kept: () => keptIn(outbox),
    giveReceipts: (given) => {
      gives = given
    },
    order: async (seq) => {
      retained = orderOf(seq)
      link.down({ order: retained })
    },
    heard: () => heard,
    isConnected: link.isConnected,
    cut: link.reset,
    door: (is) => {
      door = is
    },
    until: async (_, isSo) => world.until(isSo),
  }
}

const orderOf = (seq: number): OrderMessage => ({
  genuine: true,
  order: {
    orderId: OrderId.parse(randomUUID()),
    seq: OrderSeq.parse(seq),
    aud: GATEWAY,
    vehicleId: vehicleIdOf(0),
    iat: epochMs(START),
    by: 'user:olga',
    reasons: [],
    action: 'unblock',
  },
})

type Kept = Pick<ReturnType<typeof createSimulatedOutbox>, 'streams' | 'after'>
const keptIn = (outbox: Kept): number =>
  outbox.streams().reduce((sum, { stream }) => sum + (outbox.after(stream, 0, 1000)?.records.length ?? 0), 0)

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** What the gateway relies on of its way to the cloud, and the simulator takes for granted. */
describe.each([
  { name: 'MQTT and a real broker', open: overMqtt },
  { name: 'the simulator', open: inTheSimulator },
])('an uplink over $name', ({ open }) => {
  test('what is committed arrives in its order, before and after the connection stands, and is forgotten by receipts', async () => {
    const way = await open()
    way.fill(3)
    await way.until('it connects', way.isConnected)
    way.fill(2)
    await way.until('all has come', () => way.stored().length === 5)
    expect(way.stored()).toEqual(upTo(5))
    await way.until('all is receipted', () => way.kept() === 0)
  })

  test('without receipts nothing is forgotten, though the broker has acknowledged it', async () => {
    const way = await open()
    way.giveReceipts('no')
    await way.until('it connects', way.isConnected)
    way.fill(4)
    await way.until('all has come', () => way.stored().length === 4)
    expect(way.kept()).toBe(4)
    way.giveReceipts('yes')
    // Sent again on a new connection, stored once, and now forgotten.
    way.cut()
    await way.until('all is receipted', () => way.kept() === 0)
    expect(way.stored()).toEqual(upTo(4))
  })

  test('a connection cut again and again loses nothing', async () => {
    const way = await open()
    await way.until('it connects', way.isConnected)
    for (let round = 1; round <= 4; round += 1) {
      way.fill(25)
      way.cut()
      way.fill(25)
      await way.until('it is back', () => way.isConnected() && way.stored().length >= round * 25)
    }
    await way.until('all has come', () => way.stored().length === 200)
    await way.until('all is receipted', () => way.kept() === 0)
    expect(way.stored().toSorted((a, b) => a - b)).toEqual(upTo(200))
  })

  test('an order reaches a gateway that is connected, and the newest one whoever comes later, at every coming', async () => {
    const way = await open()
    await way.until('it connects', way.isConnected)
    await way.order(1)
    await way.until('it hears', () => way.heard().includes(1))
    way.door('shut')
    way.cut()
    await way.until('it is away', () => !way.isConnected())
    await way.order(2)
    await way.order(3)
    way.door('open')
    await way.until('it hears the newest', () => way.heard().includes(3))
    expect(way.heard()).not.toContain(2)
    const times = way.heard().length
    way.cut()
    await way.until('it hears it again', () => way.heard().length > times)
    expect(way.heard().at(-1)).toBe(3)
  })
})
