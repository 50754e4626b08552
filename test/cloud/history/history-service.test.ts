import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { describe, expect, test } from 'vitest'
import { Seq, VehicleId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import type { HistoryFrame, PastFrame } from '../../../cloud/history/history.ts'
import { createHistoryRoutes } from '../../../cloud/history/history-routes.ts'
import { createHistoryService } from '../../../cloud/history/history-service.ts'
import type { LastKnown } from '../../../cloud/history/last-known.ts'
import { createTrackRoutes } from '../../../cloud/history/track-routes.ts'
import { Fault } from '../../../cloud/http/fault.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { frameOf, GATEWAY, OTHER_VEHICLE, pastFrame, STREAM, T0, VEHICLE } from './history-support.ts'

const entry = (seq: number, record: JournalEntry['record'], receivedAt = later(T0, 60_000)): JournalEntry => ({
  ...{ position: seq, gateway: GATEWAY, stream: STREAM, seq: Seq.parse(seq), receivedAt, record },
})

function bench(past: readonly PastFrame[] = []) {
  const written: HistoryFrame[] = []
  const kept: LastKnown[] = []
  const changed: string[] = []
  const service = createHistoryService({
    history: { write: async (frames) => void written.push(...frames), track: async () => past },
    lastKnown: {
      keepNewest: async (candidates) => void kept.push(...candidates),
      of: async () => kept,
    },
    witness: { of: async () => ({ events: [], connections: [], fitted: [], outages: [] }) },
    missingOf: async () => [
      { records: 12, from: epochMs(T0), to: later(T0, 600_000), since: later(T0, 700_000) },
      { records: 1, from: null, to: later(T0, -86_400_000), since: T0 },
    ],
    stored: async () => {},
    clock: createManualClock(T0 + 90_000),
    vehicleOf: (_, at) => (at < T0 + 30_000 ? VEHICLE : OTHER_VEHICLE),
    vehicleExists: async (id) => id === VEHICLE,
    changed: (id) => changed.push(id),
  })
  return { service, written, kept, changed }
}

describe('history', () => {
  test('stores frames under the vehicle the gateway was in when they were read, and nothing else', async () => {
    const { service, written } = bench()
    await service.historyProjection.apply([
      entry(1, frameOf(T0)),
      entry(2, { kind: 'event', name: 'boot', at: T0, data: {} }),
      entry(3, frameOf(T0 + 40_000, { backfill: true })),
    ])
    expect(written.map(({ seq, vehicleId }) => [seq, vehicleId])).toEqual([
      [1, VEHICLE],
      [3, OTHER_VEHICLE],
    ])
  })

  test('a frame stamped half a day after it came is kept, under no vehicle', async () => {
    const { service, written } = bench()
    const hours = (count: number) => entry(count, frameOf(T0 + count * 3_600_000), T0)
    await service.historyProjection.apply([hours(11), hours(12), hours(13), hours(24)])
    expect(written.map(({ seq, vehicleId }) => [seq, vehicleId])).toEqual([
      [11, OTHER_VEHICLE],
      [12, OTHER_VEHICLE],
      [13, undefined],
      [24, undefined],
    ])
  })

  test.each([
    { name: 'a frame of now', frame: frameOf(T0), moves: true },
    { name: 'a backfilled frame', frame: frameOf(T0, { backfill: true }), moves: false },
    { name: 'a frame slightly ahead of our clock', frame: frameOf(T0 + 70_000), moves: true },
    { name: 'a frame from the future', frame: frameOf(T0 + 4_000_000), moves: false },
  ])('last-known: $name moves it: $moves', async ({ frame, moves }) => {
    const { service, kept, changed } = bench()
    await service.lastKnownProjection.apply([entry(1, frame)])
    expect({ kept: kept.length, changed: changed.length }).toEqual(
      moves ? { kept: 1, changed: 1 } : { kept: 0, changed: 0 },
    )
  })

  test('last-known: of one batch the newest frame counts, and the newest trusted place', async () => {
    const { service, kept } = bench()
    await service.lastKnownProjection.apply([
      entry(1, frameOf(T0 + 3000, { fix: 'none', speedKmh: 1 })),
      entry(2, frameOf(T0 + 2000, { lat: 2, lon: 2 })),
      entry(3, frameOf(T0 + 2500, { lat: 3, lon: 3, gnssTrust: 'jammed' })),
    ])
    expect(kept).toMatchObject([{ seq: 1, place: { lat: 2, lon: 2, at: T0 + 2000 } }])
    const view = (await service.lastKnownOf([VEHICLE])).get(VEHICLE)
    expect(view).toMatchObject({
      position: { lat: 2, lon: 2 },
      speedKmh: 1,
      fix: 'none',
      readAt: T0 + 3000,
      ageS: 87,
      headingDeg: null,
    })
  })
})

describe('history routes', () => {
  const serve = async (past: readonly PastFrame[]) => {
    const app = Fastify()
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    app.setErrorHandler((error, _, reply) =>
      reply
        .status(error instanceof Fault ? error.status : 400)
        .send({ code: error instanceof Fault ? error.code : 'request/invalid' }),
    )
    const roles: unknown[] = []
    app.addHook('onRoute', (route) => void (route.method === 'GET' && roles.push(route.config?.roles)))
    const { service } = bench(past)
    await app.register(createHistoryRoutes(service))
    await app.register(createTrackRoutes(service, async () => 'А001АА77'))
    const get = async (path: string) => {
      const answer = await app.inject(path)
      const body: unknown = answer.json()
      return { status: answer.statusCode, body }
    }
    return { get, roles }
  }
  const RANGE = 'from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z'
  const line = Array.from({ length: 10 }, (_, index) =>
    pastFrame(T0 + index * 1000, { position: { lat: 55 + index / 1000, lon: 37, accuracyM: 3 }, speedKmh: 40 }),
  )

  test('track: positions only, thinned on demand', async () => {
    const { get, roles } = await serve([...line, pastFrame(T0 + 11_000)])
    const { status, body } = await get(`/api/vehicles/${VEHICLE}/track?${RANGE}&maxPoints=2`)
    expect(status).toBe(200)
    expect(body).toEqual({
      points: [
        {
          readAt: new Date(T0).toISOString(),
          lat: 55,
          lon: 37,
          speedKmh: 40,
          headingDeg: null,
          ignition: null,
          fix: '3d',
          trust: 'ok',
          source: GATEWAY,
          seenBy: 'gateway',
        },
        {
          readAt: new Date(T0 + 9000).toISOString(),
          lat: 55.009,
          lon: 37,
          speedKmh: 40,
          headingDeg: null,
          ignition: null,
          fix: '3d',
          trust: 'ok',
          source: GATEWAY,
          seenBy: 'gateway',
        },
      ],
      breaks: [],
      total: 10,
      downsampled: true,
    })
    expect(roles.every((declared) => Array.isArray(declared))).toBe(true)
  })

  test('gaps: beside them the records of that time that have not come yet', async () => {
    const { get } = await serve(line)
    const iso = (ms: number) => new Date(T0 + ms).toISOString()
    const { body } = await get(`/api/vehicles/${VEHICLE}/gaps?from=${iso(0)}&to=${iso(3_600_000)}`)
    expect(body).toMatchObject({
      missing: [{ records: 12, from: iso(0), to: iso(600_000), since: iso(700_000) }],
    })
    const { body: before } = await get(`/api/vehicles/${VEHICLE}/gaps?from=${iso(-3_600_000)}&to=${iso(-1)}`)
    expect(before).toMatchObject({ missing: [] })
  })

  test('mileage: kilometres with error and gaps', async () => {
    const { get } = await serve([
      ...line,
      pastFrame(epochMs(T0 + 900_000), { position: { lat: 55.1, lon: 37, accuracyM: 3 } }),
    ])
    const { status, body } = await get(`/api/vehicles/${VEHICLE}/mileage?${RANGE}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      km: 11.12,
      source: 'positions',
      gaps: [{ from: new Date(T0 + 9000).toISOString(), to: new Date(T0 + 900_000).toISOString(), km: 10.119 }],
    })
  })

  test.each([
    {
      name: 'an unknown vehicle',
      path: `${VehicleId.parse(OTHER_VEHICLE)}/track?${RANGE}`,
      status: 404,
      code: 'vehicle/unknown',
    },
    {
      name: 'a range turned round',
      path: `${VEHICLE}/track?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z`,
      status: 422,
      code: 'history/range',
    },
    {
      name: 'a range of years',
      path: `${VEHICLE}/mileage?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z`,
      status: 422,
      code: 'history/range',
    },
    { name: 'no range', path: `${VEHICLE}/track`, status: 400, code: 'request/invalid' },
    { name: 'no vehicle id', path: `everything/track?${RANGE}`, status: 400, code: 'request/invalid' },
  ])('$name is the caller’s mistake: $code', async ({ path, status, code }) => {
    const { get } = await serve([])
    expect(await get(`/api/vehicles/${path}`)).toMatchObject({ status, body: { code } })
  })
})
