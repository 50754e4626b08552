import { distanceM, type Position } from './position.ts'
import { type Leg, type Route, routeOf } from './route.ts'

/**
 * The Kiev highway (A-130, the old M-3) from Kamenskoye over the border of the region to Balabanovo. The road data here
 * ends long before the border, so the line was drawn by hand through towns whose coordinates are known (Ateptsevo
 * 55.324 36.750, where the road comes from, Vorsino, Balabanovo 55.182 36.661): good to a few hundred metres. It leaves
 * the region once, near 55.264 36.712 (km 86), and ends 11 km outside.
 */
export const KIEV_HIGHWAY: readonly Position[] = [
  { lat: 55.2942, lon: 36.7476 },
  { lat: 55.2885, lon: 36.7423 },
  { lat: 55.2829, lon: 36.7356 },
  { lat: 55.2767, lon: 36.7281 },
  { lat: 55.2702, lon: 36.7201 },
  { lat: 55.2637, lon: 36.7117 },
  { lat: 55.2573, lon: 36.7036 },
  { lat: 55.2506, lon: 36.6956 },
  { lat: 55.2438, lon: 36.6877 },
  { lat: 55.2372, lon: 36.6804 },
  { lat: 55.2294, lon: 36.6741 },
  { lat: 55.2212, lon: 36.6706 },
  { lat: 55.2121, lon: 36.6689 },
  { lat: 55.2024, lon: 36.6672 },
  { lat: 55.1932, lon: 36.6648 },
]

/** The first and last two stretches lead through villages. */
const VILLAGE_STRETCHES = 2

/** Pure. The way out, or back, from the point of the highway that is nearest to `from`. */
export function outboundRoute(direction: 'out' | 'back', from: Position): Route {
  const points = direction === 'out' ? KIEV_HIGHWAY : KIEV_HIGHWAY.toReversed()
  const legs = points.slice(1).map((point, index): Leg => {
    const inVillage = index < VILLAGE_STRETCHES || index >= points.length - 1 - VILLAGE_STRETCHES
    return { points: [points[index] ?? point, point], limitKmh: inVillage ? 60 : 90 }
  })
  const nearest = nearestOf(points, from)
  const joining: Leg = { points: [from, points[nearest] ?? from], limitKmh: 60 }
  return routeOf([joining, ...legs.slice(nearest)])
}

function nearestOf(points: readonly Position[], from: Position): number {
  const distances = points.map((point) => distanceM(point, from))
  return distances.indexOf(Math.min(...distances))
}
