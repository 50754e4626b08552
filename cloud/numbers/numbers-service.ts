import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, type Millis, minutes } from '#contract/instant.ts'
import { dayOf, dayPlus, momentOf } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Standing } from '../idle/idle.ts'
import { rateOf } from '../leases/schedule.ts'
import type { ParkId } from '../parks/park.ts'
import type { World } from '../world.ts'
import { arrearsForecast, isOldDebt, type Payer } from './arrears.ts'
import { lotOf } from './lot.ts'
import type { NumbersStore, PartyMoney, Stake } from './numbers-store.ts'
import type { LotView, MorningView, NumberItem, NumberName } from './numbers-view.ts'
import { idleCost, quantile, type Stretch, type Time, utilisation, waitsForLine } from './standing.ts'

export type NumbersService = ReturnType<typeof createNumbersService>

/** What other slices know; undefined: nobody does yet, and the number says so. */
export type NumbersPorts = {
  /** Every vehicle's life in this time, without a gap. */
  readonly stretchesOf?: (parks: ParksInSight, time: Time) => Promise<readonly Stretch[]>
  /** Why each earns nothing now, or that it is on the line. */
  readonly standingsOf?: (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, Standing>>
  /** The drawn parking that each stands in, and the side of the zone of work, while its position is believed. */
  readonly placesOf?: (
    vehicles: readonly VehicleId[],
  ) => Promise<ReadonlyMap<VehicleId, { readonly parking: string | null; readonly inside: boolean | null }>>
  /** Vehicles whose inspection is overdue now. */
  readonly overdueInspections?: (
    parks: ParksInSight,
  ) => Promise<readonly { readonly vehicleId: VehicleId; readonly note: string }[]>
}

type Deps = Pick<World, 'clock'> & NumbersPorts & { readonly store: NumbersStore; readonly balanceMaxAge: Millis }

const AHEAD_DAYS = 7
const BEHIND_DAYS = 14
const OLD_DEBT_DAYS = 3
const SILENT = minutes(24 * 60)

const mean = (rates: readonly number[]): number =>
  rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length)

