import type { ReadingValue } from './reading.ts'

/** A level and, while another one is seen, since when. */
export type Level = {
  readonly settled: ReadingValue
  readonly pending?: { readonly value: ReadingValue; readonly since: number }
}

/** Pure. A new level counts once it has held for `holdMs`; the first one ever seen counts at once. */
export function debounce(level: Level | undefined, value: ReadingValue, steadyAt: number, holdMs: number): Level {
  if (level === undefined || value === level.settled) return { settled: value }
  const since = level.pending?.value === value ? level.pending.since : steadyAt
  return steadyAt - since >= holdMs ? { settled: value } : { settled: level.settled, pending: { value, since } }
}
