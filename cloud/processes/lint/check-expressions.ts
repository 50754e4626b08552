import { type Compiler, createCompiler, type Expression } from '../../expressions/expression.ts'
import type { Fact, Scope as FactScope, Facts, FactType } from '../../expressions/fact-type.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Report } from '../notation/problem.ts'
import type { PlacedExpr } from './expressions.ts'
import { factScope } from './fact-scope.ts'
import type { Scope } from './scope.ts'

/** Pure. A compiler per place; places that see the same share one. */
export function createCompilers(
  definitions: Definitions,
): (scope: Scope) => { readonly compile: Compiler; readonly facts: FactScope } {
  const known = new Map<string, { readonly compile: Compiler; readonly facts: FactScope }>()
  return (scope) => {
    const facts = factScope(definitions, scope)
    const { event, answer } = scope
    const own = [
      event && [...event],
      answer && [...answer],
      scope.reads.map(({ name, value }) => [
        name,
        value.kind,
        'entity' in value ? value.entity?.name : '',
        'pipeline' in value ? value.pipeline?.name : '',
      ]),
    ]
    const key = JSON.stringify(own)
    const found = known.get(key) ?? { compile: createCompiler(facts), facts }
    known.set(key, found)
    return found
  }
}

/** Check 16: every expression parses, fits its place, and works on typical facts. */
export function checkExpressions(definitions: Definitions, placed: readonly PlacedExpr[], report: Report): void {
  const compilers = createCompilers(definitions)
  for (const { cel, pos, scope, gives } of placed) {
    const { compile, facts } = compilers(scope)
    const compiled = compile(cel, gives)
    if (compiled.kind === 'mistaken') {
      for (const { at, ru } of compiled.mistakes)
        report(
          { ...pos, line: pos.line + at.line - 1, column: at.line === 1 ? pos.column + at.offset : at.column },
          16,
          `Выражение «${cel}»: ${ru}`,
          'Исправьте выражение',
        )
      continue
    }
    const failed = failureOn(compiled.expression, facts)
    if (failed !== undefined)
      report(pos, 16, `Выражение «${cel}» не вычисляется на обычных данных: ${failed}`, 'Исправьте выражение')
  }
}

function failureOn(expression: Expression, scope: FactScope): string | undefined {
  const result = expression.evaluate(typical(scope))
  return result.kind === 'unknown' ? result.why : undefined
}

const typical = (scope: FactScope): Facts =>
  Object.fromEntries(Object.entries(scope).map(([name, type]) => [name, sample(type)]))

function sample(type: FactType): Fact {
  switch (type.kind) {
    case 'record':
      return Object.fromEntries(Object.entries(type.fields).map(([name, of]) => [name, sample(of)]))
    case 'list':
      return [sample(type.of)]
    case 'int':
      return 7
    case 'number':
      return 1.5
    case 'bool':
      return true
    case 'text':
      return 'слово'
    case 'time':
      return 1_795_289_123_456
    case 'duration':
      return 3_600_000
  }
}
