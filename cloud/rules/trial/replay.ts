import { type EpochMs, epochMs } from '#contract/instant.ts'
import { midnight } from '../../calendar/moscow-day.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { FactChangeRow } from '../../postgres/rule-tables.ts'
import type { CompiledRule } from '../compiled-rule.ts'
import { type FactPlace, ownerOf } from '../fact-history.ts'
import { judgeRule, type Previous } from '../judge.ts'
import type { Subject } from '../ports.ts'
import type { WhatIfHit } from '../what-if-wish.ts'

export type Change = Pick<FactChangeRow, 'at' | 'value'>
/** Changes by `kind id field`, oldest first. */
export type History = ReadonlyMap<string, readonly Change[]>

export type Replay = { readonly hits: readonly WhatIfHit[]; readonly evaluations: number; readonly unknown: number }
type Span = { readonly from: EpochMs; readonly to: EpochMs }

export const historyKey = (kind: string, id: string, field: string): string => `${kind} ${id} ${field}`

/** Pure. Does the rule look at the clock? Then it has to be judged again and again, and else when a fact changes. */
export const isTimed = (rule: Pick<CompiledRule, 'where' | 'if' | 'unless' | 'notNow'>): boolean =>
  [rule.where, rule.if, rule.unless, rule.notNow].some((expression) =>
    expression?.reads.some(({ path }) => path[0] === 'now' || path[0] === 'today'),
  )

/** Pure. When the rule would have fired for one subject, had these been its conditions and these the numbers. */
export function replay(
  rule: CompiledRule,
  places: readonly FactPlace[],
  subject: Subject,
  history: History,
  policy: Facts,
  { from, to }: Span,
): Replay {
  const tracks = places.flatMap((place) => {
    const id = ownerOf(place, subject)
    const changes = id === undefined ? undefined : history.get(historyKey(place.kind, id, place.field))
    return changes === undefined ? [] : [{ path: place.path.split('.'), changes, next: 0 }]
  })
  const facts = mutable({ ...identityOf(subject.facts), policy })
  const moments = momentsOf(tracks, rule, from, to)
  const hits: WhatIfHit[] = []
  let previous: Previous | undefined
  let open: { readonly at: number } | undefined
  let unknown = 0
  const close = (until: number | null) => {
    if (open === undefined) return
    const { vehicleId, driverId } = subject
    hits.push({ subject: subject.id, vehicleId: vehicleId ?? null, driverId: driverId ?? null, at: open.at, until })
    open = undefined
  }
  for (const at of moments) {
    for (const track of tracks)
      for (
        let change = track.changes[track.next];
        change !== undefined && change.at <= at;
        change = track.changes[track.next]
      ) {
        put(facts, track.path, change.value)
        track.next += 1
      }
    facts['now'] = at
    facts['today'] = midnight(at)
    const judged = judgeRule(rule, facts, previous, epochMs(at))
    if (judged.verdict === 'unknown') unknown += 1
    if (judged.outcome === 'notSatisfied') close(at)
    if (judged.fire && open === undefined) open = { at }
    previous = judged
  }
  close(null)
  return { hits, evaluations: moments.length, unknown }
}

function momentsOf(
  tracks: readonly { readonly changes: readonly Change[] }[],
  rule: CompiledRule,
  from: EpochMs,
  to: EpochMs,
) {
  const moments = new Set<number>([from])
  for (const { changes } of tracks) for (const { at } of changes) if (at > from && at <= to) moments.add(at)
  if (isTimed(rule)) for (let at = from + (rule.everyMs ?? HOUR); at <= to; at += rule.everyMs ?? HOUR) moments.add(at)
  return [...moments].sort((a, b) => a - b)
}
const HOUR = 3_600_000

/** Ids and the lease itself are what they are today; everything else comes from the history or is unknown. */
const identityOf = (facts: Facts): Record<string, Fact> =>
  Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]): [string, Fact][] => {
      if (typeof fact !== 'object' || fact === null || !('id' in fact)) return []
      return [
        [name, name === 'deal' ? fact : Object.fromEntries(Object.entries(fact).filter(([field]) => field === 'id'))],
      ]
    }),
  )

type Mutable = { [name: string]: Fact }
const mutable = (facts: Facts): Mutable => structuredClone({ ...facts })

function put(facts: Mutable, path: readonly string[], value: FactChangeRow['value']): void {
  const [root = '', field] = path
  if (field === undefined) {
    facts[root] = value
    return
  }
  const held = facts[root]
  const record: Mutable =
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? { ...Object.fromEntries(Object.entries(held)) }
      : {}
  record[field] = value
  facts[root] = record
}
