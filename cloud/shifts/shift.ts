import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'

export type Party = { readonly driverId: DriverId; readonly main: boolean; readonly fromAt: EpochMs }
export type OpenShift = { readonly driverId: DriverId; readonly openedAt: EpochMs }
export type Turn = { readonly driverId: DriverId; readonly openedAt: EpochMs; readonly closedAt: EpochMs | null }

export type Answerable = { readonly driverId: DriverId; readonly since: EpochMs }

/**
 * Pure. Who answers for a vehicle now: the only driver of the lease always; of several the one whose shift is open, and
 * nobody known while none is.
 */
export function answerable(parties: readonly Party[], open: OpenShift | undefined): Answerable | undefined {
  if (open !== undefined) return { driverId: open.driverId, since: open.openedAt }
  const [only, another] = parties
  if (only === undefined || another !== undefined) return undefined
  return { driverId: only.driverId, since: only.fromAt }
}

export type Share = { readonly driverId: DriverId; readonly kopecks: number }

/**
 * Pure. Who pays how much of a charge: the main driver all, or each as long as he drove within the window; without any
 * shift in it, the main driver. The parts add up to the charge exactly.
 */
export function sharesOf(
  kopecks: number,
  payer: 'main' | 'shift',
  parties: readonly Party[],
  turns: readonly Turn[],
  window: { readonly from: EpochMs; readonly until: EpochMs },
): readonly Share[] {
  const main = (parties.find((party) => party.main) ?? parties[0])?.driverId
  if (main === undefined) return []
  const times = new Map<DriverId, number>()
  if (payer === 'shift')
    for (const { driverId, openedAt, closedAt } of turns) {
      const within = Math.min(closedAt ?? window.until, window.until) - Math.max(openedAt, window.from)
      if (within > 0) times.set(driverId, (times.get(driverId) ?? 0) + within)
    }
  if (times.size === 0) return [{ driverId: main, kopecks }]
  return partsOf(
    kopecks,
    [...times].sort(([one], [other]) => (one < other ? -1 : 1)),
  )
}

/** The parts rounded down, and what is left over a kopeck each to the first ones. */
function partsOf(kopecks: number, times: readonly (readonly [DriverId, number])[]): readonly Share[] {
  const all = times.reduce((sum, [, time]) => sum + time, 0)
  const parts = times.map(([driverId, time]) => ({ driverId, kopecks: Math.floor((kopecks * time) / all) }))
  const left = kopecks - parts.reduce((sum, part) => sum + part.kopecks, 0)
  return parts.map((part, index) => ({ ...part, kopecks: part.kopecks + (index < left ? 1 : 0) }))
}