/** The numbers an owner opens in the morning; each with the list it was made of. */
export function createNumbersService(deps: Deps) {
  const { clock, store } = deps
  const daysBack = (days: number): EpochMs => momentOf(dayPlus(dayOf(clock.now()), -days), '00:00')

  const payersOf = async (stakes: readonly Stake[], parties: readonly PartyMoney[]): Promise<readonly Payer[]> => {
    const since = daysBack(BEHIND_DAYS)
    const credits = await store.credits([...new Set(parties.map(({ driverId }) => driverId))], since)
    const byDriver = Map.groupBy(credits, ({ driverId }) => driverId)
    const schedules = new Map(stakes.map(({ leaseId, schedule }) => [leaseId, schedule]))
    const sharing = Map.groupBy(parties, ({ leaseId }) => leaseId)
    const today = dayOf(clock.now())
    const ahead = (party: PartyMoney): number => {
      const schedule = schedules.get(party.leaseId)
      if (schedule === undefined || (schedule.payer === 'main' && !party.main)) return 0
      const days = Array.from({ length: AHEAD_DAYS }, (_, index) => rateOf(schedule, dayPlus(today, index + 1)).kopecks)
      const whole = days.reduce((sum, kopecks) => sum + kopecks, 0)
      return schedule.payer === 'main' ? whole : Math.round(whole / (sharing.get(party.leaseId)?.length ?? 1))
    }
    return [...Map.groupBy(parties, ({ driverId }) => driverId)].map(([driverId, own]) => ({
      driverId,
      balanceKopecks: freshBalance(own[0]),
      aheadKopecks: own.reduce((sum, party) => sum + ahead(party), 0),
      creditsKopecks: Array.from(
        { length: BEHIND_DAYS },
        (_, day) => byDriver.get(driverId)?.find((credit) => credit.day === day)?.kopecks ?? 0,
      ),
    }))
  }
  const freshBalance = (party: PartyMoney | undefined): number | undefined =>
    party === undefined ||
    party.kopecks === null ||
    party.asOf === null ||
    clock.now() - party.asOf > deps.balanceMaxAge
      ? undefined
      : party.kopecks

  const riskOf = (stakes: readonly Stake[], parties: readonly PartyMoney[]) => {
    const byLease = Map.groupBy(parties, ({ leaseId }) => leaseId)
    const now = clock.now()
    return stakes.flatMap((stake) => {
      const old = (byLease.get(stake.leaseId) ?? []).some((party) => {
        const balance = freshBalance(party)
        return balance !== undefined && isOldDebt(balance, party.chargedKopecks)
      })
      const silent = stake.heardAt === null || now - stake.heardAt > SILENT
      if (!old && !silent) return []
      const value = stake.marketValueKopecks
      const kopecks = value === null ? null : Math.max(0, value - stake.paidKopecks)
      return [{ stake, kopecks, why: old ? (silent ? 'debt, no contact' : 'debt') : 'no contact' }]
    })
  }

  const compute = async (parks: ParksInSight, days: number) => {
    const now = clock.now()
    const time = { from: daysBack(days), to: now }
    const chargedSince = later(now, -OLD_DEBT_DAYS * 86_400_000)
    const [stakes, parties, plates, stretches, overdue] = await Promise.all([
      store.stakes(parks),
      store.parties(parks, chargedSince),
      store.platesOf(parks),
      deps.stretchesOf?.(parks, time),
      deps.overdueInspections?.(parks),
    ])
    const forecast = arrearsForecast(await payersOf(stakes, parties), AHEAD_DAYS)
    const used = stretches && utilisation(stretches, time)
    const waits = stretches && waitsForLine(stretches, time)
    const usual = mean(stakes.map(({ schedule }) => mean(schedule.rates)))
    const rates = new Map(stakes.map(({ vehicleId, schedule }) => [vehicleId, mean(schedule.rates)]))
    const idle = [...(used?.idle ?? [])].map(([reason, vehicles]) => ({
      reason,
      vehicles: [...vehicles].map(([vehicleId, ms]) => ({
        vehicleId,
        ms,
        kopecks: idleCost(ms, rates.get(vehicleId) ?? usual),
      })),
    }))
    return { now, time, stakes, parties, plates, overdue, forecast, used, waits, idle, risk: riskOf(stakes, parties) }
  }
  const lastWeekOf = async (parks: ParksInSight) => {
    const made = dayPlus(dayOf(clock.now()), -AHEAD_DAYS)
    const rows = await store.forecastsMadeOn(parks, made)
    if (rows.length === 0) return null
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0)
    const known = rows.every(({ actualKopecks }) => actualKopecks !== null)
    return {
      madeOn: made,
      forDay: dayPlus(made, AHEAD_DAYS),
      expectedKopecks: sum((row) => row.expectedKopecks),
      p20Kopecks: sum((row) => row.p20Kopecks),
      p80Kopecks: sum((row) => row.p80Kopecks),
      actualKopecks: known ? sum((row) => row.actualKopecks ?? 0) : null,
    }
  }

  return {
    /** What can be given out today, what is in repair, and where all of it stands. */
    lot: async (parks: ParksInSight): Promise<LotView> => {
      const ids = [...(await store.platesOf(parks)).keys()]
      const [standings, places, fit] = await Promise.all([
        deps.standingsOf?.(ids),
        deps.placesOf?.(ids),
        store.fitGateways(parks),
      ])
      const cars = ids.map((id) => ({
        parking: places?.get(id)?.parking ?? null,
        inside: places?.get(id)?.inside ?? null,
        standing: standings?.get(id),
        gateway: fit.has(id) ? ('fit' as const) : ('unfit' as const),
      }))
      return { asOf: clock.now(), vehicles: cars.length, ...lotOf(cars) }
    },
    morning: async (parks: ParksInSight, days: number): Promise<MorningView> => {
      const [made, lastWeek] = await Promise.all([compute(parks, days), lastWeekOf(parks)])
      const { used, waits, idle, risk, forecast } = made
      const share = (ms: number | undefined) =>
        used === undefined || ms === undefined || used.allMs === 0 ? null : ms / used.allMs
      const list = (name: NumberName, filter = '') => `/api/reports/morning/${name}?days=${days}${filter}`
      const waited = waits?.map(({ readyAt, onLineAt }) => (onLineAt - readyAt) / 60_000)
      const minutesAt = (part: number) => (waited === undefined ? null : (quantile(waited, part) ?? null))
      return {
        asOf: made.now,
        from: made.time.from,
        vehicles: made.plates.size,
        leased: made.stakes.length,
        onLine: { share: share(used?.onLineMs), href: list('idle') },
        fit: { share: share(used?.fitMs), href: list('idle') },
        idle:
          used === undefined
            ? null
            : idle.map(({ reason, vehicles }) => ({
                reason,
                vehicles: vehicles.length,
                hours: vehicles.reduce((sum, { ms }) => sum + ms, 0) / 3_600_000,
                kopecks: vehicles.reduce((sum, { kopecks }) => sum + kopecks, 0),
                href: list('idle', `&reason=${reason}`),
              })),
        moneyAtRisk: {
          kopecks: risk.reduce((sum, { kopecks }) => sum + (kopecks ?? 0), 0),
          vehicles: risk.length,
          unvalued: risk.filter(({ kopecks }) => kopecks === null).length,
          href: list('money-at-risk'),
        },
        arrears: {
          forDay: dayPlus(dayOf(made.now), AHEAD_DAYS),
          expectedKopecks: forecast.expectedKopecks,
          p20Kopecks: forecast.p20Kopecks,
          p80Kopecks: forecast.p80Kopecks,
          drivers: forecast.drivers.filter(({ expectedKopecks }) => expectedKopecks > 0).length,
          unknown: forecast.unknown.length,
          lastWeek,
          href: list('arrears'),
        },
        readyToLine: {
          medianMinutes: minutesAt(0.5),
          p90Minutes: minutesAt(0.9),
          count: waits?.length ?? null,
          href: list('ready-to-line'),
        },
        overdueInspections: { count: made.overdue?.length ?? null, href: list('overdue-inspections') },
      }
    },
    /** The list behind a number, the largest first. */
    list: async (
      name: NumberName,
      parks: ParksInSight,
      days: number,
      reason: string | undefined,
    ): Promise<readonly NumberItem[]> => {
      const made = await compute(parks, days)
      const car = (vehicleId: VehicleId) => ({ vehicle: { id: vehicleId, plate: made.plates.get(vehicleId) ?? '' } })
      const nameOf = new Map(made.parties.map(({ driverId, name: called }) => [driverId, called]))
      const person = (id: DriverId) => ({ driver: { id, name: nameOf.get(id) ?? '' } })
      const bare = { vehicle: null, driver: null, kopecks: null, minutes: null, note: '' }
      switch (name) {
        case 'idle':
          return made.idle
            .filter((one) => reason === undefined || one.reason === reason)
            .flatMap((one) =>
              one.vehicles.map((idle) => ({
                ...bare,
                ...car(idle.vehicleId),
                kopecks: idle.kopecks,
                minutes: idle.ms / 60_000,
                note: one.reason,
              })),
            )
            .sort((one, other) => other.minutes - one.minutes)
        case 'money-at-risk':
          return made.risk
            .map(({ stake, kopecks, why }) => ({ ...bare, ...car(stake.vehicleId), kopecks, note: why }))
            .sort((one, other) => (other.kopecks ?? 0) - (one.kopecks ?? 0))
        case 'arrears':
          return [
            ...made.forecast.drivers
              .filter(({ expectedKopecks }) => expectedKopecks > 0)
              .sort((one, other) => other.expectedKopecks - one.expectedKopecks)
              .map(({ driverId, expectedKopecks }) => ({ ...bare, ...person(driverId), kopecks: expectedKopecks })),
            ...made.forecast.unknown.map((driverId) => ({ ...bare, ...person(driverId), note: 'unknown' })),
          ]
        case 'ready-to-line':
          return (made.waits ?? [])
            .map(({ vehicleId, readyAt, onLineAt }) => ({
              ...bare,
              ...car(vehicleId),
              minutes: (onLineAt - readyAt) / 60_000,
            }))
            .sort((one, other) => other.minutes - one.minutes)
        case 'overdue-inspections':
          return (made.overdue ?? []).map(({ vehicleId, note }) => ({ ...bare, ...car(vehicleId), note }))
        default:
          return name satisfies never
      }
    },
    /** Keeps today's forecast of each park, and what came of the one made for today. Repeating it changes nothing. */
    keepForecasts: async (): Promise<void> => {
      const today = dayOf(clock.now())
      for (const parkId of await store.parks()) {
        const { forecast, parties } = await compute([parkId], 1)
        await store.keepForecast(forecastRow(parkId, forecast, today, clock.now()))
        const owed = new Map(parties.map((party) => [party.driverId, Math.max(0, -(freshBalance(party) ?? 0))]))
        const kopecks = [...owed.values()].reduce((sum, own) => sum + own, 0)
        await store.setActual(parkId, today, { kopecks, unknown: forecast.unknown.length })
      }
    },
  }
}

const forecastRow = (
  parkId: ParkId,
  forecast: ReturnType<typeof arrearsForecast>,
  madeOn: ReturnType<typeof dayOf>,
  madeAt: EpochMs,
) => ({
  parkId,
  madeOn,
  forDay: dayPlus(madeOn, AHEAD_DAYS),
  expectedKopecks: forecast.expectedKopecks,
  p20Kopecks: forecast.p20Kopecks,
  p80Kopecks: forecast.p80Kopecks,
  drivers: forecast.drivers.length,
  unknown: forecast.unknown.length,
  actualKopecks: null,
  madeAt,
})
