import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Caller, ParksInSight } from '../http/access.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { ParkId } from '../parks/park.ts'
import { PostingView } from './ledger-view.ts'
import type { PostedBy } from './posting.ts'

export const Limit = z.coerce.number().int().min(1).max(500).default(100)
export const Note = z.string().trim().max(500)
/** Kopecks of one posting or promise. */
export const Sum = z.int().min(1).max(1_000_000_000)
/** Names the event, such as a payment's number: posted again under it, nothing is posted. */
export const Key = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e][\x20-\x7e]{0,119}$/, 'up to 120 printable characters')
  .optional()
export const Posted = z.strictObject({ outcome: z.enum(['posted', 'known']), posting: PostingView })

/** What postings need to know of a driver or a lease. */
export type Subjects = {
  /** Faults: driver/unknown. */
  driver(id: DriverId, parks: ParksInSight): Promise<{ readonly parkId: ParkId }>
  /** Faults: lease/unknown. */
  lease(id: LeaseId, parks: ParksInSight): Promise<{ readonly parkId: ParkId }>
  /** Faults: vehicle/unknown. */
  vehicle(id: VehicleId, parks: ParksInSight): Promise<void>
  now(): EpochMs
  uuid(): string
}

/** Pure. */
export const postedBy = ({ id, login }: Caller): PostedBy => ({ kind: 'user', id, name: login })
