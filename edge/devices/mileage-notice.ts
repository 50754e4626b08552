import type { GatewayEvent } from '#contract/event.ts'
import type { EpochMs } from '#contract/instant.ts'
import { engineHours, type Odometer, shownKm } from '../odometer/odometer.ts'

export type MileageStand = {
  readonly odometer: Odometer
  readonly at: EpochMs
  /** Fixes that were not taken as such, by reason. */
  readonly refusals: Readonly<Record<string, number>>
}

const DAY_MS = 86_400_000
const thousandth = (value: number): number => Math.round(value * 1000) / 1000
const dayOf = (at: EpochMs): number => Math.floor(at / DAY_MS)

/**
 * Pure. Once a day of UTC: kilometres since the last notice with their bound of error, by source, engine hours, and how
 * many fixes were refused. Undefined on the same day, or when nothing was driven and nothing refused.
 */
export function mileageNotice(before: MileageStand, now: MileageStand): GatewayEvent | undefined {
  if (dayOf(now.at) === dayOf(before.at)) return undefined
  const refused = differences(before.refusals, now.refusals)
  const km = (now.odometer.metres - before.odometer.metres) / 1000
  if (km === 0 && Object.keys(refused).length === 0) return undefined
  return {
    kind: 'event',
    name: 'mileage',
    at: now.at,
    data: {
      since: before.at,
      km: thousandth(km),
      errorKm: thousandth((now.odometer.errorM - before.odometer.errorM) / 1000),
      bySourceKm: mapped(differences(before.odometer.by, now.odometer.by), (metres) => thousandth(metres / 1000)),
      odometerKm: thousandth(shownKm(now.odometer)),
      engineHours: thousandth(engineHours(now.odometer)),
      refusedFixes: refused,
    },
  }
}

const mapped = (counts: Record<string, number>, change: (count: number) => number): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, change(count)]))

const differences = (
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(now)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, grown]) => grown > 0),
  )
