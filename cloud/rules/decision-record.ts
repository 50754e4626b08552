import type { EpochMs } from '#contract/instant.ts'
import type { Expression } from '../expressions/expression.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Action } from '../processes/notation/action.ts'
import type { Conditions } from './judge.ts'

/** One value a decision looked at; `asOf` null: kept by Kordon itself, true at the moment of the decision. */
export type DecisionInput = { readonly path: string; readonly value: Fact; readonly asOf: EpochMs | null }

/** An effect as it was decided: nothing is looked up again when it is carried out. */
export type EffectDetails = {
  readonly action: Action
  readonly values: Facts
  readonly facts: Facts
  readonly since: EpochMs
}

/** Pure. Every value the conditions look at, once, as it was; absent ones are told as absent. */
export function inputsOf(
  rule: Pick<Conditions, 'where' | 'if' | 'unless' | 'notNow'>,
  facts: Facts,
  asOf: Readonly<Record<string, EpochMs>>,
): readonly DecisionInput[] {
  const expressions = [rule.where, rule.if, rule.unless, rule.notNow].filter(
    (one): one is Expression => one !== undefined,
  )
  const paths = new Set(expressions.flatMap(({ reads }) => reads.map(({ path }) => path.join('.'))))
  return [...paths].map((path) => ({ path, value: valueAt(facts, path.split('.')) ?? null, asOf: ageOf(asOf, path) }))
}

const ageOf = (asOf: Readonly<Record<string, EpochMs>>, path: string): EpochMs | null =>
  asOf[path] ?? asOf[path.split('.')[0] ?? ''] ?? null

function valueAt(facts: Facts, path: readonly string[]): Fact {
  let value: Fact = facts
  for (const field of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, field))
      return undefined
    value = Object.entries(value).find(([key]) => key === field)?.[1]
  }
  return value
}
