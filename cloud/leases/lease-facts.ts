import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { DriverId, shortName } from '../drivers/driver.ts'
import { policyField } from '../http/field-mask.ts'
import type { DriverPhoneRow, DriverRow, LeasePartyRow, LeaseRow } from '../postgres/lease-tables.ts'
import type { BalanceRow } from '../postgres/ledger-tables.ts'
import { LeaseId, LeasePlan, LeaseState } from './lease.ts'

/** The running lease of a vehicle, in short. */
export const VehicleLease = z.strictObject({
  id: LeaseId,
  number: z.int(),
  plan: LeasePlan,
  state: LeaseState,
  since: Instant,
  endsOn: Day.nullable(),
  drivers: z.array(z.strictObject({ id: DriverId, name: z.string(), main: z.boolean() })),
})

/** Who answers for the vehicle now: the only driver of its lease, or the one on shift. */
export const VehicleDriver = z.strictObject({
  id: DriverId,
  name: z.string(),
  phone: z.string().nullable().meta(policyField('driver', 'phone')),
  since: Instant,
})

/** The balance of the driver who answers, as of the time that its source told it; how old is for the reader to judge. */
export const VehicleBalance = z.strictObject({ kopecks: z.int(), asOf: Instant })

export type LeaseFacts = {
  readonly lease: z.infer<typeof VehicleLease>
  readonly driver: z.infer<typeof VehicleDriver> | null
  readonly balance: z.infer<typeof VehicleBalance> | null
}

/** Pure. */
export function leaseFacts(
  lease: LeaseRow,
  parties: readonly LeasePartyRow[],
  shift: { readonly driverId: DriverId; readonly since: NonNullable<LeaseRow['activatedAt']> } | undefined,
  known: {
    readonly drivers: ReadonlyMap<DriverId, DriverRow>
    readonly phones: ReadonlyMap<DriverId, DriverPhoneRow>
    readonly balances: ReadonlyMap<DriverId, BalanceRow>
  },
): LeaseFacts {
  const nameOf = (id: DriverId): string => {
    const driver = known.drivers.get(id)
    return driver === undefined ? '' : shortName(driver)
  }
  const balance = shift === undefined ? undefined : known.balances.get(shift.driverId)
  return {
    lease: {
      id: lease.id,
      number: lease.number,
      plan: lease.plan,
      state: lease.state,
      since: lease.activatedAt ?? lease.createdAt,
      endsOn: lease.endsOn,
      drivers: parties.map(({ driverId, main }) => ({ id: driverId, name: nameOf(driverId), main })),
    },
    driver:
      shift === undefined
        ? null
        : {
            id: shift.driverId,
            name: nameOf(shift.driverId),
            phone: known.phones.get(shift.driverId)?.phone ?? null,
            since: shift.since,
          },
    balance: balance === undefined ? null : { kopecks: balance.kopecks, asOf: balance.asOf },
  }
}
