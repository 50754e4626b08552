import { type EpochMs, epochMs } from '#contract/instant.ts'

/** A calendar month in UTC: the unit in which the SQL database keeps and forgets frames. */
export type Month = { readonly name: string; readonly from: EpochMs; readonly to: EpochMs }

/** Any number known to nobody else: one instance at a time makes or drops a month. */
export const MONTHS_LOCK = 7_203_114_656

/** Outside these years a reading comes from a clock that was off; such frames share one table of their own. */
const FIRST_YEAR = 2010
const LAST_YEAR = 2059

/** Pure. The month of a moment, named `YYYYMM`; undefined for moments outside 2010–2059. */
export function monthOf(at: EpochMs): Month | undefined {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return undefined
  return {
    name: `${year}${String(month + 1).padStart(2, '0')}`,
    from: epochMs(Date.UTC(year, month)),
    to: epochMs(Date.UTC(year, month + 1)),
  }
}

/** Pure. The month of a name, as of a table in the database; undefined when it is none. */
export function monthNamed(name: string): Month | undefined {
  const match = /^(\d{4})(0[1-9]|1[0-2])$/.exec(name)
  return match === null ? undefined : monthOf(epochMs(Date.UTC(Number(match[1]), Number(match[2]) - 1)))
}
