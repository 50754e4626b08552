import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { IdleReason } from '../idle/idle.ts'

/** A stretch of a vehicle's life: on the line, or idle for one reason. `until` null: to this day. */
export type Stretch = {
  readonly vehicleId: VehicleId
  readonly standing: 'on_line' | IdleReason
  readonly from: EpochMs
  readonly until: EpochMs | null
}

/** Reasons that say: this vehicle could not drive. */
const UNFIT: ReadonlySet<string> = new Set(['service', 'parts_wait', 'accident'])
/** What is done to a vehicle before it is ready again. */
const IN_WORK: ReadonlySet<string> = new Set(['service', 'parts_wait', 'accident', 'papers', 'washing'])

export type Time = { readonly from: EpochMs; readonly to: EpochMs }

const within = ({ from, until }: Stretch, time: Time): number =>
  Math.max(0, Math.min(until ?? time.to, time.to) - Math.max(from, time.from))

export type Utilisation = {
  readonly allMs: number
  readonly onLineMs: number
  readonly fitMs: number
  /** Per reason and vehicle. */
  readonly idle: ReadonlyMap<IdleReason, ReadonlyMap<VehicleId, number>>
}

/** Pure. КВЛ is onLine ÷ all, КТГ fit ÷ all; fit but idle is the money left on the lot. */
export function utilisation(stretches: readonly Stretch[], time: Time): Utilisation {
  let [allMs, onLineMs, fitMs] = [0, 0, 0]
  const idle = new Map<IdleReason, Map<VehicleId, number>>()
  for (const stretch of stretches) {
    const ms = within(stretch, time)
    if (ms === 0) continue
    allMs += ms
    if (!UNFIT.has(stretch.standing)) fitMs += ms
    if (stretch.standing === 'on_line') onLineMs += ms
    else {
      const vehicles = idle.get(stretch.standing) ?? new Map<VehicleId, number>()
      vehicles.set(stretch.vehicleId, (vehicles.get(stretch.vehicleId) ?? 0) + ms)
      idle.set(stretch.standing, vehicles)
    }
  }
  return { allMs, onLineMs, fitMs, idle }
}

export type WaitForLine = { readonly vehicleId: VehicleId; readonly readyAt: EpochMs; readonly onLineAt: EpochMs }

/** Pure. From the end of the last work on a vehicle to its being on the line, for those that came onto it in this time. */
export function waitsForLine(stretches: readonly Stretch[], time: Time): readonly WaitForLine[] {
  const waits: WaitForLine[] = []
  for (const [vehicleId, own] of Map.groupBy(stretches, (stretch) => stretch.vehicleId)) {
    let readyAt: EpochMs | undefined
    for (const { standing, from, until } of [...own].sort((one, other) => one.from - other.from)) {
      if (standing === 'on_line') {
        if (readyAt !== undefined && from >= time.from && from < time.to)
          waits.push({ vehicleId, readyAt, onLineAt: from })
        readyAt = undefined
      } else if (IN_WORK.has(standing)) readyAt = until ?? undefined
    }
  }
  return waits
}

/** Pure. The value that `share` of all do not exceed (nearest rank); undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/** Pure. Kopecks that so many hours cost at so much a day. */
export const idleCost = (ms: number, dailyKopecks: number): number => Math.round((ms / 86_400_000) * dailyKopecks)
