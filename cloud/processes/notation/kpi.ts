import type { Position } from './problem.ts'
import { list, map, may, must, type Named, name, oneOf, type Read, shape, text } from './reader.ts'
import { type Expr, expr } from './value.ts'

type At = { readonly pos: Position }
/** What is counted of one person in one period: cards he has brought to a stage, or tasks that he has closed. */
export type Counted =
  | { readonly kind: 'moved'; readonly pipeline: Named; readonly to: readonly Named[] }
  | {
      readonly kind: 'done'
      readonly tasks: readonly Named[]
      readonly outcomes: readonly Named[]
      readonly when: 'any' | 'late'
    }
export type KpiCount = At & { readonly id: string; readonly title: string; readonly what: Counted }
/** A figure of a person and a month: facts counted from the log, and a formula over them. */
export type Kpi = At & {
  readonly id: string
  readonly title: string
  readonly case: string | undefined
  readonly unit: 'money' | 'count'
  readonly counts: readonly KpiCount[]
  readonly formula: Expr
}

const moved = shape({ pipeline: must(name('воронка')), to: must(list(name('этап'))) }, 'moved')
const done = shape(
  { tasks: must(list(name('задача'))), outcomes: may(list(name('результат'))), late: may(oneOf(['only'], 'late')) },
  'done',
)
const countShape = shape({ title: must(text('title')), moved: may(moved), done: may(done) }, 'показатель')

const counted: Read<{ readonly title: string; readonly what: Counted }> = (node, report) => {
  const read = countShape(node, report)
  if (read === undefined) return undefined
  if ((read.moved === undefined) === (read.done === undefined)) {
    report(read.pos, 2, 'Считают или переходы, или задачи', 'Оставьте moved или done')
    return undefined
  }
  if (read.moved !== undefined) return { title: read.title, what: { kind: 'moved', ...read.moved } }
  const { tasks = [], outcomes = [], late } = read.done ?? {}
  return { title: read.title, what: { kind: 'done', tasks, outcomes, when: late === undefined ? 'any' : 'late' } }
}

const kpiShape = shape(
  {
    kind: must(text('kind')),
    id: must(text('id')),
    title: must(text('title')),
    case: may(text('case')),
    unit: may(oneOf(['money', 'count'], 'unit')),
    counts: must(map(counted, 'counts')),
    formula: must(expr('formula')),
  },
  'kpi',
)
export const kpi: Read<Kpi> = (node, report) => {
  const read = kpiShape(node, report)
  if (read === undefined) return undefined
  const { kind: _kind, counts, unit, ...rest } = read
  for (const { name: id, pos } of counts)
    if (!/^[a-z][A-Za-z0-9]*$/.test(id) || id === 'policy')
      report(pos, 2, `Имя «${id}» не годится для формулы`, 'Латинские буквы и цифры, первая буква строчная, не policy')
  return { ...rest, unit: unit ?? 'count', counts: counts.map(({ name: id, pos, value }) => ({ id, pos, ...value })) }
}
