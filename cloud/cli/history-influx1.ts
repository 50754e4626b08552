import { z } from 'zod'
import { CommandFailed, request } from './api-client.ts'
import type { HistoryServer, Step } from './history-init.ts'

const Answer = z.looseObject({
  results: z.array(
    z.looseObject({
      error: z.string().optional(),
      series: z
        .array(
          z.looseObject({
            name: z.string().optional(),
            columns: z.array(z.string()),
            values: z.array(z.array(z.unknown())).default([]),
          }),
        )
        .optional(),
    }),
  ),
})
/** Of a wrong password, or of a user without the right. */
const Denied = z.looseObject({ error: z.string() })
type Rows = readonly Readonly<Record<string, unknown>>[]

/** The measurement the cloud writes, and what is kept of it for ever, five minutes in one. */
export const ROLL_UP = 'frame_5m'
const ROLL_UP_POLICY = 'rollup'

const name = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** InfluxQL for the roll-up: late frames of the last day are taken in every quarter of an hour. */
export const rollUpStatement = (database: string, policy: string): string =>
  `CREATE CONTINUOUS QUERY "frame_5m" ON ${name(database)} RESAMPLE EVERY 15m FOR 1d BEGIN SELECT last("lat") AS "lat", ` +
  `last("lon") AS "lon", max("speedKmh") AS "highestKmh", mean("speedKmh") AS "meanKmh", last("odometerKm") AS "odometerKm", ` +
  `min("supplyVolt") AS "lowestVolt", count("seq") AS "frames" INTO ${name(database)}.${name(ROLL_UP_POLICY)}."${ROLL_UP}" ` +
  `FROM ${name(database)}.${name(policy)}."frame" GROUP BY time(5m), "vehicle" END`

/** Database, retention policies and continuous query by the v1 `/query`, and a line written and read. */
export async function initInflux1(server: HistoryServer): Promise<readonly Step[]> {
  const { bucket: database, keepDays, shorten } = server
  const steps: Step[] = []
  const known = (await query(server, 'SHOW DATABASES')).some((row) => row['name'] === database)
  const raw = { what: `database ${database}, frames kept for ${keepDays} days` }
  if (!known) {
    await query(
      server,
      `CREATE DATABASE ${name(database)} WITH DURATION ${keepDays}d REPLICATION 1 SHARD DURATION 7d NAME "raw"`,
    )
    steps.push({ ...raw, state: 'made' })
  }
  const policies = await query(server, `SHOW RETENTION POLICIES ON ${name(database)}`)
  const standard = policies.find((row) => row['default'] === true)
  const policy = String(standard?.['name'] ?? 'raw')
  if (known) steps.push({ ...raw, ...(await keep(server, policy, String(standard?.['duration'] ?? '0s'), shorten)) })
  const rolled = policies.some((row) => row['name'] === ROLL_UP_POLICY)
  if (!rolled)
    await query(server, `CREATE RETENTION POLICY "${ROLL_UP_POLICY}" ON ${name(database)} DURATION INF REPLICATION 1`)
  steps.push({ what: `retention policy ${ROLL_UP_POLICY}, for ever`, state: rolled ? 'there' : 'made' })
  const queries = await query(server, 'SHOW CONTINUOUS QUERIES', database)
  const running = queries.some((row) => row['name'] === 'frame_5m')
  if (!running) await query(server, rollUpStatement(database, policy))
  steps.push({ what: `continuous query frame_5m into ${ROLL_UP}`, state: running ? 'there' : 'made' })
  steps.push(await proveWrite(server))
  return steps
}

/** Longer at once; shorter only when asked for, since it deletes. */
async function keep(
  server: HistoryServer,
  policy: string,
  duration: string,
  shorten: boolean,
): Promise<Omit<Step, 'what'>> {
  const hours = Number(/^(\d+)h/.exec(duration)?.[1] ?? 0)
  const wanted = server.keepDays * 24
  if (hours === wanted) return { state: 'there' }
  const isShorter = hours === 0 || hours > wanted
  if (isShorter && !shorten)
    return {
      state: 'there',
      how: `keeps ${hours === 0 ? 'for ever' : `${hours / 24} days`}; --shorten would delete the rest`,
    }
  await query(server, `ALTER RETENTION POLICY ${name(policy)} ON ${name(server.bucket)} DURATION ${server.keepDays}d`)
  return { state: 'changed' }
}

/** A probe of a measurement of its own, an hour old, written twice and found once. */
async function proveWrite(server: HistoryServer): Promise<Step> {
  const at = Math.floor(Date.now() / 1000) - 3600
  for (let time = 0; time < 2; time += 1) {
    const answer = await request(`${server.url}/write?${new URLSearchParams({ db: server.bucket, precision: 's' })}`, {
      method: 'POST',
      headers: headersOf(server),
      body: `kordon_probe value=1i ${at}`,
    })
    if (!answer.ok) throw new CommandFailed('history/not-written', `the server refuses lines: ${await answer.text()}`)
  }
  const [row] = await query(
    server,
    `SELECT count("value") AS found FROM "kordon_probe" WHERE time = ${at}s`,
    server.bucket,
  )
  if (row?.['found'] !== 1) throw new CommandFailed('history/not-read', 'a line just written is not found')
  await query(server, 'DROP MEASUREMENT "kordon_probe"', server.bucket)
  return { what: 'a line written and read back', state: 'there' }
}

const headersOf = ({ token }: HistoryServer): Record<string, string> =>
  token === '' ? {} : { authorization: `Basic ${Buffer.from(token).toString('base64')}` }

/** Statements that change something go by POST, as 1.x asks for. */
async function query(server: HistoryServer, q: string, database?: string): Promise<Rows> {
  const answer = await request(`${server.url}/query`, {
    method: 'POST',
    headers: headersOf(server),
    body: new URLSearchParams({ q, ...(database === undefined ? {} : { db: database }) }),
  })
  const said: unknown = await answer.json().catch(() => undefined)
  const parsed = Answer.safeParse(said)
  const denied = Denied.safeParse(said)
  if (!parsed.success && denied.success)
    throw new CommandFailed(
      'history/refused',
      `${denied.data.error} (INFLUX_TOKEN is user:password of an administrator)`,
    )
  if (!parsed.success)
    throw new CommandFailed('history/unexpected', `${server.url} does not answer as InfluxDB 1.x does`)
  const refused = parsed.data.results.find(({ error }) => error !== undefined)
  if (refused !== undefined) throw new CommandFailed('history/refused', `${refused.error} (${q.slice(0, 60)}…)`)
  return parsed.data.results.flatMap(({ series = [] }) =>
    series
      // SHOW CONTINUOUS QUERIES answers a series for each database.
      .filter(
        (one) => database === undefined || one.name === undefined || !q.startsWith('SHOW') || one.name === database,
      )
      .flatMap(({ columns, values }) =>
        values.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
      ),
  )
}
