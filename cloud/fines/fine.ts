import { z } from 'zod'
import { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { ParkId } from '../parks/park.ts'

/** A fine as the event `fine.found` carries it: number of the resolution, plate, moment, kopecks. */
export const Fine = z.looseObject({
  no: z.string().min(1).max(200),
  plate: z.string().min(1).max(20),
  at: EpochMs,
  amount: z.int().positive(),
  article: z.string().max(500).optional(),
})
export type Fine = z.infer<typeof Fine>

/** What stood at the moment of the fine: who had a shift, and whose leases ran. */
export type Moment = {
  readonly shifts: readonly { readonly driverId: DriverId; readonly leaseId: LeaseId; readonly parkId: ParkId }[]
  readonly leases: readonly {
    readonly leaseId: LeaseId
    readonly parkId: ParkId
    readonly drivers: readonly DriverId[]
  }[]
}
export type Blame =
  | { readonly kind: 'driver'; readonly driverId: DriverId; readonly parkId: ParkId }
  | { readonly kind: 'unclear'; readonly why: string }

/** Pure. Who drove: whoever's shift it was; without one the only driver of the only lease; else a person decides. */
export function blameOf({ shifts, leases }: Moment): Blame {
  const [shift, another] = shifts
  if (shift !== undefined && another === undefined)
    return { kind: 'driver', driverId: shift.driverId, parkId: shift.parkId }
  if (another !== undefined) return { kind: 'unclear', why: 'В это время открыты две смены' }
  const [lease, other] = leases
  if (lease === undefined) return { kind: 'unclear', why: 'В это время машина никому не сдана' }
  const [driverId, second] = lease.drivers
  if (other !== undefined || driverId === undefined || second !== undefined)
    return { kind: 'unclear', why: 'Смены нет, а водителей по договору несколько' }
  return { kind: 'driver', driverId, parkId: lease.parkId }
}
