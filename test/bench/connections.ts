import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as dial } from 'mqtt'
import mqtt from 'mqtt-packet'
import { downFilter, upTopic } from '#contract/topics.ts'
import type { LoadGateway } from '../support/load-plan.ts'
import { findReal, startMosquitto } from '../support/real-servers.ts'
import { freePort } from '../support/real-servers-process.ts'
import type { Bench, BenchResult } from './bench.ts'
import { startForked } from './forked.ts'
import { namedGateways } from './load-of.ts'
import { percentile, spread, table } from './table.ts'

const SESSIONS = 10_000
const STORM = 5000
const AT_ONCE = 100
const LIMIT_KB = 40
const FROM = ['127.0.0.1', '127.0.0.2'] as const

/** A session with one subscription; resolves when the broker has granted it. */
function session(port: number, index: number, { id, password }: LoadGateway): Promise<Socket> {
  return new Promise((done, fail) => {
    const localAddress = FROM[index % FROM.length] ?? FROM[0]
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    const parser = mqtt.parser()
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('closed before it was a session')))
    socket.once('connect', () =>
      socket.write(
        mqtt.generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          keepalive: 1200,
          clientId: id,
          username: id,
          password: Buffer.from(password),
        }),
      ),
    )
    parser.on('packet', ({ cmd }) => {
      if (cmd === 'connack')
        socket.write(
          mqtt.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: downFilter(id), qos: 1 }] }),
        )
      if (cmd !== 'suback') return
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.on('data', () => {})
      done(socket)
    })
    socket.on('data', (bytes: Buffer) => parser.parse(bytes))
  })
}

async function sessions(
  port: number,
  gateways: readonly LoadGateway[],
): Promise<{ sockets: Socket[]; seconds: number }> {
  const began = performance.now()
  const sockets: Socket[] = []
  for (let from = 0; from < gateways.length; from += AT_ONCE)
    sockets.push(
      ...(await Promise.all(
        gateways.slice(from, from + AT_ONCE).map((gateway, index) => session(port, from + index, gateway)),
      )),
    )
  return { sockets, seconds: (performance.now() - began) / 1000 }
}

type Broker = { readonly port: number; rssMb(): number; stop(): Promise<void> }
type Held = {
  readonly kilobytes: number
  readonly totalMb: number
  readonly perSecond: number
  readonly stormS: number
  readonly othersP99Ms: number
}

async function hold(broker: Broker, gateways: readonly LoadGateway[]): Promise<Held> {
  const before = broker.rssMb()
  const { sockets, seconds } = await sessions(broker.port, gateways)
  // Whatever was only needed to connect has been let go of by now.
  await pause(3000)
  const after = broker.rssMb()
  const [other] = namedGateways(gateways.length + 1).slice(-1)
  const times: number[] = []
  let asking: 'on' | 'off' = 'on'
  const client = dial(`mqtt://127.0.0.1:${broker.port}`, {
    clientId: other?.id ?? '',
    username: other?.id ?? '',
    password: 'x',
  })
  const asked = (async () => {
    for (let seq = 1; asking === 'on' && other !== undefined; seq += 1) {
      const began = performance.now()
      const frame = `{"kind":"frame","readAt":${seq},"timeQuality":"gnss","fix":"none","gnssTrust":"ok","relay":"unknown"}`
      await client.publishAsync(
        upTopic(other.id, 'records'),
        `{"v":1,"stream":"${other.stream}","firstSeq":${seq},"records":[${frame}]}`,
        { qos: 1 },
      )
      times.push(performance.now() - began)
      await pause(5)
    }
  })()
  for (const socket of sockets.slice(0, STORM)) socket.destroy()
  const storm = await sessions(broker.port, gateways.slice(0, STORM))
  asking = 'off'
  await asked
  await client.endAsync(true)
  for (const socket of [...sockets, ...storm.sockets]) socket.destroy()
  return {
    kilobytes: ((after - before) * 1024) / gateways.length,
    totalMb: after,
    perSecond: gateways.length / seconds,
    stormS: storm.seconds,
    othersP99Ms: percentile(times, 0.99),
  }
}

async function startOwn(): Promise<Broker> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-connections-'))
  const port = await freePort()
  const running = await startForked('../cloud/ingest/ingest-process.ts', [join(dir, 'journal.sqlite'), String(port)])
  return {
    port,
    rssMb: running.rssMb,
    stop: async () => {
      await running.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function startPeer(): Promise<Broker> {
  const broker = await startMosquitto({ config: 'max_connections -1\n' })
  const rss = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${broker.pid()}/status`, 'utf8'))?.[1]) / 1024
  return { port: broker.port, rssMb: rss, stop: broker.stop }
}

/** B10: what ten thousand idle gateways cost, and what the others feel when half of them come back at once. */
export const connections: Bench = {
  name: 'connections',
  about: 'B10: 10,000 idle sessions with one subscription each, then 5,000 at once, against Mosquitto',
  run: async ({ full, print }): Promise<BenchResult> => {
    const gateways = namedGateways(SESSIONS)
    const rounds = full ? 5 : 2
    const [own, peer]: [Held[], Held[]] = [[], []]
    for (let round = 0; round < rounds; round += 1)
      for (const [kept, start] of [
        [own, startOwn],
        [peer, startPeer],
      ] as const) {
        if (start === startPeer && findReal('mosquitto') === undefined) continue
        const broker = await start()
        try {
          kept.push(await hold(broker, gateways))
        } finally {
          await broker.stop()
        }
      }
    const row = (what: string, of: (held: Held) => number): (string | number)[] => [
      what,
      ...[own, peer].map((held) => (held.length === 0 ? '' : spread(held.map(of)).median)),
    ]
    print(
      table([
        ['what, median', 'own', 'Mosquitto'],
        row(`KB for each session (goal ${LIMIT_KB})`, (held) => held.kilobytes),
        row(`RSS with ${SESSIONS} sessions, MB (goal 400)`, (held) => held.totalMb),
        row('sessions opened a second', (held) => held.perSecond),
        row(`${STORM} come back at once, s`, (held) => held.stormS),
        row('acknowledgements of another one meanwhile, p99 ms', (held) => held.othersP99Ms),
      ]),
    )
    const kilobytes = spread(own.map((held) => held.kilobytes))
    const peers = peer.length === 0 ? null : spread(peer.map((held) => held.kilobytes))
    return {
      unit: 'KB for each idle session',
      pairs: rounds,
      own: kilobytes,
      peer: peers,
      ratio: peers === null ? null : spread(own.map((held, index) => held.kilobytes / (peer[index]?.kilobytes ?? 0))),
      void: kilobytes.median > LIMIT_KB ? `${kilobytes.median} KB` : null,
      more: {
        totalMb: spread(own.map((held) => held.totalMb)),
        othersP99Ms: spread(own.map((held) => held.othersP99Ms)),
      },
    }
  },
}
