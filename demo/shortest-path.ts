import { distanceM } from './position.ts'
import type { Road, RoadGraph } from './road-graph.ts'

/** What a path is short in: metres, or seconds at the usual speed of each road. */
export type PathMeasure = 'length' | 'time'

type Open = { readonly node: number; readonly estimate: number }

/** The fastest road of the graph, m/s: no estimate of a remaining time may be higher than the truth. */
const FASTEST_MS = 80 / 3.6
/** Simplified lines make some edges up to a few per cent shorter than the air line between rounded nodes. */
const AIR_LINE_SHARE = 0.95

/** Pure. Roads of the shortest way between two nodes (A*), or undefined when none leads there. */
export function shortestPath(
  graph: RoadGraph,
  from: number,
  to: number,
  measure: PathMeasure,
): readonly Road[] | undefined {
  const goal = graph.nodes[to]
  if (goal === undefined) return undefined
  const remaining = (node: number): number => {
    const here = graph.nodes[node]
    if (here === undefined) return 0
    const metres = distanceM(here, goal) * AIR_LINE_SHARE
    return measure === 'length' ? metres : metres / FASTEST_MS
  }
  const best = new Map<number, number>([[from, 0]])
  const arrivedBy = new Map<number, Road>()
  const settled = new Set<number>()
  const open: Open[] = [{ node: from, estimate: remaining(from) }]
  for (let next = popLowest(open); next !== undefined; next = popLowest(open)) {
    if (next.node === to) return backtrack(arrivedBy, from, to)
    if (settled.has(next.node)) continue
    settled.add(next.node)
    const costHere = best.get(next.node) ?? 0
    for (const road of graph.leaving[next.node] ?? []) {
      const cost = costHere + (measure === 'length' ? road.lengthM : (road.lengthM * 3.6) / road.limitKmh)
      if (cost >= (best.get(road.to) ?? Number.POSITIVE_INFINITY)) continue
      best.set(road.to, cost)
      arrivedBy.set(road.to, road)
      push(open, { node: road.to, estimate: cost + remaining(road.to) })
    }
  }
  return undefined
}

function backtrack(arrivedBy: ReadonlyMap<number, Road>, from: number, to: number): readonly Road[] {
  const roads: Road[] = []
  let node = to
  while (node !== from) {
    const road = arrivedBy.get(node)
    if (road === undefined) break
    roads.push(road)
    node = road.from
  }
  return roads.toReversed()
}

const estimateAt = (heap: readonly Open[], index: number): number => heap[index]?.estimate ?? Number.POSITIVE_INFINITY

function swap(heap: Open[], a: number, b: number): void {
  const first = heap[a]
  const second = heap[b]
  if (first === undefined || second === undefined) return
  heap[a] = second
  heap[b] = first
}

function push(heap: Open[], item: Open): void {
  let index = heap.push(item) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (estimateAt(heap, parent) <= estimateAt(heap, index)) return
    swap(heap, parent, index)
    index = parent
  }
}

function popLowest(heap: Open[]): Open | undefined {
  swap(heap, 0, heap.length - 1)
  const lowest = heap.pop()
  let index = 0
  for (;;) {
    const left = index * 2 + 1
    const smaller = estimateAt(heap, left + 1) < estimateAt(heap, left) ? left + 1 : left
    if (estimateAt(heap, smaller) >= estimateAt(heap, index)) return lowest
    swap(heap, smaller, index)
    index = smaller
  }
}
