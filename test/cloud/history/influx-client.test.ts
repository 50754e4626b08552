import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later } from '#contract/instant.ts'
import type { HistoryFrame } from '../../../cloud/history/history.ts'
import { createInfluxClient } from '../../../cloud/history/influx-client.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { runJournalLoop } from '../../../cloud/ingest/journal-loop.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { type RealServer, requireReal, startInflux, startVictoriaMetrics } from '../../support/real-servers.ts'
import { batchOf, frameAt, GATEWAY, listeningLog, realClock, until } from '../ingest/journal-support.ts'
import { historyFrame, OTHER_VEHICLE, T0, VEHICLE } from './history-support.ts'

const INFLUX = requireReal('influxdb')
const VICTORIA = requireReal('victoria-metrics')

const full = {
  accuracyM: 2.5,
  satellites: 11,
  speedKmh: 43.2,
  headingDeg: 271,
  ignition: true,
  motion: false,
  odometerKm: 88_123.45,
  gnssTrust: 'suspect',
} as const
const frames: readonly HistoryFrame[] = [
  historyFrame(1),
  historyFrame(2, {}, full),
  historyFrame(3, { vehicleId: OTHER_VEHICLE }),
  historyFrame(4, { vehicleId: undefined }),
]

function client(url: string, api: 'v1' | 'v2', bucket = 'kordon') {
  const log = listeningLog()
  let refused = 0
  const history = createInfluxClient({
    ...{ url, api, bucket, log },
    count: (_, by) => {
      refused += by
    },
  })
  return { history, log, refused: () => refused }
}

const countRows = async (server: RealServer): Promise<number> => {
  const query = new URLSearchParams({ db: 'kordon', q: 'SELECT count(seq) FROM frame' })
  const answer = await fetch(`${server.url}/query?${query}`)
  const body: { results: { series?: { values: number[][] }[] }[] } = JSON.parse(await answer.text())
  return body.results[0]?.series?.[0]?.values[0]?.[1] ?? 0
}

