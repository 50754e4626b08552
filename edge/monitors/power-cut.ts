import type { Millis } from '#contract/instant.ts'
import { isFresh, type Sight, tenth, type Watched } from './sight.ts'

export type PowerCut = { readonly before?: number; readonly lostSince?: Millis; readonly told?: true }

/** Above this a vehicle's battery is connected, whatever its state; below the other it is not, cranking included. */
const THERE_VOLT = 9
const GONE_VOLT = 5
/** A cranking engine pulls the supply down for tenths of a second. */
const LASTING_MS = 1000

/** Pure. The vehicle's supply was there and is gone, while the gateway's own hold-up lets it say so. Edge notes §7.7. */
export function watchPowerCut(state: PowerCut, { now, supplyVolt }: Sight): Watched<PowerCut> {
  if (!isFresh(supplyVolt, now)) return { state }
  if (supplyVolt.value >= THERE_VOLT) return { state: { before: supplyVolt.value } }
  if (supplyVolt.value >= GONE_VOLT || state.before === undefined || state.told === true) return { state }
  const lostSince = state.lostSince ?? supplyVolt.at
  const seen: PowerCut = { ...state, lostSince }
  if (supplyVolt.at - lostSince < LASTING_MS) return { state: seen }
  const data = { volt: tenth(supplyVolt.value), before: tenth(state.before) }
  return { state: { ...seen, told: true }, raised: { name: 'power-cut', data } }
}

/** Pure. What is known of the supply now; `unknown` where nothing measures it. */
export function supplyNow({ now, supplyVolt }: Sight): 'fine' | 'lost' | 'unknown' {
  if (supplyVolt === undefined) return 'unknown'
  return isFresh(supplyVolt, now) && supplyVolt.value >= THERE_VOLT ? 'fine' : 'lost'
}
