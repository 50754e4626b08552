import { EpochMs } from '#contract/instant.ts'
import { type Day, dayOf } from '../../calendar/moscow-day.ts'
import type { Facts } from '../../expressions/fact-type.ts'

/** One driver who got his car by the link of an agent. `id` is the card's. */
export type Credit = {
  readonly id: string
  readonly day: number | null
  readonly driver: string | null
  readonly kopecks: number
}
export type Statement = {
  readonly brought: number
  readonly creditedKopecks: number
  readonly credits: readonly Credit[]
}

/** Pure. A row of the agents' registry. */
export function creditOf(id: string, { day, driver, amount }: Facts): Credit {
  return {
    id,
    day: typeof day === 'number' ? day : null,
    driver: typeof driver === 'string' ? driver : null,
    kopecks: typeof amount === 'number' ? amount : 0,
  }
}

/** Pure. What these credits come to, the newest first; a credit without a day stands at the end. */
export function statementOf(credits: readonly Credit[]): Statement {
  return {
    brought: credits.length,
    creditedKopecks: credits.reduce((sum, { kopecks }) => sum + kopecks, 0),
    credits: credits.toSorted((a, b) => (b.day ?? 0) - (a.day ?? 0) || a.id.localeCompare(b.id)),
  }
}

/** Pure. The last day of an agent; null: his work has no end. */
export function lastDayOf({ until }: Facts): Day | null {
  const at = EpochMs.safeParse(until)
  return at.success ? dayOf(at.data) : null
}

/** Pure. Whether applications by his link are his on the day of this moment, the last day included. */
export function isAtWork(agent: Facts, now: EpochMs): boolean {
  const last = lastDayOf(agent)
  return agent['active'] === true && (last === null || dayOf(now) <= last)
}
