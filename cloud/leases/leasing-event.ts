import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { PromiseId, PromiseState } from '../ledger/promise.ts'
import { LeaseId, LeaseState } from './lease.ts'

/** What has happened to a lease, a shift or somebody's money, told to rules once it is certain. */
export const LeasingEvent = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('balance.changed'),
    driverId: DriverId,
    kopecks: z.int(),
    asOf: EpochMs,
    /** Null when none was known. */
    wasKopecks: z.int().nullable(),
  }),
  z.strictObject({
    name: z.literal('promise.changed'),
    driverId: DriverId,
    promiseId: PromiseId,
    state: PromiseState,
    kopecks: z.int(),
    untilAt: EpochMs,
  }),
  z.strictObject({
    name: z.enum(['shift.opened', 'shift.closed']),
    vehicleId: VehicleId,
    leaseId: LeaseId,
    driverId: DriverId,
    at: EpochMs,
  }),
  z.strictObject({
    name: z.literal('lease.changed'),
    leaseId: LeaseId,
    vehicleId: VehicleId,
    state: LeaseState,
    at: EpochMs,
  }),
])
export type LeasingEvent = z.infer<typeof LeasingEvent>
