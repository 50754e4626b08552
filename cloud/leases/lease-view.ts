import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { DriverId, shortName } from '../drivers/driver.ts'
import { policyField } from '../http/field-mask.ts'
import { ParkId } from '../parks/park.ts'
import type { DriverRow, LeasePartyRow, LeaseRow, ShiftRow } from '../postgres/lease-tables.ts'
import { BuyoutTerms, LeaseId, LeasePlan, LeaseState, ShiftId } from './lease.ts'
import { Kopecks, Schedule } from './schedule.ts'

const PersonView = z.strictObject({ id: DriverId, name: z.string() })

/** A lease as REST shows it. */
export const LeaseView = z
  .strictObject({
    id: LeaseId,
    number: z.int(),
    parkId: ParkId,
    vehicle: z.strictObject({ id: VehicleId, plate: z.string() }),
    drivers: z.array(z.strictObject({ id: DriverId, name: z.string(), main: z.boolean(), since: Instant })),
    plan: LeasePlan,
    state: LeaseState,
    startsOn: Day,
    endsOn: Day.nullable(),
    /** Null, like the other terms in money, for a role that does not see them. */
    depositKopecks: Kopecks.nullable().meta(policyField('lease', 'deposit')),
    schedule: Schedule.nullable().meta(policyField('lease', 'rate')),
    buyout: BuyoutTerms.nullable().meta(policyField('lease', 'rate')),
    marketValueKopecks: Kopecks.nullable().meta(policyField('lease', 'rate')),
    note: z.string(),
    activatedAt: Instant.nullable(),
    returningAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    /** Where the vehicle is left when it comes back. */
    parking: z.string().nullable(),
    nextChargeAt: Instant.nullable(),
    version: z.int(),
    createdAt: Instant,
  })
  .meta({ id: 'Lease' })
/** Whole, as it is before it leaves by a route. */
export type LeaseView = Omit<z.infer<typeof LeaseView>, 'depositKopecks' | 'schedule'> & {
  readonly depositKopecks: number
  readonly schedule: Schedule
}

export const ShiftView = z
  .strictObject({
    id: ShiftId,
    leaseId: LeaseId,
    vehicle: z.strictObject({ id: VehicleId, plate: z.string() }),
    driver: PersonView,
    openedAt: Instant,
    openedBy: z.string(),
    closedAt: Instant.nullable(),
    closedBy: z.string().nullable(),
  })
  .meta({ id: 'Shift' })
export type ShiftView = z.infer<typeof ShiftView>

/** Names for ids, as far as they are known. */
export type Names = {
  readonly plates: ReadonlyMap<VehicleId, string>
  readonly drivers: ReadonlyMap<DriverId, DriverRow>
}

export type NamesFor = (vehicles: readonly VehicleId[], drivers: readonly DriverId[]) => Promise<Names>

const nameOf = (names: Names, id: DriverId): string => {
  const driver = names.drivers.get(id)
  return driver === undefined ? '' : shortName(driver)
}

/** Pure. */
export const leaseView = (row: LeaseRow, parties: readonly LeasePartyRow[], names: Names): LeaseView => ({
  id: row.id,
  number: row.number,
  parkId: row.parkId,
  vehicle: { id: row.vehicleId, plate: names.plates.get(row.vehicleId) ?? '' },
  drivers: parties.flatMap(({ leaseId, driverId, main, fromAt }) =>
    leaseId === row.id ? [{ id: driverId, name: nameOf(names, driverId), main, since: fromAt }] : [],
  ),
  plan: row.plan,
  state: row.state,
  startsOn: row.startsOn,
  endsOn: row.endsOn,
  depositKopecks: row.depositKopecks,
  schedule: row.schedule,
  buyout: row.buyout,
  marketValueKopecks: row.marketValueKopecks,
  note: row.note,
  activatedAt: row.activatedAt,
  returningAt: row.returningAt,
  endedAt: row.endedAt,
  parking: row.parking,
  nextChargeAt: row.nextChargeAt,
  version: row.version,
  createdAt: row.createdAt,
})

/** Pure. */
export const shiftView = (row: ShiftRow, names: Names): ShiftView => ({
  id: row.id,
  leaseId: row.leaseId,
  vehicle: { id: row.vehicleId, plate: names.plates.get(row.vehicleId) ?? '' },
  driver: { id: row.driverId, name: nameOf(names, row.driverId) },
  openedAt: row.openedAt,
  openedBy: row.openedBy,
  closedAt: row.closedAt,
  closedBy: row.closedBy,
})
