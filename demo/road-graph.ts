import { z } from 'zod'
import { distanceM, type Position } from './position.ts'

const RawNode = z.tuple([z.number(), z.number(), z.number()])
const RawEdge = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.union([z.literal(0), z.literal(1)]),
  z.number(),
  z.array(z.number()),
])
/** The file's own `format` key describes it: nodes [lon, lat, elevationM], edges with inner vertices as 1e-5° steps. */
const RawGraph = z.object({
  attribution: z.string(),
  classes: z.array(z.string()),
  names: z.array(z.string()),
  nodes: z.array(RawNode),
  edges: z.array(RawEdge),
})

/** One direction of one street. `points` runs from the first node to the last, both included. */
export type Road = {
  readonly from: number
  readonly to: number
  readonly lengthM: number
  readonly limitKmh: number
  readonly street: string | undefined
  readonly points: readonly Position[]
}

export type RoadGraph = {
  readonly nodes: readonly Position[]
  /** Roads that leave a node, by its number. */
  readonly leaving: readonly (readonly Road[])[]
}

/**
 * Usual speed by OpenStreetMap road class, km/h: the data has no limits. Believable for Moscow: 60 in town
 * (traffic rules 10.2), 80 on roads built for it, 20 in yards.
 */
const LIMIT_KMH: Readonly<Record<string, number>> = {
  trunk: 80,
  trunk_link: 50,
  primary: 60,
  primary_link: 40,
  secondary: 60,
  secondary_link: 40,
  tertiary: 50,
  tertiary_link: 40,
  residential: 40,
  living_street: 20,
  unclassified: 40,
  road: 40,
}

/** Pure. Reads the road graph; throws a ZodError when the file is not of its format. */
export function parseRoadGraph(json: unknown): RoadGraph {
  const raw = RawGraph.parse(json)
  const nodes = raw.nodes.map(([lon, lat]): Position => ({ lat, lon }))
  const leaving: Road[][] = nodes.map(() => [])
  for (const [from, to, classIndex, nameIndex, bothWays, lengthM, steps] of raw.edges) {
    const start = nodes[from]
    const end = nodes[to]
    if (start === undefined || end === undefined) throw new Error(`road from ${from} to ${to}: no such node`)
    const points = [start, ...innerPoints(start, steps), end]
    const limitKmh = LIMIT_KMH[raw.classes[classIndex] ?? ''] ?? 40
    const street = raw.names[nameIndex]
    leaving[from]?.push({ from, to, lengthM, limitKmh, street, points })
    if (bothWays === 1)
      leaving[to]?.push({ from: to, to: from, lengthM, limitKmh, street, points: points.toReversed() })
  }
  return { nodes, leaving }
}

function innerPoints(start: Position, steps: readonly number[]): Position[] {
  const points: Position[] = []
  let { lat, lon } = start
  for (let index = 0; index + 1 < steps.length; index += 2) {
    lon += (steps[index] ?? 0) / 1e5
    lat += (steps[index + 1] ?? 0) / 1e5
    points.push({ lat, lon })
  }
  return points
}

/** Pure. The number of the node nearest to a point. */
export function nearestNode(graph: RoadGraph, point: Position): number {
  let nearest = 0
  let best = Number.POSITIVE_INFINITY
  graph.nodes.forEach((node, index) => {
    const distance = distanceM(node, point)
    if (distance < best) {
      best = distance
      nearest = index
    }
  })
  return nearest
}
