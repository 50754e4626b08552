// Long on purpose: it only names who is given what; taken apart, the order in which slices need one another would be hidden.
import { VehicleId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import { createAggregator } from '../aggregator/app.ts'
import type { AuditWord } from '../audit/entry.ts'
import { createYandexFleetClient } from '../balances/yandex-fleet-client.ts'
import { readYandexKeys } from '../balances/yandex-keys-store.ts'
import { createCalls } from '../calls/app.ts'
import { readExchangeSettings } from '../calls/exchange-settings-store.ts'
import { createClientPage } from '../client-page/app.ts'
import type { CloudConfig } from '../config.ts'
import { createDriverPage } from '../driver-page/app.ts'
import { createDriverStore } from '../drivers/driver-store.ts'
import { placesOf } from '../expressions/place.ts'
import { createFineRoutes } from '../fines/fine-routes.ts'
import { createFineService } from '../fines/fine-service.ts'
import { createFineStore } from '../fines/fine-store.ts'
import type { History } from '../history/app.ts'
import { createIdle } from '../idle/app.ts'
import { createInbox } from '../inbox/app.ts'
import { createInspections } from '../inspections/app.ts'
import { vehicleInspection } from '../inspections/inspection-view.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { createLeasing } from '../leases/app.ts'
import { holdHindrances } from '../leases/hindrance.ts'
import type { LiveService } from '../live/live-service.ts'
import { createMessages } from '../messages/app.ts'
import { readChannelSettings } from '../messages/channel-settings-store.ts'
import type { MetricsService } from '../metrics/metrics-service.ts'
import type { MileageHouse } from '../mileage/app.ts'
import { createNumbers } from '../numbers/app.ts'
import { createPapers } from '../papers/app.ts'
import { createPaperStore } from '../papers/paper-store.ts'
import { createParkStore } from '../parks/park-store.ts'
import { createAccountStore } from '../people/account-store.ts'
import type { Notice } from '../people/notice-service.ts'
import { createPolicies } from '../policies/app.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import { createProcesses } from '../processes/app.ts'
import { shippedCases } from '../processes/cases-store.ts'
import type { May } from '../processes/desk/may.ts'
import { createHouseReads } from '../processes/house-reads-store.ts'
import { createHouseRecordStore } from '../processes/house-record-store.ts'
import { createInboxStore as createEventStore } from '../processes/inbox/inbox-store.ts'
import { createRoistat } from '../roistat/app.ts'
import { readRoistatSettings } from '../roistat/roistat-settings-store.ts'
import { createRules } from '../rules/app.ts'
import { ruleTexts } from '../rules/book/rule-text.ts'
import { grantAction } from '../rules/grant-action.ts'
import { createSubjectStore } from '../rules/subject-store.ts'
import { upkeepFacts } from '../rules/upkeep-facts.ts'
import { outageReads, zoneReads } from '../rules/zone-reads.ts'
import type { SignerClient } from '../signer/signer-client.ts'
import { createSources } from '../sources/app.ts'
import { differenceSentence } from '../sources/paper-answer.ts'
import { readSources } from '../sources/source-file-store.ts'
import type { Vehicles, VehiclesParts } from '../vehicles/app.ts'
import type { World } from '../world.ts'
import { REGION, type Zones } from '../zones/app.ts'
import { createCardDeeds } from './card-deeds.ts'
import { createPermits } from './permits.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly config: CloudConfig
  readonly world: World
  readonly jobs: Jobs
  readonly live: LiveService
  /** What a caller may see and do at the desk. */
  readonly may: May
  readonly metrics: Pick<MetricsService, 'counter'>
  readonly signer: Pick<SignerClient, 'status'>
  readonly vehicles: Pick<Vehicles, 'holds' | 'unlock' | 'graces'>
  readonly zones: Zones
  readonly history: Pick<History, 'service'>
  readonly mileage: Pick<MileageHouse, 'service'>
  readonly witness: (words: readonly AuditWord[]) => Promise<void>
}

/**
 * Wires what the company lives by: drivers, leases and money, papers, inspections, idle cars, the rules about them, the words
 * sent to people and the processes. Starts nothing.
 */
