import { type Day, dayOf, momentOf } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import { Fault } from '../http/fault.ts'
import type { LeaseRow } from '../postgres/lease-tables.ts'
import { type BuyoutTerms, isRunning, type LeasePlan } from './lease.ts'
import type { Schedule } from './schedule.ts'

export type LeaseTerms = {
  readonly plan: LeasePlan
  readonly drivers: readonly { readonly driverId: DriverId; readonly main: boolean }[]
  readonly startsOn: Day
  readonly endsOn: Day | null
  readonly depositKopecks: number
  readonly schedule: Schedule
  readonly buyout: BuyoutTerms | null
  readonly marketValueKopecks: number | null
  readonly note: string
}
/** What is to be changed; what is left out stays. */
export type LeaseWish = { readonly [Term in keyof LeaseTerms]?: LeaseTerms[Term] | undefined }

/** Pure. The terms as they would be. */
export const wished = (
  lease: LeaseRow,
  parties: readonly { readonly driverId: DriverId; readonly main: boolean }[],
  wish: LeaseWish,
): LeaseTerms => ({
  plan: wish.plan ?? lease.plan,
  drivers: wish.drivers ?? parties.map(({ driverId, main }) => ({ driverId, main })),
  startsOn: wish.startsOn ?? lease.startsOn,
  endsOn: wish.endsOn === undefined ? lease.endsOn : wish.endsOn,
  depositKopecks: wish.depositKopecks ?? lease.depositKopecks,
  schedule: wish.schedule ?? lease.schedule,
  buyout: wish.buyout === undefined ? lease.buyout : wish.buyout,
  marketValueKopecks: wish.marketValueKopecks === undefined ? lease.marketValueKopecks : wish.marketValueKopecks,
  note: wish.note ?? lease.note,
})

/** Pure. Of a running lease the plan and its first day stand. Faults: lease/wrong-state, lease/day-charged. */
export function refuseRunning(lease: LeaseRow, terms: LeaseTerms): void {
  if (!isRunning(lease.state)) return
  if (terms.plan !== lease.plan || terms.startsOn !== lease.startsOn)
    throw new Fault('lease/wrong-state', 'plan and first day stand while a lease runs')
  const { nextChargeAt, schedule } = lease
  if (nextChargeAt === null) return
  const late = terms.schedule.freeDays.find(
    (day) =>
      !schedule.freeDays.includes(day) &&
      momentOf(day, schedule.chargeAt) < momentOf(dayOf(nextChargeAt), schedule.chargeAt),
  )
  if (late !== undefined) throw new Fault('lease/day-charged', late)
}
