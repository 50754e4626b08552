import { Agent, type IncomingMessage, request } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { History, HistoryFrame, PastFrame } from './history.ts'
import { DRAWN_FIELDS, PAST_FIELDS, type PastField, readExport, readQueryAnswer } from './influx-answer.ts'
import { linesOf, MEASUREMENT } from './line-protocol.ts'
import { readMessagePack } from './message-pack.ts'

export type InfluxSettings = {
  readonly url: string
  /** `v1` writes to `/write?db=` (InfluxDB 1.x), `v2` to `/api/v2/write` (2.x, 3.x, VictoriaMetrics). Reads are InfluxQL. */
  readonly api: 'v1' | 'v2'
  /** v2: an API token. v1: `user:password`, if the server asks for one. */
  readonly token?: string
  readonly org?: string
  /** v1: the database. On 2.x reads need a DBRP mapping of the same name. */
  readonly bucket: string
  /** Worth its time over a slow line only. */
  readonly compress?: 'gzip' | 'never'
}
type Deps = InfluxSettings & {
  readonly log: Log
  /** Lines the server will never take (e.g. outside its retention): dropped here, still in the journal. */
  count(what: 'history-lines-refused', by: number): void
}

const LINES_PER_WRITE = 5000
/** While the server stores one, the next is made: by one at a time a fleet that sends without a pause leaves history behind. */
const WRITES_AT_ONCE = 2
/** As many frames as are written at a time. */
export const INFLUX_BATCH = WRITES_AT_ONCE * LINES_PER_WRITE

/** History in InfluxDB 1.x, 2.x or 3.x, or in VictoriaMetrics. `write` resolves when all of it is stored. */
export function createInfluxClient(deps: Deps): History & { close(): void } {
  const influx = createInfluxConnection(deps)
  const write = createWriter(influx, deps)
  let reads: 'query' | 'export' | undefined
  return {
    write: async (frames) => {
      for (let from = 0; from < frames.length; from += INFLUX_BATCH)
        await sideBySide(partsOf(frames.slice(from, from + INFLUX_BATCH)).map(write))
    },
    track: async (vehicleId, from, to, wish = 'every') => {
      const asked = { vehicleId, from, to, fields: wish === 'drawn' ? DRAWN_FIELDS : PAST_FIELDS }
      try {
        reads ??= await readsBy(influx)
        return await (reads === 'export' ? readByExport(influx, asked) : readByQuery(influx, deps.bucket, asked))
      } catch (cause) {
        throw new InfluxUnread(cause)
      }
    },
    close: influx.close,
  }
}

const partsOf = (frames: readonly HistoryFrame[]): readonly (readonly HistoryFrame[])[] => {
  const count = Math.ceil(frames.length / LINES_PER_WRITE)
  const size = Math.ceil(frames.length / count)
  return Array.from({ length: count }, (_, index) => frames.slice(index * size, (index + 1) * size))
}

/** Rejects only when all have ended, so that whoever tries again is alone. */
async function sideBySide(writes: readonly Promise<void>[]): Promise<void> {
  for (const ended of await Promise.allSettled(writes)) if (ended.status === 'rejected') throw ended.reason
}

function createWriter(influx: InfluxConnection, { api, org = '', bucket, log, count }: Deps) {
  const path =
    api === 'v1'
      ? `/write?${new URLSearchParams({ db: bucket, precision: 'u' })}`
      : `/api/v2/write?${new URLSearchParams({ org, bucket, precision: 'us' })}`
  /** Halves a refused batch until the refused lines stand alone; writing a line twice changes nothing. */
  const write = async (frames: readonly HistoryFrame[]): Promise<void> => {
    try {
      await influx.post(path, linesOf(frames))
    } catch (cause) {
      if (!isRefusal(cause)) throw cause
      if (frames.length > 1) {
        const half = frames.length >> 1
        await write(frames.slice(0, half))
        await write(frames.slice(half))
        return
      }
      count('history-lines-refused', 1)
      log.warn({ err: cause, line: Buffer.from(linesOf(frames)).toString('latin1') }, 'history.line-refused')
    }
  }
  return write
}

/** The lines themselves are at fault (malformed, outside retention, type conflict, too many at once): no use in repeating. */
const isRefusal = (cause: unknown): boolean => cause instanceof InfluxRefusal && [400, 413, 422].includes(cause.status)

/** VictoriaMetrics answers `/query` only in part, and knows a page no InfluxDB has. */
async function readsBy(influx: InfluxConnection): Promise<'query' | 'export'> {
  try {
    const answer: unknown = JSON.parse((await influx.get('/api/v1/status/buildinfo')).bytes.toString())
    return typeof answer === 'object' && answer !== null && 'status' in answer ? 'export' : 'query'
  } catch (cause) {
    // A server that is just starting, or a proxy before it, says nothing of what it is: what is found is kept for good.
    if (cause instanceof SyntaxError || (cause instanceof InfluxRefusal && cause.status < 500)) return 'query'
    throw cause
  }
}

const ASKED_AT_ONCE = 4
const LONG_MS = 7 * 24 * 3600 * 1000

