import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { CloudConfig } from '../config.ts'
import type { FedProjection } from '../ingest/app.ts'
import type { Missing } from '../ingest/missing-store.ts'
import type { Dependency } from '../metrics/health-routes.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { Witness } from './blank.ts'
import { createFleetRoutes } from './fleet-routes.ts'
import { createFleetStore } from './fleet-store.ts'
import { createFrameStore } from './frame-store.ts'
import { type History as FrameHistory, HISTORY_PACE } from './history.ts'
import { createHistoryRoutes } from './history-routes.ts'
import { createHistoryService, type HistoryService } from './history-service.ts'
import { createInfluxClient, INFLUX_BATCH } from './influx-client.ts'
import { createLastKnownStore } from './last-known-store.ts'
import { runRetentionLoop } from './retention-loop.ts'
import { createRetentionStore } from './retention-store.ts'
import { createTrackRoutes } from './track-routes.ts'
import { createWitnessStore } from './witness-store.ts'

type Parts = {
  readonly config: Pick<CloudConfig, 'influx' | 'historyMonths'>
  readonly postgres: Pick<Postgres, 'db' | 'inTransaction'>
  readonly world: World
  /** Called after frames have been stored; a rejection repeats them. */
  stored: Parameters<typeof createHistoryService>[0]['stored']
  vehicleOf: Parameters<typeof createHistoryService>[0]['vehicleOf']
  plateOf(vehicle: VehicleId): Promise<string | undefined>
  /** When the vehicle fell silent together with its district. */
  outagesOf(vehicle: VehicleId, from: EpochMs, to: EpochMs): Promise<Witness['outages']>
  /** What of a gateway's records has not come. */
  missingOf(gateway: GatewayId): Promise<readonly Missing[]>
  /** The gateways that are, were or should be in the vehicle. */
  gatewaysOf(vehicle: VehicleId): readonly GatewayId[]
  changed(vehicle: VehicleId): void
  count(what: 'history-lines-refused', by: number): void
}

export type History = {
  readonly service: HistoryService
  /** Where the frames are: for whoever counts on them. */
  readonly frames: FrameHistory
  readonly routes: readonly FastifyPluginAsyncZod[]
  readonly loops: readonly ((stop: AbortSignal) => Promise<void>)[]
  readonly projections: readonly FedProjection[]
  /** The time-series database, when there is one. */
  readonly dependencies: readonly Dependency[]
  close(): void
}

/** Wires where the vehicles are and were: in InfluxDB when there is one, else in the SQL database. Starts nothing. */
export function createHistory(parts: Parts): History {
  const { config, postgres, world, stored, vehicleOf, plateOf, changed } = parts
  const { db } = postgres
  const influx = createInflux(config.influx, parts)
  const table = createFrameStore(postgres)
  const frames = influx ?? table
  const lastKnown = createLastKnownStore(db)
  const witness = createWitnessStore(db)
  const service = createHistoryService({
    history: frames,
    lastKnown,
    witness: {
      of: async (vehicle, from, to) => ({
        ...(await witness.of(vehicle, from, to)),
        outages: await parts.outagesOf(vehicle, from, to),
      }),
    },
    stored,
    clock: world.clock,
    vehicleOf,
    missingOf: async (vehicle) => (await Promise.all(parts.gatewaysOf(vehicle).map(parts.missingOf))).flat(),
    vehicleExists: async (vehicle) => (await plateOf(vehicle)) !== undefined,
    changed,
  })
  const { influx: settings } = config
  const retention = createRetentionStore(postgres)
  return {
    service,
    frames,
    routes: [
      createTrackRoutes(service, plateOf),
      createHistoryRoutes(service),
      createFleetRoutes(createFleetStore(db, world.clock)),
    ],
    loops: [
      (stop) =>
        runRetentionLoop({ retention, keepMonths: config.historyMonths, dropped: table.forgetMonths, ...world }, stop),
    ],
    projections: [
      // Large writes for stores of years; the pages of people do not wait for them.
      {
        projection: service.historyProjection,
        pace: settings === undefined ? HISTORY_PACE : { ...HISTORY_PACE, batch: INFLUX_BATCH },
        // Its marks for the mileage ledger are in the SQL database in any case.
        rewinds: true,
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
