import type { EpochMs } from '#contract/instant.ts'
import { type Expression, type Verdict, verdictOf } from '../expressions/expression.ts'
import type { Facts } from '../expressions/fact-type.ts'

export type Outcome = Verdict
/** `shadow`: only written down what it would have done. */
export type Mode = 'acting' | 'shadow'

/** The last outcome of a rule for one subject, and since when. */
export type Previous = { readonly outcome: Outcome; readonly since: EpochMs }

/** The conditions of a rule, as far as judging needs them. */
export type Conditions = {
  readonly fires: 'on_change' | 'each_time'
  readonly where: Expression | undefined
  readonly if: Expression | undefined
  readonly unless: Expression | undefined
  /** A bad moment, not an end: while it is true or unknown a satisfied rule waits, and stays what it was. */
  readonly notNow: Expression | undefined
}

/** What each condition came to; `missing`: what would have been needed to know. */
export type Because = {
  readonly where: Outcome | null
  readonly if: Outcome | null
  readonly unless: Outcome | null
  readonly notNow: Outcome | null
  readonly missing: readonly string[]
}

export type Judgement = {
  /** What the facts say now. */
  readonly verdict: Outcome
  /** What is remembered: an unknown verdict leaves it as it was. */
  readonly outcome: Outcome
  readonly since: EpochMs
  readonly fire: boolean
  readonly because: Because
}

/**
 * Pure. Satisfied when `where` and `if` are true and `unless` is false. Unknown never fires and never re-arms: a source
 * that fails for an hour changes nothing. Nor does a bad moment (`notNow`): a night or a passenger ends no debt, so what a
 * person has lifted stays lifted in the morning.
 */
export function judgeRule(rule: Conditions, facts: Facts, previous: Previous | undefined, now: EpochMs): Judgement {
  const missing = new Set<string>()
  const verdictIn = (expression: Expression | undefined): Outcome | null => {
    if (expression === undefined) return null
    const evaluation = expression.evaluate(facts)
    if (evaluation.kind === 'unknown') for (const path of evaluation.missing) missing.add(path)
    return verdictOf(evaluation)
  }
  const where = verdictIn(rule.where)
  const condition = verdictIn(rule.if)
  const exempt = verdictIn(rule.unless)
  const found = together(where, condition, exempt)
  const notNow = found === 'satisfied' ? verdictIn(rule.notNow) : null
  const waits = notNow === 'satisfied'
  const verdict = waits ? 'notSatisfied' : notNow === 'unknown' ? 'unknown' : found
  const before = previous?.outcome ?? 'unknown'
  const outcome = verdict === 'unknown' || waits ? before : verdict
  return {
    verdict,
    outcome,
    since: previous !== undefined && outcome === before ? previous.since : now,
    fire: verdict === 'satisfied' && (rule.fires === 'each_time' || before !== 'satisfied'),
    because: { where, if: condition, unless: exempt, notNow, missing: [...missing] },
  }
}

function together(where: Outcome | null, condition: Outcome | null, exempt: Outcome | null): Outcome {
  if (where === 'notSatisfied' || condition === 'notSatisfied' || exempt === 'satisfied') return 'notSatisfied'
  return where === 'unknown' || condition === 'unknown' || exempt === 'unknown' ? 'unknown' : 'satisfied'
}
