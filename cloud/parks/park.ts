import { z } from 'zod'
import type { ParksInSight } from '../http/access.ts'

export const ParkId = z.uuid().brand<'ParkId'>()
export type ParkId = z.infer<typeof ParkId>

export const ParkName = z.string().trim().min(1).max(80)

/** Exists always; a vehicle that nobody put anywhere stands here. */
export const MAIN_PARK: ParkId = ParkId.parse('00000000-0000-4000-8000-000000000001')

/** Pure. Whether what stands in this park exists for somebody who sees those. */
export const isInSight = (parks: ParksInSight, park: string): boolean => parks === 'all' || parks.includes(park)

/**
 * Pure. The park of something new: the one wished for if it is in sight; else the only one in sight, or for who sees all
 * the main one. Undefined when the wish is out of sight or it cannot be told which one is meant.
 */
export function parkFor(parks: ParksInSight, wished: ParkId | undefined): ParkId | undefined {
  if (wished !== undefined) return isInSight(parks, wished) ? wished : undefined
  if (parks === 'all' || parks.includes(MAIN_PARK)) return MAIN_PARK
  return parks.length === 1 ? ParkId.safeParse(parks[0]).data : undefined
}
