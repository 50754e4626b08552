import { MOSCOW_MS } from '../../calendar/moscow-day.ts'
import { type Read, text } from './reader.ts'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** A length of time as written: `15m`, `4h`, `1d`, `1mo`. Months are of the calendar, so they stay apart. */
export type Duration = { readonly text: string; readonly ms: number; readonly months: number }

/** Pure. Undefined when the text is not a duration; `1h30m` is one, zero is not. */
export function parseDuration(source: string): Duration | undefined {
  const whole = /^(?:(\d+)mo)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(source)
  if (whole === null) return undefined
  const [, mo, w, d, h, m, s] = whole.map((part) => Number(part ?? 0))
  const ms = (w ?? 0) * UNITS.w + (d ?? 0) * UNITS.d + (h ?? 0) * UNITS.h + (m ?? 0) * UNITS.m + (s ?? 0) * UNITS.s
  const months = mo ?? 0
  return ms + months > 0 ? { text: source, ms, months } : undefined
}

export const duration =
  (what: string): Read<Duration> =>
  (node, report) => {
    const written = text(what)(node, report)
    if (written === undefined) return undefined
    const parsed = parseDuration(written)
    if (parsed === undefined) report(node.at, 15, `«${written}» не срок (${what})`, 'Пишите 15m, 4h, 1d, 1mo или 1h30m')
    return parsed
  }

/** Pure. The moment `length` after `at`; months end on the last day where the day does not exist. Moscow, no DST. */
export function after(at: number, { ms, months }: Pick<Duration, 'ms' | 'months'>): number {
  if (months === 0) return at + ms
  const local = new Date(at + MOSCOW_MS)
  const day = local.getUTCDate()
  const moved = new Date(local.getTime())
  moved.setUTCDate(1)
  moved.setUTCMonth(moved.getUTCMonth() + months)
  const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate()
  moved.setUTCDate(Math.min(day, last))
  return moved.getTime() - MOSCOW_MS + ms
}
