import { createCompiler } from '../../expressions/expression.ts'
import { type Facts, INT } from '../../expressions/fact-type.ts'
import { kpiScope } from '../lint/check-kpis.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Counted, Kpi } from '../notation/kpi.ts'

/** How often a person did one kind of thing in a month (`YYYY-MM`), as the log has it. */
export type Deed = {
  readonly person: string
  readonly name: string | null
  readonly month: string
  readonly kind: 'moved' | 'done'
  readonly pipeline: string
  /** The stage that cards were brought to, or the task that was closed. */
  readonly what: string
  readonly outcome: string | null
  readonly late: boolean
  readonly count: number
}
export type KpiLine = {
  readonly month: string
  readonly person: string
  readonly name: string | null
  readonly counts: readonly { readonly title: string; readonly count: number }[]
  /** Undefined: the formula has no answer for these facts. */
  readonly value: number | undefined
}

const fits = (what: Counted, deed: Deed): boolean => {
  const isNamed = (names: readonly { readonly name: string }[], word: string | null) =>
    names.some(({ name }) => name === word)
  if (what.kind === 'moved')
    return deed.kind === 'moved' && deed.pipeline === what.pipeline.name && isNamed(what.to, deed.what)
  return (
    deed.kind === 'done' &&
    isNamed(what.tasks, deed.what) &&
    (what.outcomes.length === 0 || isNamed(what.outcomes, deed.outcome)) &&
    (what.when === 'any' || deed.late)
  )
}

/** Pure. A figure for everybody who did something that it counts, month by month, the newest month first. */
export function kpiLines(
  definitions: Definitions,
  kpi: Kpi,
  policy: Facts,
  deeds: readonly Deed[],
): readonly KpiLine[] {
  const compiled = createCompiler(kpiScope(definitions, kpi))(kpi.formula.cel, INT)
  const groups = Map.groupBy(deeds, ({ month, person }) => `${month} ${person}`)
  return [...groups.values()]
    .flatMap((own): readonly KpiLine[] => {
      const [first] = own
      const counts = kpi.counts.map(({ id, title, what }) => ({
        id,
        title,
        count: own.filter((deed) => fits(what, deed)).reduce((sum, { count }) => sum + count, 0),
      }))
      if (first === undefined || counts.every(({ count }) => count === 0)) return []
      const facts = { ...Object.fromEntries(counts.map(({ id, count }) => [id, count])), policy }
      const result = compiled.kind === 'compiled' ? compiled.expression.evaluate(facts) : undefined
      const value = result?.kind === 'value' ? Number(result.value) : undefined
      const { month, person, name } = first
      return [{ month, person, name, counts, value }]
    })
    .toSorted((a, b) => b.month.localeCompare(a.month) || (b.value ?? 0) - (a.value ?? 0))
}
