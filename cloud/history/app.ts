import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import type { CloudConfig } from '../config.ts'
import type { FedProjection } from '../ingest/app.ts'
import type { Dependency } from '../metrics/health-routes.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createFrameStore } from './frame-store.ts'
import { createHistoryRoutes } from './history-routes.ts'
import { createHistoryService, type HistoryService } from './history-service.ts'
import { createInfluxClient } from './influx-client.ts'
import { createLastKnownStore } from './last-known-store.ts'

type Parts = {
  readonly config: Pick<CloudConfig, 'influx'>
  readonly db: Db
  readonly world: World
  vehicleOf: Parameters<typeof createHistoryService>[0]['vehicleOf']
  vehicleExists(vehicle: VehicleId): Promise<boolean>
  changed(vehicle: VehicleId): void
  count(what: 'history-lines-refused', by: number): void
}

export type History = {
  readonly service: HistoryService
  readonly routes: FastifyPluginAsyncZod
  readonly projections: readonly FedProjection[]
  /** The time-series database, when there is one. */
  readonly dependencies: readonly Dependency[]
  close(): void
}

/** Wires where the vehicles are and were: in InfluxDB when there is one, else in the SQL database. Starts nothing. */
export function createHistory(parts: Parts): History {
  const { config, db, world, vehicleOf, vehicleExists, changed } = parts
  const influx = createInflux(config.influx, parts)
  const service = createHistoryService({
    history: influx ?? createFrameStore(db),
    lastKnown: createLastKnownStore(db),
    clock: world.clock,
    vehicleOf,
    vehicleExists,
    changed,
  })
  const { influx: settings } = config
  return {
    service,
    routes: createHistoryRoutes(service),
    projections: [
      // Large writes for stores of years; the pages of people do not wait for them.
      {
        projection: service.historyProjection,
        pace: { batch: 5000, fill: 1000, age: millis(1000) },
        rewinds: influx === undefined,
      },
      { projection: service.lastKnownProjection, rewinds: true },
    ],
    dependencies: settings === undefined ? [] : [{ name: 'influx', check: () => ping(settings.url) }],
    close: () => influx?.close(),
  }
}

const PING_LIMIT_MS = 2000

/** InfluxDB and VictoriaMetrics answer a ping differently, and some only that there is none; each shows it is alive. */
async function ping(url: string): Promise<void> {
  const { status } = await fetch(new URL('/ping', url), { signal: AbortSignal.timeout(PING_LIMIT_MS) })
  if (status >= 500) throw new Error(`answers with status ${status}`)
}

function createInflux(settings: CloudConfig['influx'], { world, count }: Parts) {
  if (settings === undefined) return undefined
  const { token, ...rest } = settings
  return createInfluxClient({ ...rest, ...(token === '' ? {} : { token }), log: world.log, count })
}
