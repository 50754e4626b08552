import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { VehicleId } from '#contract/ids.ts'
import { epochMs, millis, minutes, seconds } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { createAccessStore } from './access/access-store.ts'
import { createAccess } from './access/app.ts'
import { bracketed, gatewayBrokerUrls, ownHosts, ownOrigins, relyingParty } from './addresses.ts'
import { createAudit } from './audit/app.ts'
import { createYandexFleetClient } from './balances/yandex-fleet-client.ts'
import { readYandexKeys } from './balances/yandex-keys-store.ts'
import { createEmbeddedBroker } from './broker/app.ts'
import type { Broker, BrokerEars } from './broker/broker.ts'
import { createBrokerClient } from './broker/broker-client.ts'
import type { CloudConfig } from './config.ts'
import { createConfigurations } from './configurations/app.ts'
import { createDriverPage } from './driver-page/app.ts'
import { DriverId } from './drivers/driver.ts'
import { createVehicleStore } from './fleet/vehicle-store.ts'
import { createHistory } from './history/app.ts'
import { createHttp } from './http/app.ts'
import { createIdempotencyStore } from './http/idempotency-store.ts'
import { runTidyLoop } from './http/tidy-loop.ts'
import { createIdle } from './idle/app.ts'
import { createIngest } from './ingest/app.ts'
import { createQuarantineRoutes } from './ingest/quarantine-routes.ts'
import { createQuarantineService } from './ingest/quarantine-service.ts'
import { createInspections } from './inspections/app.ts'
import { vehicleInspection } from './inspections/inspection-view.ts'
import { createJobs } from './jobs/app.ts'
import { createLeasing } from './leases/app.ts'
import { holdHindrances } from './leases/hindrance.ts'
import { createLive } from './live/app.ts'
import { createMessages } from './messages/app.ts'
import { readChannelSettings } from './messages/channel-settings-store.ts'
import { createHealthRoutes } from './metrics/health-routes.ts'
import { createMetricsService } from './metrics/metrics-service.ts'
import { createMileage } from './mileage/app.ts'
import { createNumbers } from './numbers/app.ts'
import { createPapers } from './papers/app.ts'
import { createPaperStore } from './papers/paper-store.ts'
import { createParkStore } from './parks/park-store.ts'
import { type AccountStore, createAccountStore } from './people/account-store.ts'
import { createPeople, demoAccounts } from './people/app.ts'
import { createPersonalRoutes } from './personal/personal-routes.ts'
import { createPersonalService } from './personal/personal-service.ts'
import type { ServerIdentity } from './pki/pki-service.ts'
import { createPolicies } from './policies/app.ts'
import { createMigrationService } from './postgres/migration-service.ts'
import { createPostgres } from './postgres/postgres-client.ts'
import { createProcesses } from './processes/app.ts'
import { shippedCases } from './processes/cases-store.ts'
import { createHouseReads } from './processes/house-reads-store.ts'
import { createRules } from './rules/app.ts'
import { ruleTexts } from './rules/book/rule-text.ts'
import { createSubjectStore } from './rules/subject-store.ts'
import { upkeepFacts } from './rules/upkeep-facts.ts'
import { outageReads, zoneReads } from './rules/zone-reads.ts'
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
  const audit = createAudit({
    db,
    inTransaction,
    world,
    dataDir: config.dataDir,
    database: config.databaseUrl === undefined ? 'embedded' : 'outside',
    checkpointDir: config.auditDir,
    checkpointWebhook: config.auditWebhook,
  })
  const access = createAccess(db, world, config.mode)
  const people = createPeople({
    db,
    world,
    dataDir: config.dataDir,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    relyingParty: relyingParty(config),
    oidc: config.oidc,
    witness: audit.service.tell,
    secondFactorToBlock: access.service.secondFactorToBlock,
  })
  const live = createLive({
    world,
    vehicles: () => vehicles,
    findCaller: people.service.findCaller,
    databaseUrl: config.databaseUrl,
    heard: (vehicle) => vehicles.heardOf(vehicle),
  })
  const yandexParks = config.yandexKeysFile === undefined ? [] : readYandexKeys(config.yandexKeysFile)
  const leasing = createLeasing({
    db,
    inTransaction,
    world,
    jobs,
    sources: yandexParks.map((park) => createYandexFleetClient(park, { clock })),
    promisePolicy: () => promisePolicy(),
    changed: live.service.vehicleChanged,
    hindrancesOf: async (vehicle, step) => {
      const sentences = await papers.service.hindrancesOf(vehicle)
      if (step === 'handing-back') return sentences
      const known = (await vehicles.holds.situationsOf([vehicle])).get(vehicle)
      return [...sentences, ...holdHindrances(known?.holds ?? [])]
    },
    happened: async (events) => {
      for (const event of events) await rules.onLeasing(event)
    },
  })
  const policies = createPolicies({ db, inTransaction, world, changed: () => rules.lookAgain() })
  const numberOf = async (name: string): Promise<number> => Number((await policies.service.get(name)).value)
  const promisePolicy = async () => ({
    every: millis(await numberOf('promiseEvery')),
    longest: millis(await numberOf('promiseTime')),
    mostKopecks: await numberOf('promiseMax'),
  })
  const papers = createPapers({
    db,
    inTransaction,
    world,
    days: async () => ({ warnDays: await numberOf('papersWarnDays'), issueDays: await numberOf('papersIssueDays') }),
    inSight: createParkStore(db).inSight,
    changed: live.service.vehicleChanged,
  })
  const inspections = createInspections({
    db,
    inTransaction,
    world,
    jobs,
    drivenOf: async (ids) => {
      const [known, paces] = await Promise.all([history.service.lastKnownOf(ids), mileage.service.paceOf(ids)])
      return new Map(
        ids.map((id) => [id, { odometerKm: known.get(id)?.odometerKm ?? undefined, kmPerDay: paces.get(id) }]),
      )
    },
    grace: async () => ({ km: await numberOf('inspectionGraceKm'), days: await numberOf('inspectionGraceDays') }),
    happened: async ({ name, vehicleId }) => {
      live.service.vehicleChanged(vehicleId)
      if (name === 'inspection.booked') return
      const value = (await inspections.service.standingsOf([vehicleId])).get(vehicleId)?.postponed ?? null
      await rules.factChanged({ kind: 'vehicle', id: vehicleId, field: 'postponed', value, about: { vehicleId } })
    },
  })
  const idle = createIdle({ db, inTransaction, world, jobs, changed: live.service.vehicleChanged })
  const numbers = createNumbers({
    db,
    world,
    jobs,
    stretchesOf: idle.service.stretchesOf,
    overdueInspections: async (parks) => {
      const { items } = await inspections.service.list({ parks, states: ['overdue', 'critical'], limit: 10_000 })
      return items.map(({ vehicleId, state }) => ({ vehicleId, note: state }))
    },
  })
  const history = createHistory({
    config,
    postgres,
    world,
    vehicleOf: (source, at) => vehicles.fleet.vehicleOf(source, at) ?? trackers.service.vehicleOf(source, at),
    plateOf: async (id) => (await createVehicleStore(db).find(id))?.plate,
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
  const mileage = createMileage({ db, inTransaction, world, history: history.frames })
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
      grace: { longest: minutes(config.graceMaxHours * 60), afterCode: minutes(config.unlockGraceHours * 60) },
    },
    lastKnownOf: history.service.lastKnownOf,
    zoneOf: (ids) => zones.zoneOf(ids),
    idleOf: idle.service.openOf,
    surroundingsOf: (ids) => zones.surroundingsOf(ids),
    leaseFactsOf: leasing.leaseFactsOf,
    upkeepOf: async (ids) => {
      const [visits, standings] = await Promise.all([
        inspections.service.standingsOf(ids),
        papers.service.standingsOf(ids),
      ])
      return new Map(
        ids.map((id) => {
          const visit = visits.get(id)
          return [
            id,
            { inspection: visit === undefined ? null : vehicleInspection(visit), papers: standings.get(id) ?? [] },
          ]
        }),
      )
    },
    publish: brokerSeat.publish,
    disconnect: brokerSeat.disconnect,
    decided: audit.decided,
    neverBlockIn: (within, ids) => zones.neverBlockIn(within, ids),
    relayTested: (vehicle) => configurations.relayTested(vehicle),
    changed: live.service.orderChanged,
    alert: live.service.alert,
  })
  const zones = createZones({
    db,
    world,
    inTransaction,
    jobs,
    settings: async () => ({
      exitFixes: await numberOf('zoneExitFixes'),
      exitOf: await numberOf('zoneExitOf'),
      marginM: await numberOf('zoneMarginM'),
    }),
    states: config.brokerUrl === undefined ? 'own' : 'shared',
    lines: () =>
      vehicles.fleet.gateways().flatMap(({ state, vehicleId, online, statusAt: changedAt }) => {
        const isKnown = state === 'active' && online !== null && changedAt !== null
        return isKnown ? [{ vehicleId, online, changedAt }] : []
      }),
    emit: (event, within) => rules.emit(event, within),
    vehicleOf: vehicles.fleet.vehicleOf,
    changed: live.service.vehicleChanged,
    alert: live.service.alert,
  })
  const countVerdict = metrics.counter('kordon_rules_total', 'Evaluations of rules, by verdict')
  const rules = createRules({
    db,
    inTransaction,
    world,
    jobs,
    policies,
    holds: vehicles.holds,
    inSight: createParkStore(db).inSight,
    // Not known is as good as stopped: the hold is tried again in a minute.
    automatic: async (reason) => {
      if (reason === 'zone' && config.zoneHolds === 'off') return 'stopped'
      const status = await signer.status().catch(() => undefined)
      return status?.switch.mode === 'running' ? 'running' : 'stopped'
    },
    count: (verdict) => countVerdict(verdict, 1),
  })
  const channels = config.messagesFile === undefined ? {} : readChannelSettings(config.messagesFile)
  const messages = createMessages({
    db,
    inTransaction,
    world,
    jobs,
    settings: channels,
    mode: config.mode,
    publicUrl: config.publicUrl,
    changed: live.service.vehicleChanged,
  })
  messages.joinRules(rules.ports)
  const driverPage = createDriverPage({
    db,
    inTransaction,
    world,
    leases: leasing.leases,
    ledger: leasing.ledger,
    balances: leasing.balances,
    holds: vehicles.holds,
    inspections: inspections.service,
    papers: papers.service,
    unlock: vehicles.unlock,
    send: messages.service.send,
    emit: rules.emit,
    alert: live.service.alert,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    support: channels.supportPhone,
    payUrl: channels.payUrl,
    policy: async () => ({
      minKopecks: await numberOf('minBalance'),
      balanceMaxAge: millis(await numberOf('balanceMaxAge')),
      maxPostpones: await numberOf('maxPostpones'),
      unlock: (await policies.service.get('driverUnlockCode')).value === 'yes' ? 'yes' : 'no',
      unlockEvery: millis(await numberOf('driverUnlockEvery')),
      promise: await promisePolicy(),
    }),
  })
  rules.ports.facts('vehicle', async (ids) => {
    const own = ids.flatMap((id) => VehicleId.safeParse(id).data ?? [])
    const [visits, dates, known] = await Promise.all([
      inspections.service.standingsOf(own),
      papers.service.untilOf(own),
      history.service.lastKnownOf(own),
    ])
    return new Map(
      own.map((id) => {
        const seen = known.get(id)
        const odometer =
          seen === undefined || seen.odometerKm === null ? undefined : { km: seen.odometerKm, readAt: seen.readAt }
        return [id, upkeepFacts({ visit: visits.get(id), papers: { ...dates.get(id) }, odometer })]
      }),
    )
  })
  rules.ports.read('zone_state', zoneReads(zones.trustedIn))
  rules.ports.read('area_outage', outageReads(zones.areaOutageOf))
  rules.ports.permit('leave_zone', zones.leavePermit)
  const processes = createProcesses({
    db,
    inTransaction,
    world,
    jobs,
    outside: (tx) =>
      createHouseReads(tx, {
        now: clock.now,
        zoneOf: (ids) => zones.trustedViews(ids, tx),
        zoneId: REGION.id,
        areaOutageOf: zones.areaOutageOf,
        papersOf: (ids) => createPaperStore(tx).inForceOf(ids),
        shiftsOf: (ids) => createSubjectStore(tx).shifts(ids),
        relayTested: (vehicle) => configurations.relayTested(vehicle),
      }),
    ports: {
      sendMessage: messages.processMessage,
      hold: async ({ place, lift, holdKey, vehicle }) => {
        const reason = HoldReason.parse(place ?? lift)
        const query = {
          vehicleId: VehicleId.parse(vehicle),
          reason,
          ...(holdKey === undefined ? {} : { key: holdKey }),
        }
        const said = {
          note: 'Процесс карточки',
          by: { kind: 'rule', id: 'process', name: 'Процесс карточки' } as const,
        }
        if (place === undefined) await vehicles.holds.liftReason({ ...query, ...said })
        else await vehicles.holds.place({ ...query, ...said, ruleVersion: '1' })
      },
      rules: ({ id, name, at, payload, subject }) =>
        rules.emit({
          id,
          name,
          at: epochMs(at),
          payload,
          about: {
            vehicleId: VehicleId.safeParse(subject['vehicle']).data,
            driverId: DriverId.safeParse(subject['driver']).data,
            subject: subject['card'] === undefined ? undefined : `card:${subject['card']}`,
          },
        }),
    },
    may: access.service.rightsOf,
    policy: policies.service.facts,
    shipped: shippedCases(),
    changed: live.service.cardChanged,
  })
  processes.hangOn(rules.ports)
  rules.adopt(shippedCases())
  // Rules of the cases make cards and tasks and hold no car: there is nothing to watch first.
  const caseRules = new Set(ruleTexts(shippedCases()).rules.map(({ id }) => id))
  const configurations = createConfigurations({
    db,
    world,
    fleet: vehicles.fleet,
    sign: signer.signConfiguration,
    publish: brokerSeat.publish,
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
    drivers: leasing.drivers,
    audit: audit.service,
    settings: createAccessStore(db),
  })
  const quarantine = createQuarantineService({
    journal: ingest.journal,
    log,
    seen: async (parks, gateways) => {
      const placed = gateways.flatMap((gateway) => {
        const vehicle = vehicles.fleet.vehicleNow(gateway)
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
    { name: 'journal', check: async () => void ingest.journal.head() },
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
      (await people.service.findCaller(credentials)) ?? driverPage.signIn.findCaller(credentials.session),
    reach: vehicles.reach,
    rights: access.service,
    witness: audit.service.tell,
    onAnswered: metrics.observeRequest,
    routes: [
      ...people.routes,
      access.routes,
      audit.routes,
      createPersonalRoutes(personal),
      ...vehicles.routes,
      ...leasing.routes,
      numbers.routes,
      idle.routes,
      ...inspections.routes,
      papers.routes,
      messages.routes,
      ...driverPage.routes,
      policies.routes,
      ...rules.routes,
      ...processes.routes,
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
    { name: 'driver-codes', forget: driverPage.signIn.forgetOld },
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
      await Promise.all([answered(signer, world), jobs.open(), leasing.open()])
      // In the demo the rules are at work from the first minute; elsewhere they are watched first.
      await rules.open((rule) =>
        config.mode === 'demo' || caseRules.has(rule) || (rule.startsWith('zone_') && config.zoneHolds === 'on')
          ? 'acting'
          : 'shadow',
      )
      await processes.open()
      if (config.mode === 'demo') {
        await people.service.ensureAccounts(demoAccounts())
        await registerDemoApprovers(signer, accounts, world)
      } else await people.service.disableKnown(demoAccounts())
    },
    start: async () => {
      if (identity === undefined) throw new Error('open the cloud before starting it')
      const broker = createBroker(config, identity, ears, world)
      broker.onGatewayConnected((gateway) => {
        ingest.service.gatewayConnected(gateway)
        vehicles.gatewayConnected(gateway)
        configurations.gatewayConnected(gateway)
      })
      await broker.start()
      brokerSeat.take(broker)
      await http.listen({ host: config.host, port: config.httpPort })
      return { url: addressOf(http, config), mqtt: brokerSeat.ports(), setupToken: await people.service.openSetup() }
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

type StartedBroker = Broker & { ports?(): Ports }

/** The broker's place: it is made at start, when the server certificate is known, and others hold on to its seat. */
function createBrokerSeat() {
  let broker: StartedBroker | undefined
  const seated = (): StartedBroker => {
    if (broker === undefined) throw new Error('the broker has not been started')
    return broker
  }
  return {
    take: (started: StartedBroker): void => {
      broker = started
    },
    publish: (async (topic, payload, options) => seated().publish(topic, payload, options)) satisfies Broker['publish'],
    disconnect: ((gateway) => broker?.disconnect(gateway)) satisfies Broker['disconnect'],
    ports: (): Ports => broker?.ports?.() ?? { plain: undefined, tls: undefined },
    check: async (): Promise<void> => void seated(),
    close: async (): Promise<void> => broker?.close(),
  }
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

/** The address to give to people: the public one, else where we really listen. */
function addressOf(http: FastifyInstance, { publicUrl, host }: CloudConfig): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin
  const address = http.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${bracketed(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)}:${port}`
}
