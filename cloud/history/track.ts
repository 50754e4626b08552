import { type Plane, type Point, planeOf, squareFromSegment } from './distance.ts'

type Piece = { readonly from: number; readonly to: number; readonly peak: number; readonly away: number }

/**
 * Pure. At most `limit` of the points, in order: the first, the last, and the turns that matter most. Splits the line at
 * the point farthest from it, again and again (Douglas–Peucker, the largest deviation first), so that what is left out is
 * always less than what is kept.
 */
export function thinTrack<At extends Point>(points: readonly At[], limit: number): readonly At[] {
  if (points.length <= limit || limit < 2) return points.slice(0, limit < 2 ? limit : undefined)
  const kept = new Set([0, points.length - 1])
  const plane = planeOf(points)
  const heap = createHeap()
  const open = (from: number, to: number): void => {
    const piece = farthest(plane, from, to)
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

/** The point between two that is farthest from their line; undefined when there is none between. */
function farthest(plane: Plane, from: number, to: number): Piece | undefined {
  if (to - from < 2) return undefined
  let peak = from + 1
  let away = -1
  for (let index = from + 1; index < to; index += 1) {
    const square = squareFromSegment(plane, index, from, to)
    if (square > away) {
      away = square
      peak = index
    }
  }
  return { from, to, peak, away }
}

/** A binary heap, the largest deviation on top. */
function createHeap() {
  const items: Piece[] = []
  const away = (index: number): number => items[index]?.away ?? -1
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
        if (away(parent) >= away(at)) break
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
        const child = away(2 * at + 1) >= away(2 * at + 2) ? 2 * at + 1 : 2 * at + 2
        if (away(child) <= away(at)) return top
        swap(at, child)
        at = child
      }
    },
  }
}
