import { z } from 'zod'
import { EpochMs } from '#contract/instant.ts'
import { Day, dayOf, MOSCOW_MS } from '../calendar/moscow-day.ts'

/** How sources write a day or a moment; one without a zone is of Moscow. */
export const Moment = z.enum(['iso', 'dd.mm.yyyy', 'seconds', 'milliseconds'])
export type Moment = z.infer<typeof Moment>

export type Written = { readonly kind: 'day'; readonly day: Day } | { readonly kind: 'moment'; readonly at: EpochMs }

/** Pure. What was written, as a day or as a moment; undefined when it is neither. */
export function writtenAt(text: string, as: Moment): Written | undefined {
  if (as === 'seconds' || as === 'milliseconds') {
    const at = EpochMs.safeParse(Number(text) * (as === 'seconds' ? 1000 : 1))
    return /^\d{9,14}$/.test(text) && at.success ? { kind: 'moment', at: at.data } : undefined
  }
  const found =
    as === 'iso'
      ? /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
      : /^(\d\d)\.(\d\d)\.(\d{4})(?:,? (\d\d:\d\d(?::\d\d)?))?$/.exec(text)
  if (found === null) return undefined
  const [, a = '', b = '', c = '', time, zone] = found
  const day = Day.safeParse(as === 'iso' ? `${a}-${b}-${c}` : `${c}-${b}-${a}`)
  if (!day.success) return undefined
  if (time === undefined) return { kind: 'day', day: day.data }
  const offset = zone === undefined ? MOSCOW_MS : 0
  const at = EpochMs.safeParse(Date.parse(`${day.data}T${time}${zone ?? 'Z'}`) - offset)
  return at.success ? { kind: 'moment', at: at.data } : undefined
}

/** Pure. The day of it in Moscow. */
export const dayWritten = (written: Written): Day => (written.kind === 'day' ? written.day : dayOf(written.at))
