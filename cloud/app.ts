import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { millis, minutes } from '#contract/instant.ts'
import { bracketed, gatewayBrokerUrls, ownHosts, ownOrigins } from './addresses.ts'
import { createEmbeddedBroker } from './broker/app.ts'
import type { Broker, BrokerEars } from './broker/broker.ts'
import { createBrokerClient } from './broker/broker-client.ts'
import type { CloudConfig } from './config.ts'
import { createVehicleStore } from './fleet/vehicle-store.ts'
import { createFrameStore } from './history/frame-store.ts'
import { createHistoryRoutes } from './history/history-routes.ts'
import { createHistoryService } from './history/history-service.ts'
import { createInfluxClient } from './history/influx-client.ts'
import { createLastKnownStore } from './history/last-known-store.ts'
import { judgeAccess, ROLES } from './http/access.ts'
import { createHttp } from './http/app.ts'
import { credentialsOf } from './http/credentials.ts'
import { createIdempotencyStore } from './http/idempotency-store.ts'
import { runTidyLoop } from './http/tidy-loop.ts'
import { createIngestService, type IngestCount } from './ingest/ingest-service.ts'
import { type JournalPace, runJournalLoop } from './ingest/journal-loop.ts'
import { createJournalStore } from './ingest/journal-store.ts'
import { runPruneLoop } from './ingest/prune-loop.ts'
import { runReceiptLoop } from './ingest/receipt-loop.ts'
import { runLiveLoop } from './live/live-loop.ts'
import { createLiveRoutes } from './live/live-routes.ts'
import { createLiveService } from './live/live-service.ts'
import { orderTexts, vehicleTexts } from './live/live-view.ts'
import { createHealthRoutes } from './metrics/health-routes.ts'
import { createMetricsService } from './metrics/metrics-service.ts'
import { orderView } from './orders/order-view.ts'
import { createPeople, demoAccounts } from './people/app.ts'
import type { ServerIdentity } from './pki/pki-service.ts'
import { createMigrationService } from './postgres/migration-service.ts'
import { createPostgres } from './postgres/postgres-client.ts'
import { createVehicles } from './vehicles/app.ts'
import type { World } from './world.ts'
import { createZones, REGION } from './zones/app.ts'

export type Started = {
  /** Where the console and the API answer. */
  readonly url: string
  readonly mqtt: { readonly plain: number | undefined; readonly tls: number | undefined }
  /** Secret of the one-time set-up page, while there is no account. */
  readonly setupToken: string | undefined
}

export type Cloud = {
  /** For tests: answers requests by `inject` once `open` has resolved. */
  readonly http: FastifyInstance
  /** Brings the database up to date and replays what it has lost. Listens nowhere. */
  open(): Promise<void>
  /** Opens the ports, broker first. */
  start(): Promise<Started>
  /** Runs every loop until told to stop; resolves when all have ended. */
  run(stop: AbortSignal): Promise<void>
  /** Closes ports, then journals and database. To be called after `run` has resolved. */
  close(): Promise<void>
}

/** History wants large writes; the pages of people do not wait for it. */
const HISTORY_PACE: JournalPace = { batch: 5000, fill: 1000, age: millis(1000) }
const JOURNAL_KEPT = minutes(7 * 24 * 60)
/**
 * PGlite never syncs, so a power cut takes its last commits while the cursors on disk are ahead. At start the projections
 * that bear repetition go back by what a busy fleet sends in the half minute in which a system writes its pages.
 */
const REWOUND_ENTRIES = 20_000

