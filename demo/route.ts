import { between, courseDeg, distanceM, type Position } from './position.ts'
import type { Random } from './random.ts'
import type { Road } from './road-graph.ts'

/** A stretch of the route with its speed limit. */
export type Leg = { readonly points: readonly Position[]; readonly limitKmh: number; readonly street?: string }

/** A point that must be passed no faster than `maxKmh`; 0 is a stop, left again after `waitS`. */
export type Gate = { readonly atM: number; readonly maxKmh: number; readonly waitS: number }

/** A way to drive. `atM[i]` is the distance of `vertices[i]` from the start, `limitKmh[i]` holds from it to the next. */
export type Route = {
  readonly vertices: readonly Position[]
  readonly atM: readonly number[]
  readonly limitKmh: readonly number[]
  readonly lengthM: number
  /** By distance from the start; the last is the stop at the end. */
  readonly gates: readonly Gate[]
}

/**
 * Pure. Joins legs into a route: slows for sharp turns and lower limits, stops at the end and at `stops`.
 * Throws when the legs hold fewer than two different points.
 */
export function routeOf(legs: readonly Leg[], stops: readonly Gate[] = []): Route {
  const vertices: Position[] = []
  const atM: number[] = []
  const limitKmh: number[] = []
  for (const leg of legs) {
    for (const point of leg.points) {
      const last = vertices.at(-1)
      const step = last === undefined ? 0 : distanceM(last, point)
      if (last !== undefined && step < 0.5) {
        limitKmh[limitKmh.length - 1] = leg.limitKmh
        continue
      }
      vertices.push(point)
      atM.push((atM.at(-1) ?? 0) + step)
      limitKmh.push(leg.limitKmh)
    }
  }
  const lengthM = atM.at(-1) ?? 0
  if (vertices.length < 2) throw new Error('a route needs two different points')
  const gates = [
    ...turnGates(vertices, atM),
    ...limitGates(atM, limitKmh),
    ...stops,
    { atM: lengthM, maxKmh: 0, waitS: 0 },
  ]
  return { vertices, atM, limitKmh, lengthM, gates: gates.toSorted((a, b) => a.atM - b.atM) }
}

/** Fastest believable speed through a turn of so many degrees, km/h; undefined where a car need not slow down. */
export function turnSpeedKmh(turnDeg: number): number | undefined {
  if (turnDeg > 150) return 8
  if (turnDeg > 75) return 20
  if (turnDeg > 40) return 35
  return undefined
}

const turnBetween = (a: number, b: number): number => Math.abs(((b - a + 540) % 360) - 180)

function turnGates(vertices: readonly Position[], atM: readonly number[]): Gate[] {
  return vertices.flatMap((vertex, index) => {
    const before = vertices[index - 1]
    const after = vertices[index + 1]
    if (before === undefined || after === undefined) return []
    const maxKmh = turnSpeedKmh(turnBetween(courseDeg(before, vertex), courseDeg(vertex, after)))
    return maxKmh === undefined ? [] : [{ atM: atM[index] ?? 0, maxKmh, waitS: 0 }]
  })
}

function limitGates(atM: readonly number[], limitKmh: readonly number[]): Gate[] {
  return limitKmh.flatMap((limit, index) =>
    limit < (limitKmh[index - 1] ?? 0) ? [{ atM: atM[index] ?? 0, maxKmh: limit, waitS: 0 }] : [],
  )
}

/**
 * Pure. A way over roads of the graph, with stops where the car meets another street: always (with the given share)
 * at a crossing with a bigger road, seldom elsewhere, at most one within 150 m.
 */
export function routeOverRoads(roads: readonly Road[], random: Random): Route {
  const stops: Gate[] = []
  let driven = 0
  roads.forEach((road, index) => {
    for (let point = 1; point < road.points.length; point += 1) {
      const [a, b] = [road.points[point - 1], road.points[point]]
      if (a !== undefined && b !== undefined) driven += distanceM(a, b)
    }
    const next = roads[index + 1]
    if (next === undefined || next.street === road.street || driven - (stops.at(-1)?.atM ?? 0) < 150) return
    const share = next.limitKmh > road.limitKmh ? 0.6 : 0.25
    // No lights on roads built for 80.
    if (road.limitKmh < 80 && random() < share) stops.push({ atM: driven, maxKmh: 0, waitS: 3 + random() * 40 })
  })
  return routeOf(roads.map(legOf), stops)
}

const legOf = (road: Road): Leg => ({
  points: road.points,
  limitKmh: road.limitKmh,
  ...(road.street === undefined ? {} : { street: road.street }),
})

export type Place = { readonly position: Position; readonly courseDeg: number; readonly limitKmh: number }

/** Pure. Where a car is that has driven `drivenM` of the route. */
export function placeOn(route: Route, drivenM: number): Place {
  const index = segmentAt(route, drivenM)
  const from = route.vertices[index]
  const to = route.vertices[index + 1]
  if (from === undefined || to === undefined) throw new Error(`no segment at ${drivenM} m of ${route.lengthM} m`)
  const startM = route.atM[index] ?? 0
  const length = (route.atM[index + 1] ?? 0) - startM
  const share = Math.min(1, Math.max(0, (drivenM - startM) / length))
  return { position: between(from, to, share), courseDeg: courseDeg(from, to), limitKmh: route.limitKmh[index] ?? 40 }
}

function segmentAt(route: Route, drivenM: number): number {
  let low = 0
  let high = route.atM.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((route.atM[middle] ?? 0) <= drivenM) low = middle
    else high = middle - 1
  }
  return low
}
