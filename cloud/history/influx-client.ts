import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { HttpError, InfluxDB } from '@influxdata/influxdb-client'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { History, PastFrame } from './history.ts'
import { PAST_FIELDS, readExport, readQueryAnswer } from './influx-answer.ts'
import { lineOf, MEASUREMENT } from './line-protocol.ts'

export type InfluxSettings = {
  readonly url: string
  /** `v1` writes to `/write?db=` (InfluxDB 1.x), `v2` to `/api/v2/write` (2.x, 3.x, VictoriaMetrics). Reads are InfluxQL. */
  readonly api: 'v1' | 'v2'
  /** v2: an API token. v1: `user:password`, if the server asks for one. */
  readonly token?: string
  readonly org?: string
  /** v1: the database. On 2.x reads need a DBRP mapping of the same name. */
  readonly bucket: string
}
type Deps = InfluxSettings & {
  readonly log: Log
  /** Lines the server will never take (e.g. outside its retention): dropped here, still in the journal. */
  count(what: 'history-lines-refused', by: number): void
}

const LINES_PER_WRITE = 5000
const TIMEOUT_MS = 30_000

/** History in InfluxDB 1.x, 2.x or 3.x, or in VictoriaMetrics. One write in flight; `write` resolves when it is stored. */
export function createInfluxClient(deps: Deps): History & { close(): void } {
  const agent = deps.url.startsWith('https:') ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const basic = deps.api === 'v1' && deps.token !== undefined
  const influx = new InfluxDB({
    url: deps.url,
    timeout: TIMEOUT_MS,
    transportOptions: { agent },
    ...(deps.token === undefined || basic ? {} : { token: deps.token }),
    ...(basic ? { headers: { authorization: `Basic ${Buffer.from(deps.token ?? '').toString('base64')}` } } : {}),
  })
  const write = createWriter(influx, deps)
  let reads: 'query' | 'export' | undefined
  return {
    write: async (frames) => {
      for (let from = 0; from < frames.length; from += LINES_PER_WRITE)
        await write(frames.slice(from, from + LINES_PER_WRITE).map(lineOf))
    },
    track: async (vehicleId, from, to) => {
      reads ??= await readsBy(influx)
      return reads === 'export'
        ? readByExport(influx, vehicleId, from, to)
        : readByQuery(influx, deps.bucket, vehicleId, from, to)
    },
    close: () => agent.destroy(),
  }
}

function createWriter(influx: InfluxDB, { api, org = '', bucket, log, count }: Deps) {
  /** One request, no retry of the library's own: whoever calls knows when and how often to try again. */
  const post = async (lines: readonly string[]): Promise<void> => {
    const writer = influx.getWriteApi(org, bucket, 'us', {
      batchSize: lines.length + 1,
      flushInterval: 0,
      maxRetries: 0,
      maxBatchBytes: 2 ** 30,
      // A promise as answer makes `flush` reject with it, instead of printing to the console.
      writeFailed: (error) => Promise.reject(error),
    })
    if (api === 'v1') writer.path = `/write?db=${encodeURIComponent(bucket)}&precision=u`
    writer.writeRecords([...lines])
    await writer.flush()
  }
  /** Halves a refused batch until the refused lines stand alone; writing a line twice changes nothing. */
  const write = async (lines: readonly string[]): Promise<void> => {
    try {
      await post(lines)
    } catch (cause) {
      if (!isRefusal(cause)) throw cause
      if (lines.length > 1) {
        const half = lines.length >> 1
        await write(lines.slice(0, half))
        await write(lines.slice(half))
        return
      }
      count('history-lines-refused', 1)
      log.warn({ err: cause, line: lines[0] }, 'history.line-refused')
    }
  }
  return write
}

/** The lines themselves are at fault (malformed, outside retention, type conflict, too many at once): no use in repeating. */
const isRefusal = (cause: unknown): boolean => cause instanceof HttpError && [400, 413, 422].includes(cause.statusCode)

/** VictoriaMetrics answers `/query` only in part, and knows a page no InfluxDB has. */
async function readsBy(influx: InfluxDB): Promise<'query' | 'export'> {
  try {
    const answer: unknown = await influx.transport.request('/api/v1/status/buildinfo', '', { method: 'GET' })
    return typeof answer === 'object' && answer !== null && 'status' in answer ? 'export' : 'query'
  } catch (cause) {
    if (cause instanceof HttpError) return 'query'
    throw cause
  }
}

async function readByQuery(
  influx: InfluxDB,
  database: string,
  vehicleId: VehicleId,
  from: EpochMs,
  to: EpochMs,
): Promise<readonly PastFrame[]> {
  // Both values are parsed and of narrow form: nothing here needs quoting.
  const q = `SELECT ${PAST_FIELDS.map((field) => `"${field}"`).join(',')} FROM "${MEASUREMENT}"
    WHERE "vehicle" = '${vehicleId}' AND time >= ${from}ms AND time < ${to}ms GROUP BY "gateway"`
  const query = new URLSearchParams({ db: database, epoch: 'u', q })
  return readQueryAnswer(await influx.transport.request(`/query?${query}`, '', { method: 'GET' }))
}

async function readByExport(
  influx: InfluxDB,
  vehicleId: VehicleId,
  from: EpochMs,
  to: EpochMs,
): Promise<readonly PastFrame[]> {
  const query = new URLSearchParams({
    'match[]': `{__name__=~"${MEASUREMENT}_.+",vehicle="${vehicleId}"}`,
    start: String(from / 1000),
    end: String((to - 1) / 1000),
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of influx.transport.iterate(`/api/v1/export?${query}`, '', { method: 'GET' }))
    chunks.push(chunk)
  return readExport(Buffer.concat(chunks).toString(), MEASUREMENT)
}