/** Wires every slice of the cloud. Starts nothing; rejects when a route declares no roles. */
export async function createCloud(config: CloudConfig, world: World, version: string): Promise<Cloud> {
  const { clock, log } = world
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const metrics = createMetricsService()
  const postgres = createPostgres({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, log })
  const { db, inTransaction } = postgres
  const journal = createJournalStore({ path: join(config.dataDir, 'journal.sqlite'), clock })

  // The broker is made at start, when the server certificate is known; until then nothing can be published.
  let broker: (Broker & { ports?(): Started['mqtt'] }) | undefined
  const publish: Broker['publish'] = async (topic, payload, options) => {
    if (broker === undefined) throw new Error('the broker has not been started')
    await broker.publish(topic, payload, options)
  }
  const ports = (): Started['mqtt'] => broker?.ports?.() ?? { plain: undefined, tls: undefined }

  const live = createLiveService({
    world,
    vehicleViews: async (ids) => vehicleTexts(await vehicles.vehicles.viewsOf(ids)),
    orderViews: async (ids) => {
      const orders = await vehicles.orders.newestOfEach(ids)
      const steps = Map.groupBy(await vehicles.orders.stepsOf(orders.map(({ id }) => id)), (step) => step.orderId)
      return orderTexts(orders.map((order) => orderView(order, steps.get(order.id) ?? [])))
    },
  })

  const influx = createInflux(config, world, metrics.counter('kordon_history_total', 'Lines of history, by fate'))
  const history = createHistoryService({
    history: influx ?? createFrameStore(db),
    lastKnown: createLastKnownStore(db),
    clock,
    vehicleOf: (gateway, at) => vehicles.fleet.vehicleOf(gateway, at),
    vehicleExists: async (id) => (await createVehicleStore(db).find(id)) !== undefined,
    changed: live.vehicleChanged,
  })
  const vehicles = createVehicles({
    db,
    inTransaction,
    world,
    settings: {
      dataDir: config.dataDir,
      hosts: ownHosts(config),
      brokerUrls: () => gatewayBrokerUrls(config, ports()),
      zoneName: REGION.name,
    },
    lastKnownOf: history.lastKnownOf,
    zoneOf: (ids) => zones.zoneOf(ids),
    publish,
    disconnect: (gateway) => broker?.disconnect(gateway),
    changed: live.orderChanged,
  })
  const zones = createZones({
    world,
    inTransaction,
    holds: vehicles.holds,
    zoneHolds: config.zoneHolds,
    vehicleOf: vehicles.fleet.vehicleOf,
    changed: live.vehicleChanged,
    alert: live.alert,
  })
  const ingest = createIngestService({
    journal,
    publish,
    clock,
    log,
    count: metrics.counter<IngestCount>('kordon_ingest_total', 'What came in from gateways, by fate'),
  })
  const ears: BrokerEars = {
    ingest,
    credentials: vehicles.fleet,
    onStatus: (gateway, status) => {
      vehicles.fleet.onStatus(gateway, status).catch((err: unknown) => log.error({ err, gateway }, 'status.not-kept'))
    },
    count: metrics.counter('kordon_broker_total', 'What the broker refused or noticed'),
  }

  const projections = [
    { projection: history.historyProjection, pace: HISTORY_PACE, rewinds: influx === undefined },
    { projection: history.lastKnownProjection, pace: { batch: 1000 }, rewinds: true },
    { projection: zones.projection, pace: { batch: 1000 }, rewinds: true },
    ...vehicles.projections.map((projection) => ({ projection, pace: { batch: 1000 }, rewinds: false })),
  ]
  metrics.gauge('kordon_live_readers', 'Readers of the live feed', live.readers)
  metrics.gauge('kordon_gateways_online', 'Gateways that say they are connected', () => {
    return vehicles.fleet.gateways().filter((gateway) => gateway.online === true).length
  })
  for (const { name } of projections.map(({ projection }) => projection))
    metrics.gauge(`kordon_projection_${name.replaceAll('-', '_')}_lag`, `Entries not yet in ${name}`, () => {
      return journal.head() - journal.cursor(name)
    })

  const people = createPeople(db, world, { secureCookies: config.publicUrl?.startsWith('https:') === true })
  const answers = createIdempotencyStore(db)
  const http = await createHttp({
    version,
    ownOrigins: ownOrigins(config),
    trustedProxies: config.trustedProxies,
    requestsPerMinute: config.requestsPerMinute,
    consoleDir: fileURLToPath(new URL('./console/dist', import.meta.url)),
    world,
    answers,
    findCaller: people.service.findCaller,
    onAnswered: metrics.observeRequest,
    routes: [
      people.routes,
      ...vehicles.routes,
      createHistoryRoutes(history),
      zones.routes,
      createLiveRoutes({
        world,
        live,
        isWelcome: async (request) => {
          const caller = await people.service.findCaller(credentialsOf(request))
          return judgeAccess(request.routeOptions.config.roles, caller) === 'allowed'
        },
      }),
      createHealthRoutes({
        metrics,
        clock,
        version,
        dependencies: [
          { name: 'sql', check: async () => void (await sql`select 1`.execute(db)) },
          { name: 'journal', check: async () => void journal.head() },
          { name: 'broker', check: async () => refuseUnless(broker !== undefined, 'not started') },
        ],
      }),
    ],
  })

  let identity: ServerIdentity | undefined
  return {
    http,
    open: async () => {
      await createMigrationService({ inTransaction, clock, log }).migrate()
      identity = await vehicles.open(journal)
      if (config.databaseUrl === undefined)
        for (const { projection, rewinds } of projections)
          if (rewinds)
            journal.moveCursor(projection.name, Math.max(0, journal.cursor(projection.name) - REWOUND_ENTRIES))
      await zones.open()
      if (config.mode === 'demo') await people.service.ensureAccounts(demoAccounts(ROLES))
    },
    start: async () => {
      if (identity === undefined) throw new Error('open the cloud before starting it')
      const made = createBroker(config, identity, ears, world)
      made.onGatewayConnected((gateway) => {
        ingest.gatewayConnected(gateway)
        vehicles.gatewayConnected(gateway)
      })
      await made.start()
      broker = made
      await http.listen({ host: config.host, port: config.httpPort })
      return { url: addressOf(http, config), mqtt: ports(), setupToken: await people.service.openSetup() }
    },
    run: async (stop) => {
      const loops = [
        ...projections.map((it) => runJournalLoop({ journal, clock, log, ...it }, stop)),
        ...vehicles.loops.map((loop) => loop(stop)),
        runReceiptLoop({ ingest, clock }, stop),
        runPruneLoop({ journal, clock, log, keep: JOURNAL_KEPT }, stop),
        runLiveLoop({ live, clock, log }, stop),
        runTidyLoop(
          {
            clock,
            log,
            tasks: [
              { name: 'sessions', forget: people.service.forgetExpired },
              { name: 'answers', forget: () => answers.forgetOld(clock.now()) },
            ],
          },
          stop,
        ),
      ]
      await Promise.all(loops)
    },
    close: async () => {
      live.close()
      await http.close()
      await broker?.close()
      influx?.close()
      vehicles.close()
      journal.close()
      await postgres.close()
    },
  }
}

