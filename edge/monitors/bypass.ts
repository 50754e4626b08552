import type { Millis } from '#contract/instant.ts'
import { metresBetween } from '../position/place.ts'
import { isBlocked, isFresh, type SeenPlace, type Sight, tenth, type Watched } from './sight.ts'

export type Bypass = {
  readonly engineSince?: Millis
  /** Where and when the car was first seen fast, and when last. */
  readonly fast?: { readonly from: SeenPlace; readonly at: Millis }
  readonly told?: true
}

const RUNNING_RPM = 400
const LASTING_MS = 10_000
const FAST_KMH = 15
const FAR_M = 100
/** A receiver that was silent for longer has not shown that the car was fast all along. */
const GAP_MS = 10_000

/** Pure. Blocked, and yet the engine runs or the car drives. Edge notes §7.7. */
export function watchBypass(state: Bypass, sight: Sight): Watched<Bypass> {
  if (!isBlocked(sight)) return { state: {} }
  const { now, ignition, rpm, place } = sight
  const runs = isFresh(ignition, now) && ignition.on && isFresh(rpm, now) && rpm.value > RUNNING_RPM
  const engineSince = runs ? (state.engineSince ?? now) : undefined
  const fast = place === undefined ? state.fast : followed(state.fast, place)
  const seen: Bypass = {
    ...(engineSince === undefined ? {} : { engineSince }),
    ...(fast === undefined ? {} : { fast }),
    ...(state.told === undefined ? {} : { told: state.told }),
  }
  if (state.told === true) return { state: seen }
  if (runs && engineSince !== undefined && now - engineSince >= LASTING_MS)
    return raised(seen, { by: 'engine', rpm: Math.round(rpm.value), forMs: Math.round(now - engineSince) })
  if (fast === undefined || place === undefined) return { state: seen }
  const displacementM = metresBetween(fast.from, place)
  if (place.at - fast.from.at < LASTING_MS || displacementM <= FAR_M) return { state: seen }
  const [speedKmh, forMs] = [tenth(place.speedKmh), Math.round(place.at - fast.from.at)]
  return raised(seen, { by: 'motion', speedKmh, displacementM: tenth(displacementM), forMs })
}

const raised = (state: Bypass, data: Readonly<Record<string, string | number>>): Watched<Bypass> => ({
  state: { ...state, told: true },
  raised: { name: 'bypass-suspected', data },
})

const followed = (fast: Bypass['fast'], place: SeenPlace): Bypass['fast'] => {
  if (place.speedKmh <= FAST_KMH) return undefined
  return { from: fast !== undefined && place.at - fast.at <= GAP_MS ? fast.from : place, at: place.at }
}
