import { metresFromSegment, type Point } from './distance.ts'

type Piece = { readonly from: number; readonly to: number; readonly peak: number; readonly metres: number }

/**
 * Pure. At most `limit` of the points, in order: the first, the last, and the turns that matter most. Splits the line at
 * the point farthest from it, again and again (Douglas–Peucker, the largest deviation first), so that what is left out is
 * always less than what is kept.
 */
export function thinTrack<At extends Point>(points: readonly At[], limit: number): readonly At[] {
  if (points.length <= limit || limit < 2) return points.slice(0, limit < 2 ? limit : undefined)
  const kept = new Set([0, points.length - 1])
  const heap = createHeap()
  const open = (from: number, to: number): void => {
    const piece = farthest(points, from, to)
    if (piece !== undefined) heap.push(piece)
  }
  open(0, points.length - 1)
  while (kept.size < limit) {
    const piece = heap.pop()
    if (piece === undefined) break
    kept.add(piece.peak)
    open(piece.from, piece.peak)
    open(piece.peak, piece.to)
  }
  return points.filter((_, index) => kept.has(index))
}

function farthest(points: readonly Point[], from: number, to: number): Piece | undefined {
  const [a, b] = [points[from], points[to]]
  if (a === undefined || b === undefined || to - from < 2) return undefined
  let peak = from + 1
  let metres = -1
  for (let index = from + 1; index < to; index += 1) {
    const point = points[index]
    const away = point === undefined ? 0 : metresFromSegment(point, a, b)
    if (away > metres) {
      metres = away
      peak = index
    }
  }
  return { from, to, peak, metres }
}

/** A binary heap, the largest deviation on top. */
function createHeap() {
  const items: Piece[] = []
  const metres = (index: number): number => items[index]?.metres ?? -1
  const swap = (a: number, b: number): void => {
    const [one, other] = [items[a], items[b]]
    if (one === undefined || other === undefined) return
    items[a] = other
    items[b] = one
  }
  return {
    push: (piece: Piece): void => {
      items.push(piece)
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (metres(parent) >= metres(at)) break
        swap(at, parent)
        at = parent
      }
    },
    pop: (): Piece | undefined => {
      const top = items[0]
      const last = items.pop()
      if (top === undefined || last === undefined || items.length === 0) return top
      items[0] = last
      for (let at = 0; ; ) {
        const child = metres(2 * at + 1) >= metres(2 * at + 2) ? 2 * at + 1 : 2 * at + 2
        if (metres(child) <= metres(at)) return top
        swap(at, child)
        at = child
      }
    },
  }
}
