import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { minutes, seconds } from '#contract/instant.ts'
import { createBalanceRoutes } from '../balances/balance-routes.ts'
import { type BalanceService, createBalanceService } from '../balances/balance-service.ts'
import type { BalanceSource } from '../balances/balance-source.ts'
import { createBalanceStore } from '../balances/balance-store.ts'
import { createLedgerBalanceStore } from '../balances/ledger-balance-store.ts'
import { type ChargeService, createChargeService } from '../charges/charge-service.ts'
import type { DriverId } from '../drivers/driver.ts'
import { createDriverRoutes } from '../drivers/driver-routes.ts'
import { createDriverService, type DriverService } from '../drivers/driver-service.ts'
import { createDriverStore } from '../drivers/driver-store.ts'
import { createVehicleStore } from '../fleet/vehicle-store.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { driverAccount } from '../ledger/account.ts'
import { createLedgerRoutes } from '../ledger/ledger-routes.ts'
import { createLedgerService, type LedgerService } from '../ledger/ledger-service.ts'
import { createLedgerStore } from '../ledger/ledger-store.ts'
import { createMoneyRoutes } from '../ledger/money-routes.ts'
import { mergePosting } from '../ledger/posting.ts'
import type { PromisePolicy } from '../ledger/promise.ts'
import { createPromiseRoutes } from '../ledger/promise-routes.ts'
import { createPromiseStore } from '../ledger/promise-store.ts'
import { type Statement, statementOf } from '../ledger/statement.ts'
import { createStatementPrintStore } from '../ledger/statement-print-store.ts'
import { createStatementRoutes, type MakeStatement } from '../ledger/statement-routes.ts'
import { createParkStore } from '../parks/park-store.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { createShiftRoutes } from '../shifts/shift-routes.ts'
import { createShiftService } from '../shifts/shift-service.ts'
import { createShiftStore } from '../shifts/shift-store.ts'
import { writeXlsx } from '../spreadsheet/xlsx-client.ts'
import type { World } from '../world.ts'
import { type LeaseFacts, leaseFacts } from './lease-facts.ts'
import { createLeaseRoutes } from './lease-routes.ts'
import { createLeaseService, type LeaseService } from './lease-service.ts'
import { createLeaseStore } from './lease-store.ts'
import type { NamesFor } from './lease-view.ts'
import { LeasingEvent } from './leasing-event.ts'

export type LeasingParts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every' | 'work' | 'send'>
  /** Besides our own ledger. */
  readonly sources: readonly BalanceSource[]
  /** Asked at each promise. */
  readonly promisePolicy?: () => Promise<PromisePolicy>
  /** Why a vehicle is not to be handed out or back; nothing stands in the way where nobody looks. */
  readonly hindrancesOf?: Parameters<typeof createLeaseService>[0]['hindrancesOf']
  /** A vehicle's answer has changed: for the live feed. */
  changed(vehicle: VehicleId): void
  /** What has happened, once it is certain; told again when this rejects. */
  happened(events: readonly LeasingEvent[]): Promise<void>
}

export type Leasing = {
  readonly drivers: DriverService
  readonly leases: LeaseService
  readonly charges: Pick<ChargeService, 'chargeDue'>
  readonly ledger: LedgerService
  readonly balances: BalanceService
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Who answers for a vehicle, since when; undefined when nobody is known to. */
  shiftOf(vehicle: VehicleId): Promise<{ readonly driverId: DriverId; readonly since: number } | undefined>
  /** The running lease of a vehicle with its drivers. */
  leaseOf(vehicle: VehicleId): Promise<LeaseFacts['lease'] | undefined>
  /** What a vehicle's answer says of lease, driver and balance; vehicles under no lease are absent. */
  leaseFactsOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, LeaseFacts>>
  /** To be awaited after the migrations. */
  open(): Promise<void>
}

const PROMISES: PromisePolicy = { every: minutes(14 * 24 * 60), longest: minutes(72 * 60), mostKopecks: 1_500_000 }
const EVENTS = 'leasing.events'
/** Leases charged, and promises settled, in one go. */
const BATCH = 200
/** Lines of one statement. */
const MOST_LINES = 20_000

