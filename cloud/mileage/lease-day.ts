import { z } from 'zod'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'

/** A day of the lease: midnight to midnight in Moscow, named by its date. */
export const LeaseDay = z.iso.date().brand<'LeaseDay'>()
export type LeaseDay = z.infer<typeof LeaseDay>

/** Europe/Moscow since 26 October 2014, all year round; no lease is older. */
const MOSCOW_MS = 3 * 3600 * 1000
const DAY_MS = 24 * 3600 * 1000

/** Pure. The day a moment belongs to. */
export const dayOf = (at: EpochMs): LeaseDay =>
  LeaseDay.parse(new Date(Math.floor((at + MOSCOW_MS) / DAY_MS) * DAY_MS).toISOString().slice(0, 10))

/** Pure. `from` included, `to` excluded. */
export function boundsOf(day: LeaseDay): { readonly from: EpochMs; readonly to: EpochMs } {
  const from = epochMs(Date.parse(`${day}T00:00:00Z`) - MOSCOW_MS)
  return { from, to: later(from, DAY_MS) }
}

/** Pure. The days from one to another, both included. */
export function daysBetween(from: LeaseDay, to: LeaseDay): readonly LeaseDay[] {
  const days: LeaseDay[] = []
  for (let day = from; day <= to; day = dayOf(boundsOf(day).to)) days.push(day)
  return days
}