export function createCompany(parts: Parts) {
  const { config, db, inTransaction, world, jobs, live, metrics, signer, vehicles, zones, history, mileage } = parts
  const { clock } = world
  const cases = shippedCases(config.cases)
  const yandexParks = config.yandexKeysFile === undefined ? [] : readYandexKeys(config.yandexKeysFile)
  const leasing = createLeasing({
    db,
    inTransaction,
    world,
    jobs,
    sources: yandexParks.map((park) => createYandexFleetClient(park, { clock })),
    promisePolicy: () => promisePolicy(),
    changed: live.vehicleChanged,
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
  const { numbersOf } = policies.service
  const promisePolicy = async () => {
    const policy = await numbersOf('promiseEvery', 'promiseTime', 'promiseMax')
    const [every, longest] = [millis(policy('promiseEvery')), millis(policy('promiseTime'))]
    return { every, longest, mostKopecks: policy('promiseMax') }
  }
  const papers = createPapers({
    db,
    inTransaction,
    world,
    days: async () => {
      const policy = await numbersOf('papersWarnDays', 'papersIssueDays')
      return { warnDays: policy('papersWarnDays'), issueDays: policy('papersIssueDays') }
    },
    inSight: createParkStore(db).inSight,
    changed: live.vehicleChanged,
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
    grace: async () => {
      const policy = await numbersOf('inspectionGraceKm', 'inspectionGraceDays')
      return { km: policy('inspectionGraceKm'), days: policy('inspectionGraceDays') }
    },
    happened: async ({ name, id, at, vehicleId }) => {
      live.vehicleChanged(vehicleId)
      if (name === 'inspection.booked') return
      const value = (await inspections.service.standingsOf([vehicleId])).get(vehicleId)?.postponed ?? null
      await rules.factChanged({ kind: 'vehicle', id: vehicleId, field: 'postponed', value, about: { vehicleId } })
      if (name === 'inspection.finished') await rules.emit({ id, name, at, payload: {}, about: { vehicleId } })
    },
  })
  const idle = createIdle({ db, inTransaction, world, jobs, changed: live.vehicleChanged })
  const numbers = createNumbers({
    db,
    world,
    jobs,
    stretchesOf: idle.service.stretchesOf,
    standingsOf: async (ids) =>
      new Map([...(await idle.service.openOf(ids))].map(([id, { standing }]) => [id, standing])),
    placesOf: async (ids) => {
      const [around, sides] = await Promise.all([zones.surroundingsOf(ids), zones.trustedViews(ids, db)])
      return new Map(
        ids.map((id) => [id, { parking: around.get(id)?.parking ?? null, inside: sides.get(id)?.inside ?? null }]),
      )
    },
    overdueInspections: async (parks) => {
      const { items } = await inspections.service.list({ parks, states: ['overdue', 'critical'], limit: 10_000 })
      return items.map(({ vehicleId, state }) => ({ vehicleId, note: state }))
    },
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
    changed: live.vehicleChanged,
    askToCall: ({ key, driverId, vehicleId, text }) =>
      rules.emit({
        id: key,
        name: 'message.to_call',
        at: clock.now(),
        payload: { text },
        about: { driverId, vehicleId },
      }),
  })
  messages.joinRules(rules.ports)
  const aggregator = createAggregator({
    db,
    world,
    parks: yandexParks,
    minKopecks: async () => (await numbersOf('minBalance'))('minBalance'),
    stopped: (driverId, at) =>
      rules.emit({ id: `orders ${driverId} ${at}`, name: 'orders.stopped', at, payload: {}, about: { driverId } }),
  })
  aggregator.joinRules(rules.ports)
  const permits = createPermits({
    inTransaction,
    zones,
    ledger: leasing.ledger,
    graces: vehicles.graces,
    driverStore: createDriverStore,
    policy: policies.service.factsWithin,
  })
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
    asksReturn: async (driver, vehicle, at) => {
      const wish = { event: 'driver.asked_return', payload: {}, happenedAt: at, about: { driver, vehicle } }
      await createEventStore(db).take('inbox', { ...wish, key: `return ${driver} ${at}` }, at)
    },
    drives: {
      given: async () =>
        (await rules.book.standing()).some(
          ({ compiled, mode }) => compiled.id === 'drive_to_park' && mode === 'acting',
        ),
      used: zones.driveUsed,
    },
    alert: live.alert,
    witness: parts.witness,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    support: channels.supportPhone,
    payUrl: channels.payUrl,
    policy: async () => {
      const policy = await numbersOf('minBalance', 'balanceMaxAge', 'maxPostpones', 'driverUnlockEvery')
      return {
        minKopecks: policy('minBalance'),
        balanceMaxAge: millis(policy('balanceMaxAge')),
        maxPostpones: policy('maxPostpones'),
        unlock: (await policies.service.get('driverUnlockCode')).value === 'yes' ? 'yes' : 'no',
        unlockEvery: millis(policy('driverUnlockEvery')),
        promise: await promisePolicy(),
      }
    },
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
  rules.ports.permit('drive_to_park_used', zones.driveUsed)
  const calls = createCalls({
    db,
    world,
    jobs,
    settings: config.exchangeFile === undefined ? undefined : readExchangeSettings(config.exchangeFile),
  })
  const fines = createFineService({
    fines: createFineStore(db),
    post: leasing.ledger.post,
    now: clock.now,
    unclear: ({ fine: { no, plate, amount, article }, vehicleId, why }) =>
      rules.emit({
        id: `fine ${no}`,
        name: 'fine.unclear',
        at: clock.now(),
        payload: {
          amount,
          what: [`Штраф ${no}`, plate, article].filter((part) => part !== undefined).join(', '),
          why,
          ...(vehicleId === undefined ? {} : { vehicle: vehicleId }),
        },
        about: { vehicleId },
      }),
  })
  const clientPage = createClientPage({
    db,
    inTransaction,
    world,
    jobs,
    publicUrl: config.publicUrl,
    processes: () => processes,
    witness: parts.witness,
  })
  const tell = createEventStore(db).take
  const sources = createSources({
    db,
    world,
    jobs,
    described: config.sourcesFile === undefined ? undefined : readSources(config.sourcesFile, config.sourceSecretsFile),
    papers: papers.service,
    inSight: createParkStore(db).inSight,
    take: async (incoming) => (await tell('fine', incoming, clock.now())) !== undefined,
    differs: async (difference) => {
      const { vehicleId, kind, source, said, onRecord } = difference
      const key = `paper ${vehicleId} ${kind} ${source} ${said} ${onRecord}`
      const payload = { what: differenceSentence(difference) }
      await tell(
        'inbox',
        { event: 'papers.differ', key, payload, happenedAt: clock.now(), about: { vehicle: vehicleId } },
        clock.now(),
      )
    },
  })
  const deeds = createCardDeeds({ holds: vehicles.holds, fines, messages: messages.service, rules, log: world.log })
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
        promisesOf: (ids, at) => createSubjectStore(tx).promises(ids, at),
        records: createHouseRecordStore(tx),
      }),
    ports: {
      sendMessage: messages.processMessage,
      screen: live.screen,
      telephony: calls.telephony,
      grant: permits.ofCards,
      // What sources say of papers is on record by the time a process asks: a daily job has asked them.
      call: async (wish) => (wish.port === 'papers' ? {} : aggregator.call(wish)),
      hold: deeds.hold,
      rules: deeds.tellRules,
    },
    calls,
    beside: {
      calls: calls.ofCard,
      messages: messages.ofCard,
      letters: (caller, card, page) => inbox.ofCard(caller, card, page),
    },
    publicUrl: config.publicUrl,
    clientAddress: (tx, client) => clientPage.service.linkFor(tx, client, 'Кордон'),
    may: parts.may,
    // Where cars may be and whose applications are taken is one thing, and said once: the zone of work.
    policy: async () => ({ ...(await policies.service.facts()), serviceArea: placesOf(REGION.regions) }),
    shipped: cases,
    changed: live.cardChanged,
  })
  const inbox = createInbox({
    db,
    inTransaction,
    world,
    jobs,
    settings: channels,
    personOf: async (id) => {
      const account = await createAccountStore(db).byId(id)
      return account && { id: account.id, name: account.name }
    },
    carryOut: processes.effects.carryOut,
  })
  if (config.roistatFile !== undefined)
    createRoistat({
      db,
      world,
      jobs,
      settings: readRoistatSettings(config.roistatFile),
      active: processes.service.active,
    })
  processes.hangOn(rules.ports)
  // After the cards have hung in theirs: a permit is given by the slice that keeps it.
  rules.ports.action('grant', grantAction(permits.ofRules))
  rules.adopt(cases)
  // Rules of the cases make cards and tasks and hold no car: there is nothing to watch first.
  const caseRules = new Set(ruleTexts(cases).rules.map(({ id }) => id))

  const upkeepOf: VehiclesParts['upkeepOf'] = async (ids) => {
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
  }

  return {
    drivers: leasing.drivers,
    leaseFactsOf: leasing.leaseFactsOf,
    idleOf: idle.service.openOf,
    upkeepOf,
    emit: rules.emit,
    /** The value in force of a policy that is a number. Rejects for a name that is none. */
    numbersOf,
    driverSignIn: driverPage.signIn,
    /** A message to somebody who signs in, about the own account. */
    notify: ({ to, login, change, key }: Notice): Promise<void> =>
      inTransaction((within) =>
        messages.service.send(within, {
          message: 'account_changed',
          to: { phone: to },
          facts: { account: { login, change } },
          via: ['sms'],
          key,
        }),
      ),
    routes: [
      ...leasing.routes,
      numbers.routes,
      idle.routes,
      ...inspections.routes,
      papers.routes,
      ...messages.routes,
      ...driverPage.routes,
      policies.routes,
      ...rules.routes,
      ...processes.routes,
      ...calls.routes,
      ...inbox.routes,
      ...clientPage.routes,
      sources.routes,
      createFineRoutes({ fines, isInSight: createFineStore(db).isInSight }),
    ],
    /** After the migrations and the zones. */
    open: async (): Promise<void> => {
      await leasing.open()
      // In the demo the rules are at work from the first minute; elsewhere they are watched first.
      await rules.open((rule) =>
        config.mode === 'demo' || caseRules.has(rule) || (rule.startsWith('zone_') && config.zoneHolds === 'on')
          ? 'acting'
          : 'shadow',
      )
      await processes.open()
    },
  }
}

export type Company = ReturnType<typeof createCompany>
