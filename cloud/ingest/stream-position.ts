/** Sequence numbers `from` to `to`, both included. */
export type SeqRange = { readonly from: number; readonly to: number }

/**
 * What of a stream is covered: everything through `through` without a hole, and the ranges `beyond` it, in order,
 * apart from each other. Covered = stored, set aside in quarantine, or declared lost by the gateway's own `gap` event.
 */
export type StreamPosition = { readonly through: number; readonly beyond: readonly SeqRange[] }

export const STREAM_START: StreamPosition = { through: 0, beyond: [] }

/** Far more holes than a window of 20 batches can make; a stream that has more is refused. */
export const MAX_HOLES = 1000

/** A batch would give its stream more holes than are kept. It is refused, and comes again once earlier ones have come. */
export class TooManyHoles extends Error {}

export type Covered = {
  readonly position: StreamPosition
  /** The part of the range that was not covered before, in order; empty for a duplicate. */
  readonly fresh: readonly SeqRange[]
  /** The hole this range has newly opened before itself. */
  readonly opened: SeqRange | undefined
}

/**
 * Pure. Covers a range. `through` is the highest contiguous number, never the highest seen: a receipt of it lets the
 * gateway forget.
 */
export function cover(position: StreamPosition, range: SeqRange): Covered {
  // Nearly always: the next batch of a whole stream.
  if (position.beyond.length === 0 && range.from === position.through + 1)
    return { position: { through: range.to, beyond: position.beyond }, fresh: [range], opened: undefined }
  const before: readonly SeqRange[] = [{ from: 0, to: position.through }, ...position.beyond]
  const fresh = subtract(range, before)
  if (fresh.length === 0) return { position, fresh, opened: undefined }
  const [first, ...beyond] = merge([...before, range])
  return { position: { through: first?.to ?? 0, beyond }, fresh, opened: holeBefore(before, range) }
}

/** Pure. What several hold of one stream, taken together. */
export function together(positions: readonly StreamPosition[]): StreamPosition {
  const ranges = positions.flatMap(({ through, beyond }) => [{ from: 0, to: through }, ...beyond])
  const [first, ...beyond] = merge(ranges)
  return { through: first?.to ?? 0, beyond }
}

/** Pure. The holes before the highest covered number, in order. */
export function holesOf({ through, beyond }: StreamPosition): readonly SeqRange[] {
  let next = through + 1
  return beyond.map((range) => {
    const hole = { from: next, to: range.from - 1 }
    next = range.to + 1
    return hole
  })
}

/** Pure. Is the number in one of the ranges? */
export const isIn = (ranges: readonly SeqRange[], seq: number): boolean =>
  ranges.some(({ from, to }) => from <= seq && seq <= to)

function subtract(range: SeqRange, covered: readonly SeqRange[]): readonly SeqRange[] {
  const left: SeqRange[] = []
  let from = range.from
  for (const known of covered) {
    if (known.to < from) continue
    if (known.from > range.to) break
    if (known.from > from) left.push({ from, to: known.from - 1 })
    from = known.to + 1
  }
  return from > range.to ? left : [...left, { from, to: range.to }]
}

function merge(ranges: readonly SeqRange[]): readonly SeqRange[] {
  const merged: SeqRange[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last === undefined || range.from > last.to + 1) merged.push(range)
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to }
  }
  return merged
}

/** Only a range behind everything known opens a hole; one that lands inside a hole narrows it. */
function holeBefore(before: readonly SeqRange[], range: SeqRange): SeqRange | undefined {
  const end = before.at(-1)?.to ?? 0
  return range.from > end + 1 ? { from: end + 1, to: range.from - 1 } : undefined
}
