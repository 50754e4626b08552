import { MOSCOW_MS } from '../../calendar/moscow-day.ts'

/** Pure. `ЛД-{yyyy}-{n:5}` → `ЛД-2026-00017`; a number too long for its places is written whole. */
export function formatNumber(pattern: string, n: number, at: number): string {
  const local = new Date(at + MOSCOW_MS)
  const year = String(local.getUTCFullYear())
  const month = String(local.getUTCMonth() + 1).padStart(2, '0')
  return pattern
    .replaceAll('{yyyy}', year)
    .replaceAll('{yy}', year.slice(2))
    .replaceAll('{mm}', month)
    .replace(/\{n(?::(\d+))?\}/g, (_all, places: string | undefined) => String(n).padStart(Number(places ?? 1), '0'))
}

/** Pure. In which count this moment falls: a series that starts anew each year counts by year. */
export function periodOf(reset: 'year' | 'month' | 'never', at: number): string {
  const name = new Date(at + MOSCOW_MS).toISOString()
  return reset === 'never' ? '' : reset === 'year' ? name.slice(0, 4) : name.slice(0, 7)
}
