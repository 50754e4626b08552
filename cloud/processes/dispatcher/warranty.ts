import type { Facts } from '../../expressions/fact-type.ts'

export type Warranty = {
  /** `unknown`: the card of the machine names no limit, or a limit by hours and no hours. */
  readonly state: 'valid' | 'over' | 'unknown'
  readonly hoursLeft: number | null
  readonly until: number | null
  /** The limit that was reached. */
  readonly endedBy: 'hours' | 'date' | null
}

/** Pure. Warranty ends with the first limit reached, hours or date; a machine may have only one of the two. */
export function warrantyOf(machine: Facts, today: number): Warranty {
  const number = (field: string): number | null => {
    const value = machine[field]
    return typeof value === 'number' ? value : null
  }
  const [limit, hours, until] = [number('warrantyHours'), number('engineHours'), number('warrantyUntil')]
  const hoursLeft = limit === null || hours === null ? null : limit - hours
  const byHours = hoursLeft !== null && hoursLeft <= 0
  const byDate = until !== null && until < today
  if (byHours || byDate) return { state: 'over', hoursLeft, until, endedBy: byDate ? 'date' : 'hours' }
  const isKnown = (limit !== null || until !== null) && (limit === null || hoursLeft !== null)
  return { state: isKnown ? 'valid' : 'unknown', hoursLeft, until, endedBy: null }
}

export type RequestKind = 'repair' | 'maintenance'

/** Pure. Which of the four scenarios a request becomes; null while the warranty is not known. */
export const scenarioOf = (warranty: Warranty, kind: RequestKind): string | null =>
  warranty.state === 'unknown' ? null : `${warranty.state === 'valid' ? 'warranty' : 'post'}_${kind}`
