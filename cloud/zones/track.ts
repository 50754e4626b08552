import { type Crossing, judgeSighting, NEVER_SEEN, type Side, vote, type ZoneState } from './crossing.ts'
import { LEAP_M } from './fleet-disagreement.ts'
import type { GoodFix } from './good-fix.ts'
import { isWithin, type Place } from './place.ts'
import type { ZoneShape } from './zone.ts'
import type { MappedZone, ZoneMap } from './zone-map.ts'
import { PLACE_POLICY, type SidePolicy } from './zone-policy.ts'

/** One vehicle towards the zone of work, and towards the drawn zones it has ever been near. */
export type Track = { readonly work: ZoneState; readonly places: ReadonlyMap<string, ZoneState> }

export type Around = { readonly work: ZoneShape; readonly policy: SidePolicy; readonly map: ZoneMap }

export type Step = {
  readonly track: Track
  readonly crossing: Crossing | null
  readonly placeCrossings: readonly { readonly zone: MappedZone; readonly crossing: Crossing }[]
  /** The hop from the last believed place, if it was too long for a drive between two fixes. */
  readonly leapFrom: Place | null
}

export const NEW_TRACK: Track = { work: NEVER_SEEN, places: new Map() }
/** Not seen in it is as good as outside, for a small place. */
const AWAY: ZoneState = { ...NEVER_SEEN, side: 'outside' }

/** Pure. Takes one good fix, in order of time. Drawn zones hear only of positions that the zone of work believes. */
export function follow(known: Track, fix: GoodFix, { work: shape, policy, map }: Around): Step {
  const { work, places } = known
  const judged = judgeSighting(work, sightingOf(fix, shape, policy), policy)
  if (judged.state === work) return { track: known, crossing: null, placeCrossings: NONE, leapFrom: null }
  const { state: nextWork, crossing } = judged
  const from = work.stranger?.last ?? work.believed
  const leapFrom = from === null || isWithin(from, fix, LEAP_M) ? null : from
  if (nextWork.stranger !== null) return { track: { work: nextWork, places }, crossing, placeCrossings: NONE, leapFrom }
  let next: Map<string, ZoneState> | undefined
  const placeCrossings: { zone: MappedZone; crossing: Crossing }[] = []
  for (const zone of zonesFor(fix, places, map)) {
    const before = places.get(zone.id) ?? AWAY
    const { state, crossing } = vote(
      before,
      sightingOf(fix, zone.shape, PLACE_POLICY[zone.kind]),
      PLACE_POLICY[zone.kind],
    )
    if (state !== before) {
      next ??= new Map(places)
      next.set(zone.id, withoutPlace(state))
    }
    if (crossing !== null) placeCrossings.push({ zone, crossing })
  }
  return { track: { work: nextWork, places: next ?? places }, crossing, placeCrossings, leapFrom }
}

const NONE: readonly never[] = []

/** Those near the fix, and those it may just have left. */
function zonesFor(fix: GoodFix, places: Track['places'], map: ZoneMap): readonly MappedZone[] {
  const near = map.near(fix.lon, fix.lat)
  if (places.size === 0) return near
  const left: MappedZone[] = []
  for (const [id, { side, candidate }] of places) {
    const zone = side === 'inside' || candidate !== null ? map.find(id) : undefined
    if (zone !== undefined && !near.includes(zone)) left.push(zone)
  }
  return left.length === 0 ? near : [...near, ...left]
}

function sightingOf(fix: GoodFix, shape: ZoneShape, { marginM }: SidePolicy) {
  const side: Side = shape.inside(fix.lon, fix.lat) ? 'inside' : 'outside'
  // A margin of nothing is nothing: whoever is within such a place is in it, whatever the error.
  const margin = marginM[side] === 0 ? 0 : marginM[side] + fix.accuracyM
  const clear = margin === 0 || shape.borderDistanceM(fix.lon, fix.lat, margin) === Infinity
  return { ...fix, side, clear }
}

/** Believed places stand once, with the zone of work. */
const withoutPlace = (state: ZoneState): ZoneState => ({ ...state, believed: null, stranger: null, mark: null })

export type Doubt = 'own' | 'leap' | 'odometer' | 'fleet'

/** Pure. Why a vehicle's position is not to be trusted now. */
export function doubtOf({ stranger }: ZoneState, own: 'doubtful' | 'sure'): Doubt | null {
  if (own === 'doubtful') return 'own'
  if (stranger === null) return null
  return stranger.undriven === true ? 'odometer' : 'leap'
}
