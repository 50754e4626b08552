/** What is to happen, in order of time and, within one moment, in order of planning: the whole order of a simulation. */
export type EventQueue = {
  push(at: number, run: () => void): void
  /** Takes the earliest out; undefined when nothing is left. */
  pop(): { readonly at: number; readonly run: () => void } | undefined
  size(): number
}

type Entry = { readonly at: number; readonly sequence: number; readonly run: () => void }

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence)

/** A binary heap keyed (time, sequence). */
export function createEventQueue(): EventQueue {
  const heap: Entry[] = []
  let sequence = 0

  /** Both ways move a hole instead of swapping: this is the busiest loop of a run. */
  const rise = (from: number, entry: Entry): void => {
    let hole = from
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, entry)) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = entry
  }
  const sink = (entry: Entry): void => {
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      let least = heap[child]
      if (least === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, least)) {
        least = right
        child += 1
      }
      if (before(entry, least)) break
      heap[hole] = least
      hole = child
    }
    heap[hole] = entry
  }

  return {
    push: (at, run) => {
      sequence += 1
      const entry = { at, sequence, run }
      heap.push(entry)
      rise(heap.length - 1, entry)
    },
    pop: () => {
      const first = heap[0]
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) sink(last)
      return first
    },
    size: () => heap.length,
  }
}
