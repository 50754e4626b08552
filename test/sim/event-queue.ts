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

  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]]
    if (a === undefined || b === undefined) return
    heap[i] = b
    heap[j] = a
  }
  const isBefore = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]]
    return a !== undefined && b !== undefined && before(a, b)
  }
  const rise = (from: number): void => {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(index, parent)) return
      swap(index, parent)
      index = parent
    }
  }
  const sink = (): void => {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const least = isBefore(left + 1, left) ? left + 1 : left
      if (!isBefore(least, index)) return
      swap(index, least)
      index = least
    }
  }

  return {
    push: (at, run) => {
      sequence += 1
      heap.push({ at, sequence, run })
      rise(heap.length - 1)
    },
    pop: () => {
      const first = heap[0]
      const last = heap.pop()
      if (first !== undefined && last !== undefined && heap.length > 0) {
        heap[0] = last
        sink()
      }
      return first
    },
    size: () => heap.length,
  }
}
