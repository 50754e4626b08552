import { type Compiler, createCompiler, type Expression } from '../expressions/expression.ts'
import { BOOL, type Fact, type Facts, type FactType, type RecordType } from '../expressions/fact-type.ts'
import type { Action } from '../processes/notation/action.ts'
import { type Definitions, readDefinitions } from '../processes/notation/definitions.ts'
import { createReport, inOrder, type Problem, type Report } from '../processes/notation/problem.ts'
import type { FactRead } from '../processes/notation/read.ts'
import type { Rule } from '../processes/notation/rule.ts'
import type { SourceFile } from '../processes/notation/source.ts'
import type { Conditions } from './judge.ts'
import { lintRule } from './rule-lint.ts'
import { ruleScope } from './rule-scope.ts'

export type PlannedRead = {
  readonly name: string
  readonly read: FactRead
  readonly args: Readonly<Record<string, Expression | { readonly literal: Fact }>>
}

/** A rule ready to be judged. */
export type CompiledRule = Conditions & {
  readonly id: string
  readonly title: string
  readonly rule: Rule
  readonly everyMs: number | undefined
  /** Names of outside events that wake it. */
  readonly events: readonly string[]
  /** Fields whose change wakes it: `vehicle.postponed`. */
  readonly changed: readonly string[]
  readonly reads: readonly PlannedRead[]
  readonly actions: readonly Action[]
  /** `{cel: …}` values of its actions, by their source. */
  readonly values: ReadonlyMap<string, Expression>
}

export type LoadedRules = { readonly rules: readonly CompiledRule[]; readonly problems: readonly Problem[] }

/** Pure. The rules of a set of files, which bring their own entities, events and messages; a rule with a mistake is left out. */
export function loadRules(files: readonly SourceFile[], policy: RecordType): LoadedRules {
  const { problems, report } = createReport()
  const definitions = readDefinitions(files, report)
  const rules = [...definitions.rules.values()].flatMap((rule) => compileRule(rule, definitions, policy, report) ?? [])
  return { rules, problems: inOrder(problems) }
}

/** Pure. The one rule of a text, among definitions that are read already; its problems carry the name of the text. */
export function loadRule(file: SourceFile, definitions: Definitions, policy: RecordType): LoadedRules {
  const { problems, report } = createReport()
  const found = readDefinitions([file], report)
  const rules = [...found.rules.values()].flatMap((rule) => compileRule(rule, definitions, policy, report) ?? [])
  return { rules, problems: inOrder(problems) }
}

/** Pure. Undefined when something is wrong with it, which `report` is then told. */
export function compileRule(
  rule: Rule,
  definitions: Definitions,
  policy: RecordType,
  report: Report,
): CompiledRule | undefined {
  let whole = true
  const tell: Report = (...found) => {
    whole = false
    report(...found)
  }
  const compiler = createCompiler(ruleScope(definitions, rule, policy))
  const expression = (one: { cel: string; pos: Rule['pos'] } | undefined, gives?: FactType) =>
    one === undefined ? undefined : compiled(compiler, one, gives, tell)
  const where = expression(rule.for?.where, BOOL)
  const condition = expression(rule.if, BOOL)
  const unless = expression(rule.unless, BOOL)
  const notNow = expression(rule.notNow, BOOL)
  const values = new Map(
    celsIn(rule.do).flatMap(({ cel, pos }): [string, Expression][] => {
      const one = expression({ cel, pos })
      return one === undefined ? [] : [[cel, one]]
    }),
  )
  const reads = rule.read.map(({ name, value }): PlannedRead => {
    // What is sought by (`match`) is a list of values, each under the path it is compared with.
    const sought = value.kind === 'find' ? value.match.map((one): [string, unknown] => [one.path, one.value]) : []
    const args = [...Object.entries(value), ...sought].flatMap(
      ([key, arg]): [string, PlannedRead['args'][string]][] => {
        if (typeof arg !== 'object' || arg === null || !('pos' in arg)) return []
        if ('literal' in arg) return [[key, { literal: arg.literal }]]
        const one = 'cel' in arg ? expression({ cel: arg.cel, pos: arg.pos }) : undefined
        return one === undefined ? [] : [[key, one]]
      },
    )
    return { name, read: value, args: Object.fromEntries(args) }
  })
  lintRule(rule, definitions, { where, if: condition, unless, notNow }, tell)
  if (!whole) return undefined
  return {
    id: rule.id,
    title: rule.title,
    rule,
    fires: rule.fires,
    where,
    if: condition,
    unless,
    notNow,
    everyMs: rule.every === undefined ? undefined : rule.every.ms + rule.every.months * 30 * 86_400_000,
    events: rule.event?.kind === 'outside' ? rule.event.names.map(({ name }) => name) : [],
    changed: rule.event?.kind === 'changed' ? rule.event.paths.map(({ name }) => name) : [],
    reads,
    actions: rule.do,
    values,
  }
}

function compiled(
  compiler: Compiler,
  { cel, pos }: { readonly cel: string; readonly pos: Rule['pos'] },
  gives: FactType | undefined,
  report: Report,
): Expression | undefined {
  const result = compiler(cel, gives)
  if (result.kind === 'compiled') return result.expression
  for (const { at, ru } of result.mistakes) {
    // In a block of several lines the first stands below the mark; on one line the place is exact but for a quote.
    const place = {
      ...pos,
      line: pos.line + at.line - 1,
      column: at.line === 1 ? pos.column + at.column - 1 : at.column,
    }
    report(place, 16, `${ru}: «${cel.slice(at.offset, at.end) || cel}»`, 'Исправьте выражение')
  }
  return undefined
}

/** Every `{cel: …}` inside the actions, however deep. */
function celsIn(node: unknown): readonly { readonly cel: string; readonly pos: Rule['pos'] }[] {
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap(celsIn)
  if ('cel' in node && typeof node.cel === 'string' && 'pos' in node && isPosition(node.pos))
    return [{ cel: node.cel, pos: node.pos }]
  return Object.values(node).flatMap(celsIn)
}

const isPosition = (value: unknown): value is Rule['pos'] =>
  typeof value === 'object' && value !== null && 'file' in value && 'line' in value && 'column' in value

/** Pure. The values of a rule's `{cel: …}`, computed from these facts; what is unknown is left out. */
export const valuesOf = (values: ReadonlyMap<string, Expression>, facts: Facts): Facts =>
  Object.fromEntries(
    [...values].flatMap(([cel, expression]): [string, Fact][] => {
      const evaluation = expression.evaluate(facts)
      return evaluation.kind === 'value' ? [[cel, evaluation.value]] : []
    }),
  )

/** Pure. May this rule place a hold? */
export const placesHold = ({ actions }: Pick<CompiledRule, 'actions'>): boolean =>
  actions.some((action) => action.kind === 'hold' && action.place !== undefined)