/** Wires drivers, leases, shifts, ledger and balances; starts nothing. */
export function createLeasing(parts: LeasingParts): Leasing {
  const { db, inTransaction, world, jobs } = parts
  const { clock } = world
  const emit = async (within: Db, events: readonly LeasingEvent[]): Promise<void> => {
    if (events.length > 0) await jobs.send(EVENTS, events, { db: within })
  }
  const base = { ...world, db, inTransaction, emit }

  const balances = createBalanceService({
    ...base,
    sources: [createLedgerBalanceStore(db, clock), ...parts.sources],
    balanceStore: createBalanceStore,
  })
  const ledger = createLedgerService({
    ...base,
    ledgerStore: createLedgerStore,
    promiseStore: createPromiseStore,
    promisePolicy: parts.promisePolicy ?? (async () => PROMISES),
    touched: balances.ledgerTouched,
    promiseChanged: (within, { id: promiseId, driverId, state, kopecks, untilAt }) =>
      emit(within, [{ name: 'promise.changed', driverId, promiseId, state, kopecks, untilAt }]),
  })
  const stores = { leaseStore: createLeaseStore, shiftStore: createShiftStore }
  const namesFor: NamesFor = async (vehicles, ids) => {
    const [plates, rows] = await Promise.all([
      createVehicleStore(db).platesOf(vehicles),
      createDriverStore(db).findAll(ids),
    ])
    return { plates, drivers: new Map(rows.map((row) => [row.id, row])) }
  }
  const charges = createChargeService({ ...base, ...stores, post: ledger.postWithin })
  const shifts = createShiftService({ ...base, ...stores, namesFor, changed: parts.changed })
  const leases = createLeaseService({
    ...base,
    ...stores,
    driverStore: createDriverStore,
    vehicleStore: createVehicleStore,
    namesFor,
    charged: charges.charged,
    endShift: shifts.end,
    changed: parts.changed,
    hindrancesOf: parts.hindrancesOf ?? (async () => []),
  })
  const drivers = createDriverService({
    ...base,
    driverStore: createDriverStore,
    balancesOf: balances.balancesOf,
    refChanged: balances.sourceChanged,
    moveBelongings: async (within, { from, into, by, at }) => {
      await leases.moveDriver(within, from.id, into.id, at)
      const own = driverAccount(from.id, from.parkId)
      const [account] = await createLedgerStore(within).accounts([own.code])
      if (account === undefined || account.kopecks === 0) return
      const moved = { driverId: from.id, into: into.id, parkId: from.parkId, kopecks: account.kopecks, at }
      const said = { key: `merge ${from.id}`, note: '', by: { kind: 'user' as const, id: by.id, name: by.name } }
      await ledger.postWithin(within, mergePosting({ ...moved, ...said }))
    },
  })

  const leaseFactsOf: Leasing['leaseFactsOf'] = async (vehicles) => {
    const standings = await leases.standingsOf(vehicles)
    const all = [...standings.values()]
    const ids = [...new Set(all.flatMap(({ parties }) => parties.map(({ driverId }) => driverId)))]
    const answering = all.flatMap(({ shift }) => (shift === undefined ? [] : [shift.driverId]))
    const store = createDriverStore(db)
    const [rows, phones, told] = await Promise.all([
      store.findAll(ids),
      store.mainPhonesOf(answering),
      balances.balancesOf(answering),
    ])
    const known = { drivers: new Map(rows.map((row) => [row.id, row])), phones, balances: told }
    return new Map(
      [...standings].map(([vehicle, { lease, parties, shift }]) => [vehicle, leaseFacts(lease, parties, shift, known)]),
    )
  }
  const statement: MakeStatement = async (whose, { from, to }, parks) => {
    const title = await titleOf(whose, parks)
    const { openingKopecks, lines } = await ledger.statement(whose, from, to, MOST_LINES + 1)
    if (lines.length > MOST_LINES) throw new Fault('history/range', 'too many lines: choose a shorter time')
    return statementOf({ title, from, to, openingKopecks }, lines) satisfies Statement
  }
  const titleOf = async (whose: Parameters<MakeStatement>[0], parks: ParksInSight): Promise<string> =>
    whose.of === 'driver'
      ? `Выписка: ${(await drivers.view(whose.id, parks)).fullName}`
      : `Выписка по договору № ${(await leases.view(whose.id, parks)).number}`

  jobs.every('leases.charge', seconds(30), async (stop) => {
    while (!stop.aborted && (await charges.chargeDue(BATCH)) === BATCH);
  })
  jobs.every('ledger.promises', seconds(30), async (stop) => {
    while (!stop.aborted && (await ledger.settleOverdue(BATCH)) === BATCH);
  })
  jobs.every('balances.rounds', seconds(10), balances.sweep)
  jobs.work(EVENTS, async ({ data }) => {
    const events = z.array(LeasingEvent).parse(data)
    const debtors = events.flatMap((event) => (event.name === 'balance.changed' ? [event.driverId] : []))
    for (const vehicle of await createLeaseStore(db).vehiclesOfDrivers(debtors)) parts.changed(vehicle)
    await parts.happened(events)
  })

  return {
    drivers,
    leases,
    charges,
    ledger,
    balances,
    routes: [
      createDriverRoutes(drivers),
      createLeaseRoutes(leases),
      createShiftRoutes(shifts),
      createLedgerRoutes(ledger),
      createMoneyRoutes(ledger, {
        driver: drivers.view,
        lease: leases.view,
        vehicle: async (id, parks) => {
          if (!(await createParkStore(db).inSight(parks, [id])).has(id)) throw new Fault('vehicle/unknown')
        },
        now: clock.now,
        uuid: world.uuid,
      }),
      createPromiseRoutes(ledger, { driver: drivers.view }),
      createStatementRoutes(statement, createStatementPrintStore(), writeXlsx),
      createBalanceRoutes(balances),
    ],
    shiftOf: async (vehicle) => (await leases.standingsOf([vehicle])).get(vehicle)?.shift,
    leaseOf: async (vehicle) => (await leaseFactsOf([vehicle])).get(vehicle)?.lease,
    leaseFactsOf,
    open: balances.open,
  }
}
