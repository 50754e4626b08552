import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, type Millis } from '#contract/instant.ts'
import type { AppealService } from '../appeals/appeal-service.ts'
import type { BalanceService } from '../balances/balance-service.ts'
import { dayOf } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { HoldService } from '../holds/hold-service.ts'
import { immobilizerState } from '../holds/immobilizer-state.ts'
import type { VehicleSituation } from '../holds/situation.ts'
import { Fault } from '../http/fault.ts'
import type { InspectionService, PostponeWish, SlotWish } from '../inspections/inspection-service.ts'
import { vehicleInspection } from '../inspections/inspection-view.ts'
import type { LeaseService } from '../leases/lease-service.ts'
import { rateOf } from '../leases/schedule.ts'
import type { LedgerService } from '../ledger/ledger-service.ts'
import type { PromisePolicy } from '../ledger/promise.ts'
import type { PaperService } from '../papers/paper-service.ts'
import type { DriverRow } from '../postgres/lease-tables.ts'
import type { UnlockService } from '../unlock/unlock-service.ts'
import type { World } from '../world.ts'
import { type DriverState, lastsUntil, type SlotsView } from './page-view.ts'

export type PageService = ReturnType<typeof createPageService>

export type PagePolicy = {
  readonly minKopecks: number
  readonly balanceMaxAge: Millis
  readonly maxPostpones: number
  readonly unlock: 'yes' | 'no'
  readonly unlockEvery: Millis
  readonly promise: PromisePolicy
}

export type PageDeps = Pick<World, 'clock' | 'log'> & {
  readonly findDriver: (id: DriverId) => Promise<DriverRow | undefined>
  readonly vehicleNamed: (id: VehicleId) => Promise<{ readonly plate: string; readonly model: string } | undefined>
  readonly leases: Pick<LeaseService, 'leasesOfDriver' | 'standingsOf' | 'act'>
  readonly ledger: Pick<LedgerService, 'promise' | 'promises'>
  readonly balances: Pick<BalanceService, 'balancesOf'>
  readonly holds: Pick<HoldService, 'situationsOf'>
  readonly inspections: Pick<InspectionService, 'standingsOf' | 'stations' | 'slots' | 'book' | 'postpone'>
  readonly papers: Pick<PaperService, 'standingsOf'>
  readonly unlock: Pick<UnlockService, 'give'>
  readonly lastCodeAt: (vehicle: VehicleId) => Promise<EpochMs | undefined>
  readonly appeals: Pick<AppealService, 'newestOf' | 'add'>
  /** Whether one drive to a parking would be given to somebody who asks for it, and of these vehicles those that had theirs. */
  readonly drives: {
    given(): Promise<boolean>
    used(vehicles: readonly VehicleId[], now: EpochMs): Promise<ReadonlySet<string>>
    ask(driver: DriverId, vehicle: VehicleId, at: EpochMs): Promise<void>
  }
  /** Tells the card of the lease that he wants to give the car back. */
  readonly asksReturn: (driver: DriverId, vehicle: VehicleId, at: EpochMs) => Promise<void>
  readonly policy: () => Promise<PagePolicy>
  readonly support: string | undefined
  readonly payUrl: string | undefined
}

const SLOT_DAYS = 7
const MOST_SLOTS = 40