function createInflux(
  { influx }: CloudConfig,
  { log }: World,
  count: (what: 'history-lines-refused', by: number) => void,
) {
  if (influx === undefined) return undefined
  const { token, ...settings } = influx
  return createInfluxClient({ ...settings, ...(token === '' ? {} : { token }), log, count })
}

function createBroker(config: CloudConfig, identity: ServerIdentity, ears: BrokerEars, { clock, log }: World) {
  const { brokerUrl, brokerCaFile, host, mqttPort, mqttsPort, instance } = config
  if (brokerUrl !== undefined) {
    const trust = brokerCaFile === undefined ? {} : { caPem: readFileSync(brokerCaFile, 'utf8') }
    return createBrokerClient({ ...ears, url: brokerUrl, ...trust, instance, clock, log })
  }
  return createEmbeddedBroker({
    ...ears,
    clock,
    log,
    listeners: { plain: { host: '127.0.0.1', port: mqttPort }, tls: { host, port: mqttsPort, ...identity } },
  })
}

function refuseUnless(condition: boolean, why: string): void {
  if (!condition) throw new Error(why)
}

/** The address to give to people: the public one, else where we really listen. */
function addressOf(http: FastifyInstance, { publicUrl, host }: CloudConfig): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin
  const address = http.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${bracketed(name)}:${port}`
}
