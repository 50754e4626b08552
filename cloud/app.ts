import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import { millis, minutes, seconds } from '#contract/instant.ts'
import { createAccessStore } from './access/access-store.ts'
import { createAccess } from './access/app.ts'
import { consoleUrl, gatewayBrokerUrls, ownHosts, ownOrigins, relyingParty } from './addresses.ts'
import { createAudit } from './audit/app.ts'
import { createBroker, createBrokerSeat } from './broker/app.ts'
import type { BrokerEars } from './broker/broker.ts'
import { type Company, createCompany } from './company/app.ts'
import type { CloudConfig } from './config.ts'
import { createConfigurations } from './configurations/app.ts'
import { createVehicleStore } from './fleet/vehicle-store.ts'
import { createHistory } from './history/app.ts'
import { createHttp } from './http/app.ts'
import { createIdempotencyStore } from './http/idempotency-store.ts'
import { runTidyLoop } from './http/tidy-loop.ts'
import { createIngest } from './ingest/app.ts'
import { checkRoom } from './ingest/disk-client.ts'
import { createQuarantineRoutes } from './ingest/quarantine-routes.ts'
import { createQuarantineService } from './ingest/quarantine-service.ts'
import { createJobs } from './jobs/app.ts'
import { createLive } from './live/app.ts'
import { createHealthRoutes } from './metrics/health-routes.ts'
import { createMetricsService } from './metrics/metrics-service.ts'
import { createMileage } from './mileage/app.ts'
import { createProbedPublish } from './orders/probed-publish.ts'
import { createParkStore } from './parks/park-store.ts'
import { createStrangerStore } from './parks/stranger-store.ts'
import { type AccountStore, createAccountStore } from './people/account-store.ts'
import { createPeople, demoAccounts } from './people/app.ts'
import { createPersonalRoutes } from './personal/personal-routes.ts'
import { createPersonalService } from './personal/personal-service.ts'
import { createTraceStore } from './personal/trace-store.ts'
import type { ServerIdentity } from './pki/pki-service.ts'
import { createMigrationService } from './postgres/migration-service.ts'
import { createPostgres } from './postgres/postgres-client.ts'
import { createSignerClient, type SignerClient } from './signer/signer-client.ts'
import { createTrackers } from './trackers/app.ts'
import { createVehicles, type Vehicles } from './vehicles/app.ts'
import type { World } from './world.ts'
import { createZones, REGION } from './zones/app.ts'

type Ports = { readonly plain: number | undefined; readonly tls: number | undefined }

