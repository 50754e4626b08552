import { metresBetween, type Place } from '../position/place.ts'
import { isBlocked, isFresh, type Sight, tenth, type Watched } from './sight.ts'

export type Tow = {
  /** Where it stood when it was blocked with the ignition off. */
  readonly from?: Place
  readonly beyond: number
  readonly told?: true
}

export const NOT_TOWED: Tow = { beyond: 0 }

const FAR_M = 200
/** One place may be an outlier; so many in a row are not. */
const IN_A_ROW = 3

/** Pure. Blocked, ignition off, and yet elsewhere. Edge notes §7.7. */
export function watchTow(state: Tow, sight: Sight): Watched<Tow> {
  const { now, ignition, place } = sight
  if (!isBlocked(sight) || (isFresh(ignition, now) && ignition.on)) return { state: NOT_TOWED }
  if (place === undefined || !isFresh(ignition, now)) return { state }
  const { from = place } = state
  const displacementM = metresBetween(from, place)
  const beyond = displacementM > FAR_M ? state.beyond + 1 : 0
  const seen: Tow = { ...state, from, beyond }
  if (state.told === true || beyond < IN_A_ROW) return { state: seen }
  const data = { displacementM: tenth(displacementM), speedKmh: tenth(place.speedKmh) }
  return { state: { ...seen, told: true }, raised: { name: 'tow-suspected', data } }
}