describe.skipIf(!INFLUX)('history in InfluxDB 1.x', () => {
  let server: RealServer
  beforeAll(async () => {
    server = await startInflux()
  })
  afterAll(() => server.stop())

  test('keeps each frame once and gives back the range asked for', async () => {
    const { history } = client(server.url, 'v1')
    await history.write(frames)
    await history.write(frames)
    expect(await countRows(server)).toBe(4)
    const track = await history.track(VEHICLE, T0, later(T0, 10_000))
    expect(track.map(({ readAt }) => readAt - T0)).toEqual([1000, 2000])
    expect(track[1]).toEqual({
      source: 'gw-history01',
      readAt: T0 + 2000,
      position: { lat: 55.751244, lon: 37.618423, accuracyM: 2.5 },
      speedKmh: 43.2,
      headingDeg: 271,
      ignition: true,
      motion: false,
      odometerKm: 88_123.45,
      fix: '3d',
      trust: 'suspect',
    })
    expect(await history.track(VEHICLE, later(T0, 1001), later(T0, 2000))).toEqual([])
    history.close()
  })

  test('every reading of a frame is a field there, under the name the docs give it', async () => {
    const { history } = client(server.url, 'v1')
    const rest = { altitudeM: 150.5, engineHours: 12.5, supplyVolt: 13.8, backfill: true }
    await history.write([historyFrame(40, {}, { ...full, ...rest })])
    const query = new URLSearchParams({ db: 'kordon', q: 'SHOW FIELD KEYS; SHOW TAG KEYS' })
    const said = await (await fetch(`${server.url}/query?${query}`)).text()
    const docs = await readFile('docs/history.md', 'utf8')
    const rows = /Measurement `frame`.*Roll-up/s.exec(docs)?.[0].match(/^\| `[^|]+\|/gm) ?? []
    const named = rows.flatMap((row) => Array.from(row.matchAll(/`(\w+)`/g), ([, name]) => name ?? ''))
    const keys = /^\["(\w+)"/
    const found = (said.match(/\["\w+"(?=,"(?:float|integer|boolean)"\]|\])/g) ?? []).map(
      (text) => keys.exec(text)?.[1] ?? '',
    )
    expect(found.filter((name) => name !== 'tagKey').toSorted()).toEqual(named.toSorted())
    history.close()
  })

  test('two frames of the same millisecond stay two', async () => {
    const { history } = client(server.url, 'v1')
    const at = later(T0, 77_000)
    await history.write([historyFrame(50, {}, { readAt: at }), historyFrame(51, {}, { readAt: at })])
    expect(await history.track(VEHICLE, at, later(at, 1))).toHaveLength(2)
    history.close()
  })

  test('a line the server will never take is named and dropped; its neighbours are stored', async () => {
    const { history, refused, log } = client(server.url, 'v1')
    const far = historyFrame(61, {}, { readAt: later(T0, 9e15) })
    await history.write([historyFrame(60), far, historyFrame(62)])
    expect(await history.track(VEHICLE, later(T0, 60_000), later(T0, 63_000))).toHaveLength(2)
    expect(refused()).toBe(1)
    expect(log.lines.map(({ event }) => event)).toEqual(['history.line-refused'])
    history.close()
  })

  test('a missing database is no reason to forget: the write is rejected', async () => {
    const { history, refused } = client(server.url, 'v1', 'nowhere')
    await expect(history.write(frames)).rejects.toThrow()
    expect(refused()).toBe(0)
    history.close()
  })

  test('down in the middle of the load and up again: nothing is lost, nothing counted twice', async () => {
    const before = await countRows(server)
    const { history } = client(server.url, 'v1')
    const log = listeningLog()
    const journal = createJournalStore({ path: ':memory:', clock: realClock })
    const ingest = createIngestService({ journal, clock: realClock, log, count: () => {}, publish: async () => {} })
    const stop = new AbortController()
    const projection = {
      name: 'history',
      apply: (entries: Parameters<Parameters<typeof runJournalLoop>[0]['projection']['apply']>[0]) =>
        history.write(
          entries.flatMap(({ gateway, stream, seq, record }) =>
            record.kind === 'frame' ? [{ gateway, stream, seq, vehicleId: VEHICLE, frame: record }] : [],
          ),
        ),
    }
    const loop = runJournalLoop({ journal, projection, clock: realClock, log, pace: { batch: 200 } }, stop.signal)
    const total = 2000
    for (let from = 1; from <= total; from += 50) {
      if (from === 501) await server.kill()
      await ingest.accept(
        GATEWAY,
        batchOf(
          from,
          Array.from({ length: 50 }, (_, index) => frameAt(T0 + from + index)),
        ),
      )
      if (from === 1501) {
        await until(() => log.lines.some(({ event }) => event === 'projection.failed'))
        await server.restart()
      }
    }
    await until(() => journal.cursor('history') === total, 30_000)
    stop.abort()
    await loop
    expect(await countRows(server)).toBe(before + total)
    history.close()
  }, 60_000)
})

describe.skipIf(!VICTORIA)('history in VictoriaMetrics', () => {
  let server: RealServer
  beforeAll(async () => {
    server = await startVictoriaMetrics()
  })
  afterAll(() => server.stop())

  test('by the v2 write path, read back by its export', async () => {
    const { history, refused } = client(server.url, 'v2')
    await history.write(frames)
    await history.write(frames)
    await fetch(`${server.url}/internal/force_flush`)
    const track = await history.track(VEHICLE, T0, later(T0, 10_000))
    expect(track.map(({ readAt }) => readAt - T0)).toEqual([1000, 2000])
    expect(track[1]).toEqual({
      source: 'gw-history01',
      readAt: T0 + 2000,
      position: { lat: 55.751244, lon: 37.618423, accuracyM: 2.5 },
      speedKmh: 43.2,
      headingDeg: 271,
      ignition: true,
      motion: false,
      odometerKm: 88_123.45,
      fix: '3d',
      trust: 'suspect',
    })
    expect(refused()).toBe(0)
    history.close()
  })
})

test('the v2 path carries token, organisation, bucket and microseconds', async () => {
  const seen: { url: string | undefined; authorization: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      seen.push({ url: request.url, authorization: request.headers.authorization, body })
      response.writeHead(204).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const settings = { url: `http://127.0.0.1:${port}`, api: 'v2', token: 'secret', org: 'park', bucket: 'cars' } as const
  const history = createInfluxClient({ ...settings, log: listeningLog(), count: () => {} })
  await history.write([historyFrame(1)])
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({
    url: '/api/v2/write?org=park&bucket=cars&precision=us',
    authorization: 'Token secret',
  })
  expect(seen[0]?.body).toContain(` ${(T0 + 1000) * 1000 + 868}`)
  history.close()
  server.close()
})

test('a history that does not answer is to be asked again, and a server is taken for what it is once it says so', async () => {
  let answers = 0
  const server = createServer((request, answer) => {
    answers += 1
    if (answers === 1) return void answer.writeHead(502).end('starting')
    answer.end(request.url === '/api/v1/status/buildinfo' ? '{"status":"success"}' : '')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const { history } = client(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, 'v1')
  const ask = () => history.track(VEHICLE, T0, later(T0, 1000))
  await expect(ask()).rejects.toMatchObject({ statusCode: 503 })
  expect(await ask()).toEqual([])
  history.close()
  await new Promise((done) => server.close(done))
  await expect(ask()).rejects.toMatchObject({ statusCode: 503 })
})

test('two writes stand side by side, each of at most 5,000 lines, and a failure is told when both have ended', async () => {
  const held: { readonly lines: number; answer(status: number): void }[] = []
  const server = createServer((request, answer) => {
    let lines = 0
    request.on('data', (bytes: Buffer) => {
      lines += bytes.toString().split('\n').length - 1
    })
    request.on('end', () => held.push({ lines, answer: (status) => void answer.writeHead(status).end() }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const { history } = client(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, 'v1')
  let state: 'writing' | 'stored' | 'failed' = 'writing'
  const written = history
    .write(Array.from({ length: 10_001 }, (_, index) => historyFrame(index + 1)))
    .then(() => (state = 'stored'))
    .catch(() => (state = 'failed'))
  await until(() => held.length === 2)
  expect(held.map(({ lines }) => lines)).toEqual([5000, 5000])
  held[0]?.answer(503)
  await new Promise((done) => setTimeout(done, 100))
  expect({ state, writes: held.length }).toEqual({ state: 'writing', writes: 2 })
  held[1]?.answer(204)
  await written
  expect({ state, writes: held.length }).toEqual({ state: 'failed', writes: 2 })
  history.close()
  server.close()
})
