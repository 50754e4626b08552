import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js'
import { celNameOf, celSchema, fromCel, isRecord, toCel, toCelRecord } from './cel-value.ts'
import { type Fact, type Facts, type FactType, isSameType, nameOfType, type Scope, typeAt } from './fact-type.ts'
import { registerFunctions } from './functions.ts'
import { type Mistake, mistake, mistakeOf } from './mistake.ts'
import { constantParts, lintSyntax, type Read, readsOf } from './syntax.ts'

/** `missing` names what was absent or of a wrong type: for a person, «нет данных: …». */
export type Evaluation =
  | { readonly kind: 'value'; readonly value: Fact }
  | { readonly kind: 'unknown'; readonly missing: readonly string[]; readonly why: string }

export type Verdict = 'satisfied' | 'notSatisfied' | 'unknown'

export type Expression = {
  readonly source: string
  readonly type: FactType
  /** Every value it looks at. */
  readonly reads: readonly Read[]
  /** Pure, total: no clock, no network, never throws. Plain facts; absent = unknown. */
  readonly evaluate: (facts: Facts) => Evaluation
}

export type Compiled =
  | { readonly kind: 'compiled'; readonly expression: Expression }
  | { readonly kind: 'mistaken'; readonly mistakes: readonly Mistake[] }

/** Compiles expressions over one set of variables. `gives`: what is wanted; absent = anything. */
export type Compiler = (source: string, gives?: FactType) => Compiled

/** More than any condition of a person; an expression beyond it is refused, not run. */
const LIMITS = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200 }

/** Pure. */
export function createCompiler(scope: Scope): Compiler {
  const environment = registerFunctions(new Environment({ limits: LIMITS }))
  for (const [name, type] of Object.entries(scope))
    if (type.kind === 'record') environment.registerVariable({ name, schema: celSchema(type) })
    else environment.registerVariable(name, celNameOf(type))
  return (source, gives) => {
    try {
      return compileIn(environment, scope, source, gives)
    } catch (error) {
      return { kind: 'mistaken', mistakes: [mistakeOf(source, error)] }
    }
  }
}

function compileIn(environment: Environment, scope: Scope, source: string, gives: FactType | undefined): Compiled {
  const parsed = environment.parse(source)
  const checked = parsed.check()
  const type = checked.valid ? factTypeNamed(checked.type ?? '', scope, parsed.ast) : undefined
  const mistakes = [
    ...(checked.valid ? [] : [mistakeOf(source, checked.error)]),
    ...lintSyntax(parsed.ast, source, scope),
    ...constantParts(parsed.ast).flatMap((part) => failureOf(environment, part, source)),
  ]
  const whole = { start: 0, end: source.length }
  if (checked.valid && type === undefined)
    mistakes.push(mistake(source, whole, 'type', 'Такое значение нигде не хранится', 'nothing can hold this value'))
  else if (type !== undefined && gives !== undefined && !isSameType(type, gives))
    mistakes.push(
      mistake(
        source,
        whole,
        'type',
        `Здесь нужно ${RU[nameOfType(gives)] ?? nameOfType(gives)}, а получается ${RU[nameOfType(type)] ?? nameOfType(type)}`,
        `expected ${nameOfType(gives)}, got ${nameOfType(type)}`,
      ),
    )
  if (mistakes.length > 0 || type === undefined) return { kind: 'mistaken', mistakes }
  const reads = readsOf(parsed.ast)
  return { kind: 'compiled', expression: { source, type, reads, evaluate: evaluator(parsed, scope, reads) } }
}

const RU: Readonly<Record<string, string>> = {
  bool: '«да» или «нет»',
  int: 'целое число',
  number: 'число',
  text: 'текст',
  time: 'время',
  duration: 'длительность',
}

function failureOf(environment: Environment, part: ASTNode, source: string): readonly Mistake[] {
  const start = part.range.start
  try {
    environment.evaluate(source.slice(start, part.range.end))
    return []
  } catch (error) {
    const { code, ru, en } = mistakeOf(source, error)
    return [mistake(source, part.range, code, ru, en)]
  }
}

/** The library names types its own way; a record is known by the path that leads to it. */
function factTypeNamed(name: string, scope: Scope, ast: ASTNode): FactType | undefined {
  if (name.startsWith('$')) return typeAt(scope, readsOf(ast)[0]?.path ?? [])
  for (const kind of ['int', 'number', 'bool', 'text', 'time', 'duration'] as const) {
    if (name === celNameOf({ kind })) return { kind }
    if (name === celNameOf({ kind: 'list', of: { kind } })) return { kind: 'list', of: { kind } }
  }
  return undefined
}

function evaluator(parsed: ParseResult, scope: Scope, reads: readonly Read[]): Expression['evaluate'] {
  const wanted = [...Map.groupBy(reads, (read) => read.path[0] ?? '')].map(([name, of]) => {
    const whole = of.some((read) => read.path.length === 1)
    return { name, type: scope[name], fields: whole ? undefined : [...new Set(of.map((read) => read.path[1] ?? ''))] }
  })
  return (facts) => {
    const context: Record<string, unknown> = {}
    for (const { name, type, fields } of wanted) {
      const fact = Object.hasOwn(facts, name) ? facts[name] : undefined
      if (type === undefined) continue
      const value =
        type.kind === 'record' && fields !== undefined && isRecord(fact)
          ? toCelRecord(fact, type, fields)
          : toCel(fact, type)
      if (value !== undefined) context[name] = value
    }
    try {
      const result: unknown = parsed(context)
      const value = fromCel(result)
      return value === undefined ? unknown(reads, context, 'no plain value') : { kind: 'value', value }
    } catch (error) {
      return unknown(reads, context, mistakeOf(parsed.ast.input, error).en)
    }
  }
}

function unknown(reads: readonly Read[], context: Record<string, unknown>, why: string): Evaluation {
  const absent = reads.filter(({ path, how }) => !isThere(context, how === 'presence' ? path.slice(0, -1) : path))
  return { kind: 'unknown', missing: absent.map(({ path }) => path.join('.')), why }
}

function isThere(holder: unknown, path: readonly string[]): boolean {
  const [first, ...rest] = path
  if (first === undefined) return holder !== undefined && typeof holder !== 'symbol'
  return (
    typeof holder === 'object' &&
    holder !== null &&
    first in holder &&
    isThere(Object.entries(holder).find(([key]) => key === first)?.[1], rest)
  )
}

/** Pure. Unknown never satisfies: anything but `true` and `false` is unknown. */
export function verdictOf(evaluation: Evaluation): Verdict {
  if (evaluation.kind === 'unknown' || typeof evaluation.value !== 'boolean') return 'unknown'
  return evaluation.value ? 'satisfied' : 'notSatisfied'
}

/** Pure. Does a change of this field (`vehicle.postponed`) call for a new evaluation? */
export const dependsOn = (expression: Expression, changed: string): boolean =>
  expression.reads.some(({ path }) => {
    const read = path.join('.')
    return read === changed || changed.startsWith(`${read}.`) || read.startsWith(`${changed}.`)
  })