type Asked = {
  readonly vehicleId: VehicleId
  readonly from: EpochMs
  readonly to: EpochMs
  readonly fields: readonly PastField[]
}

/** A long range is asked for in parts, since the server reads each on a core of its own. */
async function readByQuery(influx: InfluxConnection, database: string, asked: Asked): Promise<readonly PastFrame[]> {
  const { from, to } = asked
  const count = to - from > LONG_MS ? ASKED_AT_ONCE : 1
  const cut = (index: number): EpochMs => epochMs(Math.round(from + ((to - from) * index) / count))
  const parts = Array.from({ length: count }, (_, index) =>
    readPart(influx, database, { ...asked, from: cut(index), to: cut(index + 1) }),
  )
  const frames = (await Promise.all(parts)).flat()
  const sources = Map.groupBy(frames, ({ source }) => source)
  return sources.size <= 1 ? frames : [...sources.values()].flat()
}

const MESSAGE_PACK = 'application/x-msgpack'

async function readPart(
  influx: InfluxConnection,
  database: string,
  { vehicleId, from, to, fields }: Asked,
): Promise<readonly PastFrame[]> {
  // Every value is parsed and of narrow form: nothing here needs quoting.
  const q = `SELECT ${fields.map((field) => `"${field}"`).join(',')} FROM "${MEASUREMENT}"
    WHERE "vehicle" = '${vehicleId}' AND time >= ${from}ms AND time < ${to}ms GROUP BY "gateway"`
  const query = new URLSearchParams({ db: database, epoch: 'u', q })
  // InfluxDB 2.x and 3.x know JSON only, and answer with it whatever they are asked for.
  const { type, bytes } = await influx.get(`/query?${query}`, { accept: `${MESSAGE_PACK}, application/json;q=0.5` })
  return readQueryAnswer(type.startsWith(MESSAGE_PACK) ? readMessagePack(bytes) : JSON.parse(bytes.toString()))
}

async function readByExport(
  influx: InfluxConnection,
  { vehicleId, from, to, fields }: Asked,
): Promise<readonly PastFrame[]> {
  const query = new URLSearchParams({
    'match[]': `{__name__=~"${MEASUREMENT}_(${fields.join('|')})",vehicle="${vehicleId}"}`,
    start: String(from / 1000),
    end: String((to - 1) / 1000),
  })
  return readExport((await influx.get(`/api/v1/export?${query}`)).bytes.toString(), MEASUREMENT)
}

type ConnectionSettings = {
  readonly url: string
  readonly api: 'v1' | 'v2'
  readonly token?: string
  readonly compress?: 'gzip' | 'never'
}

/** The server has answered, and not with success. */
class InfluxRefusal extends Error {
  readonly status: number
  constructor(status: number, body: string) {
    super(`the server answered ${status}: ${body.slice(0, 500)}`)
    this.name = 'InfluxRefusal'
    this.status = status
  }
}

/** The past could not be read. Whoever asks is to come again (503), and the log says why. */
class InfluxUnread extends Error {
  readonly statusCode = 503
  constructor(cause: unknown) {
    super('the history database did not answer', { cause })
    this.name = 'InfluxUnread'
  }
}

type Answer = { readonly type: string; readonly bytes: Buffer }

/** Requests on connections that stay open. Rejects with `InfluxRefusal`, or with what broke the connection. */
type InfluxConnection = {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** One request, no retry of its own: whoever calls knows when and how often to try again. */
  post(path: string, body: Uint8Array): Promise<void>
  close(): void
}

const TIMEOUT_MS = 30_000
const pack = promisify(gzip)

/** HTTP by hand: the database's own library spends more on a line than making it costs. */
function createInfluxConnection({ url, api, token, compress = 'never' }: ConnectionSettings): InfluxConnection {
  const isTls = url.startsWith('https:')
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const base = url.replace(/\/$/, '')
  const authorization =
    token === undefined ? {} : { authorization: api === 'v1' ? `Basic ${base64(token)}` : `Token ${token}` }
  const ask = (method: 'GET' | 'POST', path: string, headers: object, body?: Uint8Array) =>
    new Promise<Answer>((done, fail) => {
      const options = { method, agent, timeout: TIMEOUT_MS, headers: { ...authorization, ...headers } }
      const asked = (isTls ? requestTls : request)(`${base}${path}`, options, (answer) => {
        bytesOf(answer).then((bytes) => {
          const { statusCode = 0, headers } = answer
          if (statusCode >= 200 && statusCode < 300) done({ type: headers['content-type'] ?? '', bytes })
          else fail(new InfluxRefusal(statusCode, bytes.toString()))
        }, fail)
      })
      asked.once('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
      asked.once('error', fail)
      asked.end(body)
    })
  return {
    get: (path, headers = {}) => ask('GET', path, headers),
    post: async (path, body) => {
      if (compress === 'never') return void (await ask('POST', path, {}, body))
      await ask('POST', path, { 'content-encoding': 'gzip' }, await pack(body))
    },
    close: () => agent.destroy(),
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return Buffer.concat(chunks)
}