export type Started = {
  /** Where the console and the API answer. */
  readonly url: string
  readonly mqtt: Ports
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

/** Wires every slice of the cloud. Starts nothing; rejects when a route declares no roles. */
export async function createCloud(config: CloudConfig, world: World, version: string): Promise<Cloud> {
  const { clock, log } = world
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const postgres = createPostgres({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, log })
  const { db, inTransaction } = postgres
  const jobs = createJobs({
    postgres,
    engine: config.databaseUrl === undefined ? 'pglite' : 'postgres',
    world,
    instance: config.instance,
    ...(config.databaseUrl === undefined
      ? {}
      : { turnTime: 'database' as const, seat: `${hostname()} ${config.dataDir}` }),
  })
  const metrics = createMetricsService()
  const brokerSeat = createBrokerSeat()

  const ingest = createIngest({
    dataDir: config.dataDir,
    world,
    several: config.brokerUrl === undefined ? undefined : { db, instance: config.instance },
    publish: brokerSeat.publish,
    count: metrics.counter('kordon_ingest_total', 'What came in from gateways, by fate'),
  })
  const access = createAccess(db, world, config.mode)
  const audit = createAudit({
    db,
    inTransaction,
    world,
    dataDir: config.dataDir,
    database: config.databaseUrl === undefined ? 'embedded' : 'outside',
    checkpointDir: config.auditDir,
    checkpointWebhook: config.auditWebhook,
    fieldsOf: access.service.rightsOf,
  })
  const people = createPeople({
    db,
    world,
    dataDir: config.dataDir,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    relyingParty: relyingParty(config),
    oidc: config.oidc,
    witness: audit.service.tell,
    notify: (notice) => company.notify(notice),
    secondFactorToBlock: access.service.secondFactorToBlock,
  })
  const live = createLive({
    world,
    vehicles: () => vehicles,
    findCaller: people.service.findCaller,
    fieldsOf: access.service.rightsOf,
    databaseUrl: config.databaseUrl,
    heard: (vehicle) => vehicles.heardOf(vehicle),
    registryHeard: () => vehicles.registryHeard(),
  })
  const plateOf = async (id: VehicleId) => (await createVehicleStore(db).find(id))?.plate
  const history = createHistory({
    config,
    postgres,
    world,
    vehicleOf: (source, at) => vehicles.fleet.vehicleOf(source, at) ?? trackers.service.vehicleOf(source, at),
    plateOf,
    outagesOf: (id, from, to) => zones.conditions.during(id, from, to),
    missingOf: ingest.missing.of,
    gatewaysOf: (id) => vehicles.fleet.gateways().flatMap((gateway) => (gateway.vehicleId === id ? gateway.id : [])),
    stored: (frames) => mileage.service.stored(frames),
    changed: live.service.vehicleChanged,
    count: metrics.counter('kordon_history_total', 'Lines of history, by fate'),
  })
  // Known to history only: orders, zones and rules never hear of what a tracker that is not ours has said.
  const trackers = createTrackers({
    db,
    world,
    journal: ingest.journal,
    inSight: createParkStore(db).inSight,
    platesOf: createVehicleStore(db).platesOf,
    count: metrics.counter('kordon_trackers_total', 'Messages of third-party trackers, by fate'),
  })
  const mileage = createMileage({ db, inTransaction, world, history: history.frames, plateOf })
  const signer = createSignerClient({
    socketPath: config.signer.socketPath,
    onReach: (reach) => log.warn({ reach }, 'signer.reach'),
  })
  const accounts = createAccountStore(db)
  const vehicles: Vehicles = createVehicles({
    db,
    inTransaction,
    world,
    signer,
    accountOf: async (id) => {
      const account = await accounts.byId(id)
      return account && { id: account.id, name: account.login }
    },
    settings: {
      dataDir: config.dataDir,
      hosts: ownHosts(config),
      brokerDir: config.brokerDir,
      brokerUrls: () => gatewayBrokerUrls(config, brokerSeat.ports()),
      zoneName: REGION.name,
      sheet: config.mode === 'demo' ? 'welcome' : 'needed',
      grace: { longest: minutes(config.graceMaxHours * 60), afterCode: minutes(config.unlockGraceHours * 60) },
    },
    lastKnownOf: history.service.lastKnownOf,
    zoneOf: (ids) => zones.zoneOf(ids),
    idleOf: (ids) => company.idleOf(ids),
    surroundingsOf: (ids) => zones.surroundingsOf(ids),
    leaseFactsOf: (ids) => company.leaseFactsOf(ids),
    upkeepOf: (ids) => company.upkeepOf(ids),
    publish: createProbedPublish({ publish: brokerSeat.publish, clock, log }),
    disconnect: brokerSeat.disconnect,
    decided: audit.decided,
    neverBlockIn: (within, ids) => zones.neverBlockIn(within, ids),
    relayTested: (vehicle) => configurations.relayTested(vehicle),
    changed: live.service.orderChanged,
    alert: live.service.alert,
    registryChanged: live.registryChanged,
  })
  const zones = createZones({
    db,
    world,
    inTransaction,
    jobs,
    settings: async () => {
      const policy = await company.numbersOf('zoneExitFixes', 'zoneExitOf', 'zoneMarginM')
      return { exitFixes: policy('zoneExitFixes'), exitOf: policy('zoneExitOf'), marginM: policy('zoneMarginM') }
    },
    states: config.brokerUrl === undefined ? 'own' : 'shared',
    lines: () =>
      vehicles.fleet.gateways().flatMap(({ state, vehicleId, online, statusAt: changedAt }) => {
        const isKnown = state === 'active' && online !== null && changedAt !== null
        return isKnown ? [{ vehicleId, online, changedAt }] : []
      }),
    emit: (event, within) => company.emit(event, within),
    vehicleOf: vehicles.fleet.vehicleOf,
    changed: live.service.vehicleChanged,
    alert: live.service.alert,
  })
  const configurations = createConfigurations({
    db,
    world,
    fleet: vehicles.fleet,
    sign: signer.signConfiguration,
    publish: brokerSeat.publish,
  })
  const company: Company = createCompany({
    config,
    db,
    inTransaction,
    world,
    jobs,
    live: live.service,
    may: access.service.rightsOf,
    metrics,
    signer,
    vehicles,
    zones,
    history,
    mileage,
    witness: audit.service.tell,
  })
  for (const [name, loop] of Object.entries(vehicles.sole)) jobs.alone(name, loop)
  const projections = [
    { projection: configurations.projection, rewinds: true },
    ...history.projections,
    { projection: zones.projection, rewinds: true },
    // These keep their own place in the database and need no rewinding here.
    ...vehicles.projections.map((projection) => ({ projection, rewinds: false })),
  ]

  metrics.gauge('kordon_live_readers', 'Readers of the live feed', live.service.readers)
  metrics.gauge(
    'kordon_gateways_online',
    'Gateways that say they are connected',
    () => vehicles.fleet.gateways().filter((gateway) => gateway.online === true).length,
  )
  for (const { name } of projections.map(({ projection }) => projection))
    metrics.gauge(
      `kordon_projection_${name.replaceAll('-', '_')}_lag`,
      `Journal entries not yet in ${name}`,
      () => ingest.journal.head() - ingest.journal.cursor(name),
    )

  const personal = createPersonalService({
    world,
    db,
    traces: createTraceStore(db),
    drivers: company.drivers,
    audit: audit.service,
    settings: createAccessStore(db),
  })
  const quarantine = createQuarantineService({
    journal: ingest.journal,
    log,
    seen: async (parks, gateways) => {
      const placed = gateways.flatMap((gateway) => {
        const vehicle = vehicles.fleet.vehicleNow(gateway) ?? trackers.service.vehicleOf(gateway, clock.now())
        return vehicle === undefined ? [] : [{ gateway, vehicle }]
      })
      const seen = await createParkStore(db).inSight(
        parks,
        placed.map(({ vehicle }) => vehicle),
      )
      return new Set(placed.flatMap(({ gateway, vehicle }) => (seen.has(vehicle) ? gateway : [])))
    },
  })
  const answers = createIdempotencyStore(db)
  const dependencies = [
    { name: 'sql', check: async () => void (await sql`select 1`.execute(db)) },
    {
      name: 'journal',
      check: async () => {
        ingest.journal.head()
        await checkRoom(config.dataDir)
      },
    },
    { name: 'broker', check: brokerSeat.check },
    // Without it nothing is signed, and everything else goes on: no reason to be taken out of service.
    { name: 'signer', weight: 'wanted' as const, check: async () => void (await signer.status()) },
    ...history.dependencies,
  ]
  const http = await createHttp({
    version,
    ownOrigins: ownOrigins(config),
    trustedProxies: config.trustedProxies,
    requestsPerMinute: config.requestsPerMinute,
    consoleDir: fileURLToPath(new URL('./console/dist', import.meta.url)),
    world,
    answers,
    findCaller: async (credentials) =>
      (await people.service.findCaller(credentials)) ?? company.driverSignIn.findCaller(credentials.session),
    reach: vehicles.reach,
    outOfSight: createStrangerStore(db),
    rights: { ...access.service, fieldsOf: access.service.rightsOf },
    witness: audit.service.tell,
    onAnswered: metrics.observeRequest,
    routes: [
      ...people.routes,
      access.routes,
      audit.routes,
      createPersonalRoutes(personal),
      ...vehicles.routes,
      ...company.routes,
      configurations.routes,
      createQuarantineRoutes(quarantine, config.instance),
      ...history.routes,
      mileage.routes,
      ...trackers.routes,
      ...zones.routes,
      live.routes,
      createHealthRoutes({ metrics, clock, version, dependencies }),
    ],
  })
  const tidying = [
    { name: 'sessions', forget: people.forgetExpired },
    { name: 'driver-codes', forget: company.driverSignIn.forgetOld },
    { name: 'words', forget: personal.forgetOld },
    { name: 'answers', forget: () => answers.forgetOld(clock.now()) },
  ]
  const ears: BrokerEars = {
    ingest: ingest.service,
    credentials: vehicles.fleet,
    phones: trackers.phones,
    onStatus: (gateway, status) => {
      vehicles.fleet.onStatus(gateway, status).catch((err: unknown) => log.error({ err, gateway }, 'status.not-kept'))
    },
    onEnded: (ends) => vehicles.fleet.onEnded(ends),
    count: metrics.counter('kordon_broker_total', 'What the broker refused or noticed'),
  }

  let identity: ServerIdentity | undefined
  return {
    http,
    open: async () => {
      await createMigrationService({ inTransaction, clock, log }).migrate()
      await audit.open()
      identity = await vehicles.open(ingest.journal)
      await trackers.service.refresh()
      if (config.databaseUrl === undefined) ingest.rewind(projections)
      await zones.open()
      await Promise.all([answered(signer, world), jobs.open()])
      await company.open()
      if (config.mode === 'demo') {
        await people.service.ensureAccounts(demoAccounts())
        await registerDemoApprovers(signer, accounts, world)
      } else await people.service.disableKnown(demoAccounts())
    },
    start: async () => {
      if (identity === undefined) throw new Error('open the cloud before starting it')
      if (config.brokerUrl === undefined) await vehicles.fleet.forgetOnline()
      const broker = createBroker(config, identity, ears, world)
      broker.onGatewayConnected((gateway) => {
        ingest.service.gatewayConnected(gateway)
        vehicles.gatewayConnected(gateway)
        configurations.gatewayConnected(gateway)
      })
      await broker.start()
      brokerSeat.take(broker)
      await http.listen({ host: config.host, port: config.httpPort })
      const address = http.server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      return { url: consoleUrl(config, port), mqtt: brokerSeat.ports(), setupToken: await people.service.openSetup() }
    },
    run: async (stop) => {
      const loops = [
        audit.loop,
        ...ingest.loops(projections),
        ...vehicles.loops,
        configurations.loop,
        live.loop,
        ...history.loops,
        mileage.loop,
        trackers.loop,
      ]
      await Promise.all([
        ...loops.map((loop) => loop(stop)),
        jobs.run(stop),
        runTidyLoop({ clock, log, tasks: tidying }, stop),
      ])
    },
    close: async () => {
      live.service.close()
      await http.close()
      await brokerSeat.close()
      history.close()
      vehicles.close()
      audit.close()
      signer.close()
      await jobs.close()
      ingest.missing.close()
      ingest.journal.close()
      await postgres.close()
    },
  }
}

const SIGNER_PATIENCE = seconds(10)

/** The signer is usually being started beside us. One that never comes does not keep the cloud from starting. */
async function answered(signer: SignerClient, { clock, log }: World): Promise<void> {
  const until = clock.steady() + SIGNER_PATIENCE
  const never = new AbortController().signal
  for (;;) {
    try {
      await signer.keys()
      return
    } catch (err) {
      if (clock.steady() < until) await clock.sleep(millis(50), never)
      else return log.error({ err }, 'signer.silent')
    }
  }
}

/** In the demo two persons can be tried at once. */
async function registerDemoApprovers(signer: SignerClient, accounts: AccountStore, { log }: World): Promise<void> {
  try {
    for (const login of ['owner', 'head']) {
      const account = await accounts.byLogin(login)
      if (account !== undefined) await signer.addApprover({ id: account.id, name: login, by: 'demo' })
    }
  } catch (err) {
    log.warn({ err }, 'signer.no-demo-approvers')
  }
}
