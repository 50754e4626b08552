import type { Car } from './car.ts'
import type { Life } from './fleet.ts'
import { KIEV_HIGHWAY, outboundRoute } from './outbound-road.ts'
import { distanceM, type Position } from './position.ts'
import { drawn, type Random } from './random.ts'
import { nearestNode, type Road, type RoadGraph } from './road-graph.ts'
import { type Route, routeOverRoads } from './route.ts'
import { shortestPath } from './shortest-path.ts'

/** Where a driver goes next and how long he stays: everything a car's life decides. */
export type Errand = {
  /** Where the car stands when it is seen for the first time, and for how long. */
  readonly first: { readonly position: Position; readonly parkedS: number }
  nextRoute(car: Car): Route | undefined
  parkingS(why: 'arrived' | 'tried', car: Car): number
}

/** Parked for good: longer than any demo runs. */
export const FOR_GOOD_S = 1e9
const RETRY_S = [90, 180] as const

/** Pure but for `random`. The errands of a life that is driven on roads; a replay has none. */
export function errandOf(
  life: Exclude<Life, { kind: 'replay' }>,
  map: { roadGraph(): RoadGraph },
  random: Random,
): Errand {
  switch (life.kind) {
    case 'taxi':
      return taxiErrand(life, map.roadGraph(), random)
    case 'outbound':
      return outboundErrand(random)
    case 'parked':
      return parkedErrand(life.at, random)
    default:
      return life satisfies never
  }
}

function taxiErrand(life: Extract<Life, { kind: 'taxi' }>, graph: RoadGraph, random: Random): Errand {
  const start = graph.nodes[nearestNode(graph, life.from)] ?? life.from
  return {
    first: { position: start, parkedS: drawn(random, 1, 8) },
    nextRoute: (car) => tripFrom(graph, car.position, life.tripM, random),
    parkingS: (why) => (why === 'tried' ? drawn(random, ...RETRY_S) : drawn(random, ...life.parkedS)),
  }
}

/** A way to some place at a distance within `tripM`, as the crow flies; from beside the road first back to it. */
function tripFrom(
  graph: RoadGraph,
  from: Position,
  tripM: readonly [number, number],
  random: Random,
): Route | undefined {
  const start = nearestNode(graph, from)
  const inReach = graph.nodes.flatMap((node, index) => {
    const distance = distanceM(node, from)
    return distance >= tripM[0] && distance <= tripM[1] ? [index] : []
  })
  for (let tries = 0; tries < 5; tries += 1) {
    const goal = inReach[Math.floor(random() * inReach.length)]
    const roads = goal === undefined ? undefined : shortestPath(graph, start, goal, 'time')
    if (roads !== undefined && roads.length > 0)
      return routeOverRoads([...backToRoad(graph, start, from), ...roads], random)
  }
  return undefined
}

function backToRoad(graph: RoadGraph, start: number, from: Position): readonly Road[] {
  const node = graph.nodes[start]
  if (node === undefined || distanceM(node, from) < 1) return []
  return [
    { from: start, to: start, lengthM: distanceM(node, from), limitKmh: 20, street: undefined, points: [from, node] },
  ]
}

function outboundErrand(random: Random): Errand {
  const [home, away] = [KIEV_HIGHWAY[0], KIEV_HIGHWAY.at(-1)]
  if (home === undefined || away === undefined) throw new Error('the highway has no points')
  const atHome = (car: Car): boolean => distanceM(car.position, home) < distanceM(car.position, away)
  return {
    first: { position: home, parkedS: 5 },
    nextRoute: (car) => outboundRoute(atHome(car) ? 'out' : 'back', car.position),
    parkingS: (why, car) => {
      if (why === 'tried') return drawn(random, ...RETRY_S)
      // Outside only a short stop: an automatic hold then waits on the way back and is lifted at home.
      return atHome(car) ? drawn(random, 150, 240) : 30
    },
  }
}

function parkedErrand(at: Position, random: Random): Errand {
  return {
    first: { position: at, parkedS: FOR_GOOD_S },
    nextRoute: () => undefined,
    parkingS: (why) => (why === 'tried' ? drawn(random, ...RETRY_S) : FOR_GOOD_S),
  }
}
