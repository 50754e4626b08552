import type { JournalEntry } from './journal-entry.ts'

/**
 * The newest entries in memory, so that projections which keep up read what has just been parsed instead of each parsing
 * it again. Entries come in rising position; all readers share them and change nothing.
 */
export type JournalTail = {
  push(entries: readonly JournalEntry[]): void
  /** Entries have been deleted through this position: whoever asks for them has to ask the file. */
  cut(position: number): void
  /** Every reader has come so far: what lies behind them is let go, for what lives long costs most to remember. */
  passed(position: number): void
  /** Up to `limit` entries behind `after`, or undefined when the tail does not reach back that far. */
  read(after: number, limit: number): readonly JournalEntry[] | undefined
}

/** Holds what not every reader has passed: at least the newest `keep` of it, and at most twice as many. */
export function createJournalTail(keep: number): JournalTail {
  let entries: JournalEntry[] = []
  /** Everything behind this position is here. */
  let from: number | undefined
  /** The first place whose entry lies behind `position`. */
  const placeBehind = (position: number): number => {
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((entries[middle]?.position ?? 0) <= position) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    push: (more) => {
      const first = more[0]
      if (first === undefined) return
      from ??= first.position - 1
      for (const entry of more) entries.push(entry)
      if (entries.length < 2 * keep) return
      entries = entries.slice(-keep)
      from = (entries[0]?.position ?? 1) - 1
    },
    cut: (position) => {
      if (from === undefined || position <= from) return
      entries = entries.slice(placeBehind(position))
      from = position
    },
    passed: (position) => {
      const place = placeBehind(position)
      // Seldom enough that moving the others costs nothing.
      if (from === undefined || 2 * place < entries.length) return
      entries = entries.slice(place)
      from = Math.max(from, position)
    },
    read: (after, limit) => {
      if (from === undefined || after < from) return undefined
      const place = placeBehind(after)
      return entries.slice(place, place + limit)
    },
  }
}