/** The driver's own affairs, and nothing else: every question begins with who he is. */
export function createPageService(deps: PageDeps) {
  const { clock } = deps
  const himself = async (id: DriverId): Promise<DriverRow> => {
    const driver = await deps.findDriver(id)
    if (driver === undefined) throw new Fault('access/forbidden')
    return driver
  }
  /** His running lease: the one on whose vehicle he is on shift, else the first. */
  const hisLease = async (driver: DriverRow) => {
    const leases = await deps.leases.leasesOfDriver(driver.id)
    const standings = await deps.leases.standingsOf(leases.map(({ vehicleId }) => vehicleId))
    const all = leases.flatMap(({ vehicleId }) => standings.get(vehicleId) ?? [])
    const found = all.find(({ shift }) => shift?.driverId === driver.id) ?? all[0]
    return found === undefined ? undefined : { ...found, onShift: found.shift?.driverId === driver.id }
  }
  const leased = async (id: DriverId) => {
    const driver = await himself(id)
    const found = await hisLease(driver)
    if (found === undefined) throw new Fault('driver-page/no-vehicle')
    return { driver, ...found, vehicleId: found.lease.vehicleId, parks: [driver.parkId], by: `driver:${driver.id}` }
  }
  const unlockOf = async (vehicle: VehicleId, onShift: boolean, reasons: readonly string[], policy: PagePolicy) => {
    const last = await deps.lastCodeAt(vehicle)
    const nextAt = last === undefined ? null : later(last, policy.unlockEvery)
    const blocked = reasons.length > 0 && !reasons.includes('theft') && !reasons.includes('manual')
    const waits = nextAt !== null && nextAt > clock.now() ? nextAt : null
    const may = policy.unlock === 'yes' && onShift && blocked && waits === null ? ('yes' as const) : ('no' as const)
    return { may, nextAt: blocked ? waits : null }
  }
  /** A rule decides; what it would surely refuse is not offered. */
  const driveOf = async (vehicle: VehicleId, onShift: boolean, known: VehicleSituation | undefined) => {
    const reasons = known?.holds.map(({ reason }) => reason) ?? []
    const mayNot =
      reasons.length === 0 || reasons.includes('theft') || reasons.includes('manual') || known?.grace !== undefined
    if (mayNot || !onShift || !(await deps.drives.given())) return 'no' as const
    return (await deps.drives.used([vehicle], clock.now())).has(vehicle) ? ('no' as const) : ('yes' as const)
  }
  const startOf = (known: VehicleSituation) => {
    const { relay, newest, situation } = known
    const ours = newest !== undefined && newest.gatewayId === situation.gateway?.id ? newest : undefined
    return immobilizerState(relay?.relay ?? 'unknown', ours)
  }

  const state = async (id: DriverId): Promise<DriverState> => {
    const driver = await himself(id)
    const [found, balances, policy, appeal, promises] = await Promise.all([
      hisLease(driver),
      deps.balances.balancesOf([id]),
      deps.policy(),
      deps.appeals.newestOf(id),
      deps.ledger.promises({ parks: [driver.parkId], driverId: id, limit: 5 }),
    ])
    const now = clock.now()
    const vehicleId = found?.lease.vehicleId
    const own = vehicleId === undefined ? [] : [vehicleId]
    const [situations, visits, papers, named] = await Promise.all([
      deps.holds.situationsOf(own),
      deps.inspections.standingsOf(own),
      deps.papers.standingsOf(own),
      vehicleId === undefined ? undefined : deps.vehicleNamed(vehicleId),
    ])
    const known = vehicleId === undefined ? undefined : situations.get(vehicleId)
    const visit = vehicleId === undefined ? undefined : visits.get(vehicleId)
    const balance = balances.get(id)
    const holds = known?.holds ?? []
    const newest = promises.find((one) => one.state !== 'withdrawn')
    const open = newest?.state === 'open' ? newest : undefined
    const nextAt = newest === undefined ? null : later(newest.promisedAt, policy.promise.every)
    const halved = newest?.state === 'broken' ? 2 : 1
    return {
      at: now,
      name: driver.givenName,
      support: deps.support ?? null,
      payUrl: deps.payUrl ?? null,
      vehicle: vehicleId === undefined || named === undefined ? null : { id: vehicleId, ...named },
      lease:
        found === undefined
          ? null
          : {
              number: found.lease.number,
              plan: found.lease.plan,
              state: found.lease.state,
              chargeTodayKopecks: rateOf(found.lease.schedule, dayOf(now)).kopecks,
              main: found.parties.some((party) => party.main && party.driverId === id),
              onShift: found.onShift,
            },
      balance:
        balance === undefined
          ? null
          : {
              kopecks: balance.kopecks,
              asOf: balance.asOf,
              minKopecks: policy.minKopecks,
              old: now - balance.asOf > policy.balanceMaxAge,
              lastsUntil:
                found === undefined ? null : lastsUntil(balance.kopecks, policy.minKopecks, found.lease.schedule, now),
            },
      promise: {
        open: open === undefined ? null : { kopecks: open.kopecks, until: open.untilAt },
        mostKopecks: Math.floor(policy.promise.mostKopecks / halved),
        longestHours: Math.floor(policy.promise.longest / 3_600_000),
        nextAt: nextAt !== null && nextAt > now ? nextAt : null,
      },
      start: known === undefined ? null : startOf(known),
      holds: holds.map(({ reason, placedAt, key }) => ({
        reason,
        since: placedAt,
        own: reason === 'balance' && key !== '' && key !== id ? ('no' as const) : ('yes' as const),
      })),
      graceUntil: known?.grace?.untilAt ?? null,
      drive: { may: vehicleId === undefined ? 'no' : await driveOf(vehicleId, found?.onShift ?? false, known) },
      unlock:
        vehicleId === undefined
          ? { may: 'no', nextAt: null }
          : await unlockOf(
              vehicleId,
              found?.onShift ?? false,
              holds.map(({ reason }) => reason),
              policy,
            ),
      inspection: visit === undefined ? null : { ...vehicleInspection(visit), maxPostpones: policy.maxPostpones },
      papers: vehicleId === undefined ? [] : (papers.get(vehicleId) ?? []),
      appeal:
        appeal === undefined
          ? null
          : { at: appeal.at, reason: appeal.reason, answer: appeal.answer, answeredAt: appeal.answeredAt },
    }
  }

  return {
    state,
    /** Faults: promise/refused with `why`. */
    promise: async (id: DriverId, kopecks: number, until: EpochMs): Promise<DriverState> => {
      const driver = await himself(id)
      const wish = { driverId: id, parkId: driver.parkId, kopecks, until, note: 'Страница водителя' }
      await deps.ledger.promise(wish, { kind: 'user', id, name: 'driver' })
      return state(id)
    },
    /** Free slots of the stations of his park, of the coming week. */
    slots: async (id: DriverId): Promise<SlotsView> => {
      const { parks } = await leased(id)
      const stations = await deps.inspections.stations(parks)
      const today = dayOf(clock.now())
      const items = await Promise.all(
        stations.map(async ({ id: stationId, name, address }) => {
          const free = await deps.inspections.slots(stationId, parks, today, SLOT_DAYS)
          return { stationId, name, address, slots: free.slice(0, MOST_SLOTS).map(({ at }) => at) }
        }),
      )
      return { items: items.filter(({ slots }) => slots.length > 0) }
    },
    book: async (id: DriverId, slot: SlotWish): Promise<DriverState> => {
      const { vehicleId, parks, by } = await leased(id)
      await deps.inspections.book(vehicleId, slot, parks, by)
      return state(id)
    },
    /** Faults: inspection/unknown where nothing is booked, and those of the inspection. */
    postpone: async (id: DriverId, wish: PostponeWish): Promise<DriverState> => {
      const { vehicleId, parks, by } = await leased(id)
      const visit = (await deps.inspections.standingsOf([vehicleId])).get(vehicleId)?.visit
      if (visit === undefined || visit === null) throw new Fault('inspection/unknown')
      await deps.inspections.postpone(vehicleId, visit.id, wish, parks, by)
      return state(id)
    },
    /** «Хочу сдать». Faults: driver-page/not-main, lease/wrong-state. */
    giveBack: async (id: DriverId, parking: string, note: string): Promise<DriverState> => {
      const { lease, parties, parks, vehicleId } = await leased(id)
      if (!parties.some((party) => party.main && party.driverId === id)) throw new Fault('driver-page/not-main')
      await deps.leases.act(lease.id, 'return', { note, parking }, { id, name: 'driver', parks })
      await deps.asksReturn(id, vehicleId, clock.now())
      return state(id)
    },
    /** Never against a theft or a person's word, and only so often. Faults: driver-page/no-code, those of the code. */
    unlockCode: async (id: DriverId): Promise<{ readonly code: string }> => {
      const { vehicleId, onShift } = await leased(id)
      const holds = (await deps.holds.situationsOf([vehicleId])).get(vehicleId)?.holds ?? []
      const reasons = holds.map(({ reason }) => reason)
      const { may } = await unlockOf(vehicleId, onShift, reasons, await deps.policy())
      if (may === 'no') throw new Fault('driver-page/no-code')
      const by = { kind: 'user' as const, id, name: 'driver' }
      const { code } = await deps.unlock.give({ vehicleId, note: 'Страница водителя', by })
      return { code }
    },
    /** «Доехать до парковки»: a rule gives it within seconds. Faults: driver-page/no-drive. */
    driveToPark: async (id: DriverId): Promise<DriverState> => {
      const { vehicleId, onShift } = await leased(id)
      const known = (await deps.holds.situationsOf([vehicleId])).get(vehicleId)
      if ((await driveOf(vehicleId, onShift, known)) === 'no') throw new Fault('driver-page/no-drive')
      await deps.drives.ask(id, vehicleId, clock.now())
      return state(id)
    },
    /** Faults: appeal/open. */
    appeal: async (id: DriverId, reason: string): Promise<DriverState> => {
      const driver = await himself(id)
      const vehicleId = (await hisLease(driver))?.lease.vehicleId ?? null
      const known = vehicleId === null ? undefined : (await deps.holds.situationsOf([vehicleId])).get(vehicleId)
      const holds = [...new Set((known?.holds ?? []).map((hold) => hold.reason))]
      await deps.appeals.add({ driverId: id, parkId: driver.parkId, vehicleId, holds, reason })
      return state(id)
    },
  }
}
