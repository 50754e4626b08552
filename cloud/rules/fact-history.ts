import type { EpochMs } from '#contract/instant.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { FactChangeRow } from '../postgres/rule-tables.ts'
import type { CompiledRule, PlannedRead } from './compiled-rule.ts'
import { inputsOf } from './decision-record.ts'
import type { Subject } from './ports.ts'

/** Where in the history a path of a rule is kept: `balance.kopecks` of a driver, `postponed` of a vehicle. */
export type FactPlace = { readonly path: string; readonly kind: 'vehicle' | 'driver' | 'lease'; readonly field: string }

const NOT_KEPT = new Set(['now', 'today', 'policy', 'event', 'stage', 'answer'])

/** Pure. The history a rule needs to be tried on; paths that no history is kept of are left out. */
export function placesOf(
  rule: Pick<CompiledRule, 'where' | 'if' | 'unless' | 'notNow' | 'reads'>,
): readonly FactPlace[] {
  return inputsOf(rule, {}, {}).flatMap(({ path }): readonly FactPlace[] => {
    const [root = '', ...rest] = path.split('.')
    if (NOT_KEPT.has(root)) return []
    const read = rule.reads.find(({ name }) => name === root)
    if (read !== undefined) return placeOfRead(path, rest, read)
    if (rest.length === 0 || rest[0] === 'id') return []
    return [{ path, kind: root === 'vehicle' || root === 'driver' ? root : 'lease', field: rest.join('.') }]
  })
}

function placeOfRead(path: string, rest: readonly string[], { read }: PlannedRead): readonly FactPlace[] {
  if (read.kind === 'find' || read.kind === 'free' || read.kind === 'held') return []
  const kind = read.of.name === 'driver' ? 'driver' : 'vehicle'
  const word = read.kind === 'permit' ? `permit.${read.name.name}` : WORDS[read.kind]
  return [{ path, kind, field: [word, ...rest].join('.') }]
}

const WORDS = { balance_of: 'balance', zone_state: 'zone', shift_of: 'shift', area_outage: 'areaOutage' } as const

/** Pure. Whose history this subject has for a place; undefined: nobody's. */
export function ownerOf(
  place: Pick<FactPlace, 'kind'>,
  subject: Pick<Subject, 'id' | 'vehicleId' | 'driverId'>,
): string | undefined {
  if (place.kind === 'vehicle') return subject.vehicleId
  return place.kind === 'driver' ? subject.driverId : subject.id
}

/** Pure. What was seen of these subjects just now, as rows of history; unknown is a value too. */
export function seenFacts(
  places: readonly FactPlace[],
  seen: readonly { readonly subject: Subject; readonly facts: Facts }[],
  at: EpochMs,
): readonly FactChangeRow[] {
  const rows = new Map<string, FactChangeRow>()
  for (const place of places)
    for (const { subject, facts } of seen) {
      const id = ownerOf(place, subject)
      if (id === undefined) continue
      const [input] = inputAt(facts, place.path)
      rows.set(`${place.kind} ${id} ${place.field}`, {
        kind: place.kind,
        id,
        field: place.field,
        at,
        value: input ?? null,
      })
    }
  return [...rows.values()]
}

function inputAt(facts: Facts, path: string): readonly FactChangeRow['value'][] {
  let value: Fact = facts
  for (const field of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    value = Object.entries(value).find(([key]) => key === field)?.[1]
  }
  if (typeof value === 'string' || typeof value === 'boolean') return [value]
  if (typeof value === 'number') return Number.isInteger(value) ? [value] : []
  if (!Array.isArray(value)) return []
  const texts = value.filter((item): item is string => typeof item === 'string')
  return texts.length === value.length ? [texts] : []
}
