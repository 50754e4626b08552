/** One closed task of a mechanic's terminal. */
export type TerminalLine = {
  readonly card: string
  readonly at: number
  readonly person: string
  readonly what: 'start' | 'pause' | 'resume' | 'done'
  /** Why work stopped; of a pause. */
  readonly reason: string | undefined
}
export type WorkTime = {
  readonly people: readonly {
    readonly person: string
    readonly cards: number
    readonly netMs: number
    readonly waitMs: number
  }[]
  readonly reasons: readonly { readonly reason: string; readonly times: number; readonly waitMs: number }[]
}

/**
 * Pure. Net work against waiting, by mechanic and by reason. Work runs from a start or a resume to the next pause or
 * end on the same card; waiting from a pause to the resume. What has not ended in the lines counts for nothing yet.
 */
export function workTime(lines: readonly TerminalLine[]): WorkTime {
  const people = new Map<string, { cards: Set<string>; netMs: number; waitMs: number }>()
  const reasons = new Map<string, { times: number; waitMs: number }>()
  const of = (person: string) => {
    const known = people.get(person) ?? { cards: new Set<string>(), netMs: 0, waitMs: 0 }
    people.set(person, known)
    return known
  }
  for (const [card, own] of Map.groupBy(lines, (line) => line.card)) {
    let since: { readonly at: number; readonly working: boolean; readonly reason: string } | undefined
    for (const line of own.toSorted((a, b) => a.at - b.at)) {
      const person = of(line.person)
      person.cards.add(card)
      const stops = line.what === 'pause' || line.what === 'done'
      if (stops && since?.working === true) person.netMs += line.at - since.at
      if (line.what === 'resume' && since?.working === false) {
        const waited = line.at - since.at
        person.waitMs += waited
        const known = reasons.get(since.reason) ?? { times: 0, waitMs: 0 }
        reasons.set(since.reason, { times: known.times + 1, waitMs: known.waitMs + waited })
      }
      since =
        line.what === 'done' ? undefined : { at: line.at, working: line.what !== 'pause', reason: line.reason ?? '' }
    }
  }
  return {
    people: [...people]
      .map(([person, { cards, netMs, waitMs }]) => ({ person, cards: cards.size, netMs, waitMs }))
      .toSorted((a, b) => b.netMs - a.netMs),
    reasons: [...reasons].map(([reason, known]) => ({ reason, ...known })).toSorted((a, b) => b.waitMs - a.waitMs),
  }
}
