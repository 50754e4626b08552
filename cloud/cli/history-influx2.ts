import { z } from 'zod'
import { CommandFailed, request } from './api-client.ts'
import type { HistoryServer, Step } from './history-init.ts'

const Orgs = z.looseObject({ orgs: z.array(z.looseObject({ id: z.string(), name: z.string() })).default([]) })
const Bucket = z.looseObject({
  id: z.string(),
  name: z.string(),
  retentionRules: z.array(z.looseObject({ everySeconds: z.number() })).default([]),
})
const Buckets = z.looseObject({ buckets: z.array(Bucket).default([]) })
const Mappings = z.looseObject({
  content: z.array(z.looseObject({ database: z.string(), bucketID: z.string() })).default([]),
})
const Tasks = z.looseObject({ tasks: z.array(z.looseObject({ name: z.string() })).default([]) })

const TASK = 'kordon frame_5m'
const rollUpBucket = (bucket: string): string => `${bucket}_rollup`

/** Flux of the roll-up: five minutes in one, late frames of the last day taken in again. */
export const rollUpTask = (
  bucket: string,
  org: string,
): string => `option task = {name: ${JSON.stringify(TASK)}, every: 15m}
frames = from(bucket: ${JSON.stringify(bucket)}) |> range(start: -1d)
  |> filter(fn: (r) => r._measurement == "frame" and exists r.vehicle)
take = (field, fn, name) => frames |> filter(fn: (r) => r._field == field)
  |> drop(columns: ["gateway"]) |> group(columns: ["vehicle"]) |> sort(columns: ["_time"])
  |> aggregateWindow(every: 5m, fn: fn, createEmpty: false) |> set(key: "_field", value: name)
  |> set(key: "_measurement", value: "frame_5m") |> to(bucket: ${JSON.stringify(rollUpBucket(bucket))}, org: ${JSON.stringify(org)})
take(field: "lat", fn: last, name: "lat")
take(field: "lon", fn: last, name: "lon")
take(field: "speedKmh", fn: max, name: "highestKmh")
take(field: "speedKmh", fn: mean, name: "meanKmh")
take(field: "odometerKm", fn: last, name: "odometerKm")
take(field: "supplyVolt", fn: min, name: "lowestVolt")
take(field: "seq", fn: count, name: "frames")
`

/** Buckets, the mapping by which InfluxQL reads them, and the roll-up task, by the v2 API. */
export async function initInflux2(server: HistoryServer): Promise<readonly Step[]> {
  const { orgs } = await call(server, 'GET', `/api/v2/orgs?${new URLSearchParams({ org: server.org })}`, Orgs)
  const org = orgs.find(({ name }) => name === server.org)
  if (org === undefined)
    throw new CommandFailed('history/no-organisation', `no organisation ${server.org}, or the token does not see it`)
  const raw = await ensureBucket(server, org.id, server.bucket, server.keepDays * 86_400)
  const rolled = await ensureBucket(server, org.id, rollUpBucket(server.bucket), 0)
  return [
    raw.step,
    rolled.step,
    await ensureMapping(server, org.id, raw.id),
    await ensureTask(server, org.id),
    await proveWrite(server),
  ]
}

async function ensureBucket(server: HistoryServer, orgID: string, name: string, everySeconds: number) {
  const kept = everySeconds === 0 ? 'for ever' : `${everySeconds / 86_400} days`
  const what = `bucket ${name}, kept ${kept}`
  const retentionRules = everySeconds === 0 ? [] : [{ type: 'expire', everySeconds }]
  const { buckets } = await call(server, 'GET', `/api/v2/buckets?${new URLSearchParams({ orgID, name })}`, Buckets)
  const [there] = buckets
  if (there === undefined) {
    const { id } = await call(server, 'POST', '/api/v2/buckets', Bucket, { orgID, name, retentionRules })
    return { id, step: { what, state: 'made' } satisfies Step }
  }
  const now = there.retentionRules[0]?.everySeconds ?? 0
  if (now === everySeconds) return { id: there.id, step: { what, state: 'there' } satisfies Step }
  const isShorter = everySeconds !== 0 && (now === 0 || now > everySeconds)
  if (isShorter && !server.shorten) {
    const how = `keeps ${now === 0 ? 'for ever' : `${now / 86_400} days`}; --shorten would delete the rest`
    return { id: there.id, step: { what, state: 'there', how } satisfies Step }
  }
  await call(server, 'PATCH', `/api/v2/buckets/${there.id}`, Bucket, { retentionRules })
  return { id: there.id, step: { what, state: 'changed' } satisfies Step }
}

async function ensureMapping(server: HistoryServer, orgID: string, bucketID: string): Promise<Step> {
  const what = `InfluxQL reads ${server.bucket}`
  const { content } = await call(
    server,
    'GET',
    `/api/v2/dbrps?${new URLSearchParams({ orgID, db: server.bucket })}`,
    Mappings,
  )
  if (content.some((one) => one.bucketID === bucketID)) return { what, state: 'there' }
  const mapping = { orgID, bucketID, database: server.bucket, retention_policy: 'autogen', default: true }
  await call(server, 'POST', '/api/v2/dbrps', z.looseObject({}), mapping)
  return { what, state: 'made' }
}

async function ensureTask(server: HistoryServer, orgID: string): Promise<Step> {
  const what = `task ${TASK}`
  const { tasks } = await call(server, 'GET', `/api/v2/tasks?${new URLSearchParams({ orgID, name: TASK })}`, Tasks)
  if (tasks.length > 0) return { what, state: 'there' }
  await call(server, 'POST', '/api/v2/tasks', z.looseObject({}), { orgID, flux: rollUpTask(server.bucket, server.org) })
  return { what, state: 'made' }
}

async function proveWrite(server: HistoryServer): Promise<Step> {
  const at = Math.floor(Date.now() / 1000) - 3600
  const path = `/api/v2/write?${new URLSearchParams({ org: server.org, bucket: server.bucket, precision: 's' })}`
  const answer = await request(`${server.url}${path}`, {
    method: 'POST',
    headers: headersOf(server),
    body: `kordon_probe value=1i ${at}`,
  })
  if (!answer.ok) throw new CommandFailed('history/not-written', `the server refuses lines: ${await answer.text()}`)
  const q = new URLSearchParams({
    db: server.bucket,
    q: `SELECT count("value") FROM "kordon_probe" WHERE time = ${at}s`,
  })
  const read = await request(`${server.url}/query?${q}`, { method: 'GET', headers: headersOf(server) })
  if (!read.ok || !(await read.text()).includes('"values"'))
    throw new CommandFailed('history/not-read', 'a line just written is not found')
  return { what: 'a line written and read back', state: 'there' }
}

const headersOf = ({ token }: HistoryServer): Record<string, string> => ({ authorization: `Token ${token}` })

async function call<Answer>(
  server: HistoryServer,
  method: string,
  path: string,
  schema: z.ZodType<Answer>,
  body?: object,
) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = { ...headersOf(server), 'content-type': 'application/json' }
  const answer = await request(`${server.url}${path}`, { method, headers, ...json })
  const text = await answer.text()
  // A list of what is not there is answered as 404 by some versions.
  if (answer.status === 404 && method === 'GET') return schema.parse({})
  if (!answer.ok)
    throw new CommandFailed(
      'history/refused',
      `${method} ${path.split('?')[0]}: ${answer.status} ${text.slice(0, 200)}`,
    )
  return schema.parse(JSON.parse(text))
}
