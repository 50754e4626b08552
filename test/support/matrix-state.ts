import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import pg from 'pg'
import type { RealServer } from './real-servers-process.ts'
import type { RunningCloud } from './running-cloud.ts'

type Parts = {
  readonly cloud: RunningCloud
  readonly postgres: RealServer
  readonly influx: RealServer
  readonly mosquitto: RealServer | undefined
  readonly gatewayPid: number
  readonly journal: string
  readonly load: { state(): Promise<object> }
}

const PATIENCE_MS = 5000
const TAIL = 3000

/**
 * What every part of a kill matrix is doing at this moment, as text: who lives, what each answers within five seconds, what the
 * database waits for, who is subscribed at the broker. For the moment when nothing moves any more. Never rejects.
 */
export async function matrixState(parts: Parts): Promise<string> {
  const { cloud, postgres, influx, mosquitto, journal, load } = parts
  const questions: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
    processes: () =>
      Object.entries({
        cloud: cloud.pid(),
        gateway: parts.gatewayPid,
        postgres: postgres.pid(),
        influx: influx.pid(),
        broker: mosquitto?.pid(),
      }).map(([name, pid]) => `${name} ${pid} ${isAlive(pid)}`),
    senders: load.state,
    ready: () => text(`${cloud.url}/api/ready`),
    metrics: async () => (await text(`${cloud.url}/metrics`)).split('\n').filter((line) => METRICS.test(line)),
    influx: () => text(`${influx.url}/ping`),
    journal: () => {
      const file = new DatabaseSync(journal, { readOnly: true })
      const newest = file.prepare('SELECT max(position) AS head, max(received_at) AS newest FROM entries').get()
      const cursors = file.prepare('SELECT name, position FROM cursors').all()
      file.close()
      return { now: Date.now(), newest, cursors }
    },
    'PostgreSQL, what it works on': () =>
      rows(
        postgres,
        `select pid, state, wait_event_type, wait_event, age(clock_timestamp(), query_start)::text as since, left(query, 120) as query
         from pg_stat_activity where datname is not null and pid <> pg_backend_pid()`,
      ),
    turns: () => rows(postgres, 'select name, holder, held_until, due_at from job_turns where held_until > 0'),
    'told of streams': () =>
      rows(
        postgres,
        'select instance, count(*), sum(through) as through, max(heard_at) as heard from stream_coverage group by 1',
      ),
    broker: () => mosquitto && broker(mosquitto.url),
    'last words of the cloud': () => cloud.output().slice(-TAIL),
    'last words of the broker': () => mosquitto?.output().slice(-TAIL),
    'last words of PostgreSQL': () => postgres.output().slice(-TAIL),
  }
  const asked = Object.entries(questions).map(async ([name, ask]) => {
    const answer = await Promise.race([
      (async () => ask())().catch((cause: unknown) => `failed: ${cause}`),
      pause(PATIENCE_MS, 'no answer', { ref: false }),
    ])
    return `${name}: ${typeof answer === 'string' ? answer : JSON.stringify(answer, null, 1)}`
  })
  return (await Promise.all(asked)).join('\n')
}

const METRICS = /^kordon_(ingest|broker|projection|gateways_online)/

const text = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return `${answer.status} ${await answer.text()}`
}

async function rows(postgres: RealServer, question: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: postgres.url, connectionTimeoutMillis: PATIENCE_MS })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(question)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** What Mosquitto says of itself. */
async function broker(url: string): Promise<object> {
  const said: Record<string, string> = {}
  const client = await connectAsync(url, { reconnectPeriod: 0, connectTimeout: PATIENCE_MS })
  client.on('message', (topic, payload) => {
    said[topic] = payload.toString()
  })
  await client.subscribeAsync([
    '$SYS/broker/clients/#',
    '$SYS/broker/subscriptions/count',
    '$SYS/broker/store/messages/count',
  ])
  await client.subscribeAsync(['$SYS/broker/publish/messages/#', '$SYS/broker/shared_subscriptions/count'])
  await pause(1000)
  await client.endAsync(true)
  return said
}

function isAlive(pid: number | undefined): string {
  try {
    if (pid === undefined || pid === 0) return 'absent'
    process.kill(pid, 0)
    return 'alive'
  } catch {
    return 'gone'
  }
}
