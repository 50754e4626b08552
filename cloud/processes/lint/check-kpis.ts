import { createCompiler } from '../../expressions/expression.ts'
import { type Scope as FactScope, INT, recordOf } from '../../expressions/fact-type.ts'
import { type Definitions, stageOf } from '../notation/definitions.ts'
import type { Kpi } from '../notation/kpi.ts'
import type { Report } from '../notation/problem.ts'
import { type Named, nearest } from '../notation/reader.ts'
import { factType } from './fact-scope.ts'

/** Pure. What the formula of a figure may name: its own counts, and the numbers that people set. */
export const kpiScope = (definitions: Definitions, { counts }: Kpi): FactScope => ({
  ...Object.fromEntries(counts.map(({ id }) => [id, INT])),
  policy: recordOf(Object.fromEntries([...definitions.policy].map(([id, { type }]) => [id, factType(type)]))),
})

/** Checks 10, 11 and 16 of figures: what they count exists, every count is used, and the formula gives a whole number. */
export function checkKpis(definitions: Definitions, report: Report): void {
  for (const one of definitions.kpis.values()) {
    for (const { id, pos, what } of one.counts) {
      checkCounted(definitions, what, report)
      if (!new RegExp(`\\b${id}\\b`).test(one.formula.cel))
        report(pos, 11, `«${id}» считают, а формула его не берёт`, 'Впишите его в formula или уберите')
    }
    const compiled = createCompiler(kpiScope(definitions, one))(one.formula.cel, INT)
    if (compiled.kind === 'compiled') continue
    for (const { at, ru } of compiled.mistakes) {
      const { pos } = one.formula
      const column = at.line === 1 ? pos.column + at.offset : at.column
      report({ ...pos, line: pos.line + at.line - 1, column }, 16, `Формула: ${ru}`, 'Исправьте формулу')
    }
  }
}

function checkCounted(definitions: Definitions, what: Kpi['counts'][number]['what'], report: Report): void {
  const unknown = (at: Named, said: string, known: readonly string[]): void =>
    report(at.pos, 10, `Нет ${said} «${at.name}»`, `Исправьте имя${nearest(at.name, known)}`)
  if (what.kind === 'moved') {
    const pipeline = definitions.pipelines.get(what.pipeline.name)
    if (pipeline === undefined) unknown(what.pipeline, 'воронки', [...definitions.pipelines.keys()])
    else
      for (const to of what.to)
        if (stageOf(pipeline, to.name) === undefined)
          unknown(
            to,
            'этапа',
            pipeline.stages.map(({ id }) => id),
          )
    return
  }
  for (const task of what.tasks)
    if (!definitions.tasks.has(task.name)) unknown(task, 'задачи', [...definitions.tasks.keys()])
  const outcomes = what.tasks.flatMap(({ name }) => definitions.tasks.get(name)?.outcomes.map(({ id }) => id) ?? [])
  for (const outcome of what.outcomes) if (!outcomes.includes(outcome.name)) unknown(outcome, 'результата', outcomes)
}

/** Check 10 of plans: the number that a stage is held against each week is one that people set, and a whole one. */
export function checkPlans(definitions: Definitions, report: Report): void {
  for (const { stages } of definitions.pipelines.values())
    for (const { weekPlan } of stages) {
      if (weekPlan === undefined) continue
      const field = definitions.policy.get(weekPlan.name)
      if (field?.type.of !== 'int' || field.type.list)
        report(
          weekPlan.pos,
          10,
          `План недели «${weekPlan.name}»: такого целого числа в политике нет`,
          `Назовите число политики типа int${nearest(weekPlan.name, [...definitions.policy.keys()])}`,
        )
    }
}
