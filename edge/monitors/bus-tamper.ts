import { supplyNow } from './power-cut.ts'
import type { Sight, Watched } from './sight.ts'

export type BusTamper = { readonly told?: true }

const SILENT_MS = 10_000

/**
 * Pure. The relay's unit was there and is gone, while the supply is fine: pulled from the bus. Where nothing measures
 * the supply it is said as well, and that it is not known. Edge notes §7.7.
 */
export function watchBusTamper(state: BusTamper, sight: Sight): Watched<BusTamper> {
  const { now, drive } = sight
  if (drive === undefined) return { state }
  const silentMs = now - drive.at
  if (silentMs <= SILENT_MS) return { state: {} }
  const supply = supplyNow(sight)
  if (state.told === true || supply === 'lost') return { state }
  return { state: { told: true }, raised: { name: 'bus-tamper', data: { silentMs: Math.round(silentMs), supply } } }
}
