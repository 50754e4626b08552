import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { Instant } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { Day, dayOf, dayPlus } from '../calendar/moscow-day.ts'
import { PostponeReason, StationId } from '../inspections/inspection.ts'
import { VehicleInspection } from '../inspections/inspection-view.ts'
import { LeasePlan, LeaseState } from '../leases/lease.ts'
import { rateOf, type Schedule } from '../leases/schedule.ts'
import { PaperStandingView } from '../papers/paper-view.ts'

/** Everything the driver's page shows, in one small answer. Money in kopecks. */
export const DriverState = z
  .strictObject({
    at: Instant,
    name: z.string(),
    support: z.string().nullable(),
    payUrl: z.string().nullable(),
    vehicle: z.strictObject({ id: VehicleId, plate: z.string(), model: z.string() }).nullable(),
    lease: z
      .strictObject({
        number: z.int(),
        plan: LeasePlan,
        state: LeaseState,
        chargeTodayKopecks: z.int(),
        main: z.boolean(),
        /** Whether he is the one who answers for the vehicle now. */
        onShift: z.boolean(),
      })
      .nullable(),
    balance: z
      .strictObject({
        kopecks: z.int(),
        asOf: Instant,
        minKopecks: z.int(),
        /** Too old to decide anything by. */
        old: z.boolean(),
        /** The last day on which it is not below the threshold at the days' rates; null: beyond two months. */
        lastsUntil: Day.nullable(),
      })
      .nullable(),
    promise: z.strictObject({
      open: z.strictObject({ kopecks: z.int(), until: Instant }).nullable(),
      mostKopecks: z.int(),
      longestHours: z.int(),
      /** When the next one may be given; null: now. */
      nextAt: Instant.nullable(),
    }),
    start: z.enum(['permitted', 'blockWaiting', 'blocked', 'unblockWaiting', 'unknown']).nullable(),
    holds: z.array(
      z.strictObject({
        reason: HoldReason,
        since: Instant,
        /** no: for the debt of the other driver of this vehicle. */
        own: z.enum(['yes', 'no']),
      }),
    ),
    graceUntil: Instant.nullable(),
    /** One permitted drive to a parking although the start is forbidden. */
    drive: z.strictObject({ may: z.enum(['yes', 'no']) }),
    unlock: z.strictObject({ may: z.enum(['yes', 'no']), nextAt: Instant.nullable() }),
    inspection: VehicleInspection.extend({ maxPostpones: z.int() }).nullable(),
    papers: z.array(PaperStandingView).readonly(),
    appeal: z
      .strictObject({ at: Instant, reason: z.string(), answer: z.string().nullable(), answeredAt: Instant.nullable() })
      .nullable(),
  })
  .meta({ id: 'DriverPage' })
export type DriverState = z.infer<typeof DriverState>

export const SlotsView = z.strictObject({
  items: z.array(
    z.strictObject({
      stationId: StationId,
      name: z.string(),
      address: z.string(),
      slots: z.array(Instant),
    }),
  ),
})
export type SlotsView = z.infer<typeof SlotsView>

/** What a driver may say; the park's own reason is not his to give. */
export const DriverReason = PostponeReason.exclude(['park'])

const FARTHEST_DAYS = 60

/**
 * Pure. «Хватит до …»: the last day after whose charge the balance is still not below the threshold, today's being charged
 * already. Null when that is further off than two months.
 */
export function lastsUntil(kopecks: number, minKopecks: number, schedule: Schedule, now: EpochMs): Day | null {
  const today = dayOf(now)
  let left = kopecks
  for (let days = 1; days <= FARTHEST_DAYS; days += 1) {
    left -= rateOf(schedule, dayPlus(today, days)).kopecks
    if (left < minKopecks) return dayPlus(today, days - 1)
  }
  return null
}
