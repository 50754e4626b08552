import { type Plane, type Point, planeOf, squareFromSegment } from './distance.ts'

type Piece = { readonly from: number; readonly to: number; readonly peak: number; readonly away: number }

/** A track as it is shown: `breaks` are the places in `points` at which a new piece begins; no line leads into it. */
export type Line<At> = { readonly points: readonly At[]; readonly breaks: readonly number[] }

type Limits = {
  /** At most so many points. */
  readonly points: number
  /** What lies nearer than this to the drawn line may be left out, metres; 0 keeps all that `points` allows. */
  readonly toleranceM: number
}

/**
 * Pure. Fewer points, in order: the ends of every piece, and the turns that matter most. Splits each piece at the point
 * farthest from its line, again and again (Douglas–Peucker, the largest deviation first), until all that is left out lies
 * within the tolerance or the points are used up; what is left out is then always less than what is kept. Works piece by
 * piece, never across a gap.
 */
export function thinTrack<At extends Point>({ points, breaks }: Line<At>, limits: Limits): Line<At> {
  if (points.length <= limits.points && limits.toleranceM <= 0) return { points, breaks }
  const plane = planeOf(points)
  const heap = createHeap()
  const least = limits.toleranceM > 0 ? limits.toleranceM ** 2 : -1
  const open = (from: number, to: number): void => {
    const piece = farthest(plane, from, to)
    if (piece !== undefined && piece.away > least) heap.push(piece)
  }
  const kept = new Uint8Array(points.length)
  let count = 0
  const keep = (index: number): void => {
    if (kept[index] === 0) count += 1
    kept[index] = 1
  }
  // So few points that not even the ends of the pieces have room: the gaps are only marked then.
  const starts = 2 * (breaks.length + 1) > limits.points ? [0] : [0, ...breaks]
  for (const [index, from] of points.length === 0 ? [] : starts.entries()) {
    const to = (starts[index + 1] ?? points.length) - 1
    keep(from)
    if (to > from) keep(to)
    open(from, to)
  }
  while (count < limits.points) {
    const piece = heap.pop()
    if (piece === undefined) break
    keep(piece.peak)
    open(piece.from, piece.peak)
    open(piece.peak, piece.to)
  }
  return picked(points, kept, new Set(breaks))
}

function picked<At>(points: readonly At[], kept: Uint8Array, broken: ReadonlySet<number>): Line<At> {
  const left: At[] = []
  const breaks: number[] = []
  let isBroken = false
  for (const [index, point] of points.entries()) {
    isBroken ||= broken.has(index)
    if (kept[index] === 0) continue
    if (isBroken && left.length > 0) breaks.push(left.length)
    isBroken = false
    left.push(point)
  }
  return { points: left, breaks }
}

/** The point between two that is farthest from their line; undefined when there is none between. */
function farthest(plane: Plane, from: number, to: number): Piece | undefined {
  if (to - from < 2) return undefined
  let peak = from + 1
  let away = -1
  const square = squareFromSegment(plane, from, to)
  for (let index = from + 1; index < to; index += 1) {
    const here = square(index)
    if (here > away) {
      away = here
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
