import { type EpochMs, minutes } from '#contract/instant.ts'

/** Somebody gets in and out within minutes: an older word says nothing of now. */
const FRESH = minutes(5)

export type DriverWord = { readonly status: string | null; readonly asOf: EpochMs | null }

/** Pure. Whether a driver has a passenger by what the aggregator says of him; undefined where that is old, absent or means anything. */
export function passengerOf({ status, asOf }: DriverWord, now: EpochMs): 'aboard' | 'none' | undefined {
  if (status === null || asOf === null || now - asOf > FRESH) return undefined
  if (status.startsWith('in_order')) return 'aboard'
  // `busy` is his own word for "give me no orders", whoever sits beside him.
  return status === 'free' || status === 'offline' ? 'none' : undefined
}

/**
 * Pure. Whether a passenger is in a vehicle: any of its drivers may have one, and nobody has one only if he who answers for
 * it has none.
 */
export function aboard(
  answering: DriverWord | undefined,
  all: readonly DriverWord[],
  now: EpochMs,
): boolean | undefined {
  if (all.some((driver) => passengerOf(driver, now) === 'aboard')) return true
  return answering !== undefined && passengerOf(answering, now) === 'none' ? false : undefined
}
