import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'mqtt'
import type { Frame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { encodeJsonBatch } from '#contract/record.ts'
import { upTopic } from '#contract/topics.ts'
import { createNmeaDevice } from '../../demo/nmea-device-client.ts'
import { sentencesOf } from '../../demo/nmea-text.ts'
import { leaveBacklog, secondsOfDriving } from '../support/backlog.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { BENCH_GATEWAY, identify, nmeaInstallation, startGateway } from '../support/gateway-process.ts'
import { type StreamTally, startJournal } from '../support/journal-process.ts'
import { freePort } from '../support/real-servers-process.ts'
import { until } from '../support/until.ts'
import { type Bench, type BenchResult, interleaved } from './bench.ts'
import { percentile, type Spread, spread, table } from './table.ts'

/** RTT 300 ms, one segment in twenty lost and sent again. */
const WEATHER = { oneWayMs: 150, jitterMs: 10, loss: 0.05 }
const DAY_S = 86_400
const EVENTS = 200
const PAIR_FRAMES = 8640
const LIMIT_S = 10
const PEER_STREAM = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')

type Drained = StreamTally & { readonly seconds: number; readonly freshMs: number; readonly wireBytes: number }

/** Fresh fixes once a second while the old ones drain. */
async function startReceiver() {
  const device = createNmeaDevice({ host: '127.0.0.1', port: 0 })
  const port = await device.listen()
  const from = Date.now()
  const talking = setInterval(() => {
    const at = Date.now()
    const position = { lat: 55.75 + (at - from) * 1e-7, lon: 37.62 }
    const fix = { at, position, speedKmh: 40, courseDeg: 0, satellites: 9, hdop: 1, altitudeM: 150 }
    device.send(sentencesOf({ ...fix, at: at as Frame['readAt'] }))
  }, 1000)
  return {
    port,
    close: () => {
      clearInterval(talking)
      return device.close()
    },
  }
}

/** A real gateway with a day behind it meets the real ingest through bad weather; until the journal has the whole day. */
async function drain(frames: readonly Frame[], seed: number): Promise<Drained> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-catch-up-'))
  const port = await freePort()
  const journal = await startJournal(join(dir, 'journal.sqlite'), port)
  const proxy = await startFaultProxy(port, WEATHER, seed)
  const receiver = await startReceiver()
  const home = join(dir, 'gateway')
  mkdirSync(home)
  identify(home, `mqtt://127.0.0.1:${proxy.port}`)
  const streams = leaveBacklog(home, frames, EVENTS)
  const gateway = startGateway({ dir: home, installation: nmeaInstallation(receiver.port) })
  try {
    await until('the gateway connects', () => proxy.connections() > 0, { everyMs: 5 })
    const began = performance.now()
    const isThere = () => journal.through(streams.frames) >= frames.length && journal.through(streams.events) >= EVENTS
    await until('the backlog is stored', isThere, { everyMs: 20, withinMs: 180_000 })
    const seconds = (performance.now() - began) / 1000
    const { up, down } = proxy.bytes()
    await pause(3000)
    const events = journal.tally(streams.events, EVENTS)
    const tally = journal.tally(streams.frames, frames.length)
    const delays = journal.freshDelays([streams.frames, streams.events])
    return {
      seconds,
      stored: tally.stored + events.stored,
      lost: tally.lost + events.lost,
      duplicates: tally.duplicates + events.duplicates,
      outOfOrder: tally.outOfOrder + events.outOfOrder,
      freshMs: percentile(delays, 0.99),
      wireBytes: up + down,
    }
  } finally {
    await gateway.stop()
    await receiver.close()
    await proxy.close()
    await journal.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/**
 * The peer: MQTT.js at its best, one JSON frame a message at QoS 1, all of them in flight at once, into the same ingest.
 * Its offline queue is no match: it waits for each acknowledgement, so that a message takes a round trip.
 */
async function drainPeer(frames: readonly Frame[], seed: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-catch-up-'))
  const port = await freePort()
  const journal = await startJournal(join(dir, 'journal.sqlite'), port)
  const proxy = await startFaultProxy(port, WEATHER, seed)
  const client = connect(`mqtt://127.0.0.1:${proxy.port}`, {
    clientId: BENCH_GATEWAY,
    username: BENCH_GATEWAY,
    password: 'secret',
  })
  client.on('error', () => {})
  try {
    await until('the peer connects', () => proxy.connections() > 0, { everyMs: 5 })
    const began = performance.now()
    await until('the peer is accepted', () => client.connected, { everyMs: 5 })
    frames.forEach((frame, index) => {
      const message = encodeJsonBatch(PEER_STREAM, Seq.parse(index + 1), [frame])
      client.publish(upTopic(BENCH_GATEWAY, 'records'), message, { qos: 1 })
    })
    await until('the backlog is stored', () => journal.through(PEER_STREAM) >= frames.length, {
      everyMs: 20,
      withinMs: 180_000,
    })
    return (performance.now() - began) / 1000
  } finally {
    client.end(true)
    await proxy.close()
    await journal.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** B9: a day without network, drained through RTT 300 ms and 5 % loss while fresh frames go on. */
export const catchUp: Bench = {
  name: 'catch-up',
  group: 'edge',
  about: 'B9: a day offline (86,400 frames and 200 events) drained through RTT 300 ms and 5 % loss',
  run: async ({ full, print }): Promise<BenchResult> => {
    const yesterday = Date.now() - DAY_S * 1000
    const day = secondsOfDriving(DAY_S, yesterday)
    const days: Drained[] = []
    for (let run = 0; run < (full ? 10 : 3); run += 1) days.push(await drain(day, run + 1))
    const short = secondsOfDriving(PAIR_FRAMES, yesterday)
    let seed = 100
    const rounds: Drained[] = []
    const pairs = await interleaved(
      5,
      async () => {
        seed += 1
        const drained = await drain(short, seed)
        rounds.push(drained)
        return drained.seconds
      },
      () => drainPeer(short, seed),
    )
    const all = [...days, ...rounds]
    const sum = (of: (one: Drained) => number): number => all.reduce((total, one) => total + of(one), 0)
    const seconds = spread(days.map((one) => one.seconds))
    const fresh = spread(all.map((one) => one.freshMs))
    const row = (name: string, value: Spread): (string | number)[] => [name, value.median, value.min, value.max]
    print(
      table([
        ['what', 'median', 'min', 'max'],
        row(`own, ${DAY_S} frames + ${EVENTS} events, s`, seconds),
        row(`own, ${PAIR_FRAMES} frames + ${EVENTS} events, s`, pairs.own),
        row(`MQTT.js, all in flight at once, ${PAIR_FRAMES} frames, s`, pairs.peer),
        row('own ÷ MQTT.js, per pair', pairs.ratio),
        row('fresh frames meanwhile, p99 ms', fresh),
        row('bytes on the wire for the day, both ways', spread(days.map((one) => one.wireBytes))),
        ['limit: batches of 60, window 20, 8,640 frames, s', 2.2, '', ''],
        ['lost', sum((one) => one.lost), '', ''],
        ['duplicates', sum((one) => one.duplicates), '', ''],
        ['out of order within a stream', sum((one) => one.outOfOrder), '', ''],
      ]),
    )
    const wrong = sum((one) => one.lost + one.duplicates + one.outOfOrder)
    const isSlow = seconds.median >= LIMIT_S
    return {
      unit: 's until the journal has all of it',
      pairs: 5,
      ...pairs,
      stored: sum((one) => one.stored),
      lost: sum((one) => one.lost),
      duplicates: sum((one) => one.duplicates),
      void:
        wrong > 0 ? `${wrong} records lost, doubled or out of order` : isSlow ? `a day took ${seconds.median} s` : null,
      more: { day: seconds, freshP99Ms: fresh, weather: WEATHER },
    }
  },
}
