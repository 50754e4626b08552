import { polygonsOf } from '../../cloud/zones/polygon.ts'
import { createZoneShape } from '../../cloud/zones/zone.ts'
import { readZoneGeometry } from '../../cloud/zones/zone-store.ts'
import type { LoadDrive } from './load-plan.ts'

const LON = 37.618423
const METRES_PER_DEGREE = 111_320
/** 108 km/h. */
const METRES_PER_S = 30
/** It is outside, beyond the margin, for more than a minute. */
const METRES_INSIDE = 600
const METRES_OUTSIDE = 6000
const LOOK_EVERY_M = 20
const STEP_MS = 400

/** Frames of it after which it has left for sure: the way to the border, the margin of 300 m, a minute outside. */
export const FRAMES_TO_LEAVE = Math.ceil(((METRES_INSIDE / METRES_PER_S + 12 + 62) * 1000) / STEP_MS)

/** A drive to the south, over the border of the zone of work, where that is crossed once. */
export function borderDrive(): LoadDrive {
  const zone = createZoneShape(polygonsOf(readZoneGeometry('moscow-region')))
  const step = LOOK_EVERY_M / METRES_PER_DEGREE
  for (let lat = 55.5; lat > 53; lat -= step) {
    if (zone.inside(LON, lat)) continue
    const isAlong = (from: number, to: number, inside: boolean): boolean => {
      for (let metres = from; metres < to; metres += LOOK_EVERY_M)
        if (zone.inside(LON, lat - metres / METRES_PER_DEGREE) !== inside) return false
      return true
    }
    if (!isAlong(-METRES_INSIDE, -LOOK_EVERY_M, true) || !isAlong(0, METRES_OUTSIDE, false)) continue
    return { lat: lat + METRES_INSIDE / METRES_PER_DEGREE, lon: LON, metresPerS: -METRES_PER_S, stepMs: STEP_MS }
  }
  throw new Error('the border is crossed once nowhere on this meridian')
}
