import type { Expression } from '../../expressions/expression.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import { createCompilers } from '../lint/check-expressions.ts'
import { expressionsOf } from '../lint/expressions.ts'
import type { Calendar } from '../notation/catalogue.ts'
import { type Definitions, stageOf } from '../notation/definitions.ts'
import { parseDuration } from '../notation/duration.ts'
import type { Pipeline, Stage } from '../notation/pipeline.ts'
import type { Position } from '../notation/problem.ts'
import type { TaskTemplate } from '../notation/task.ts'
import type { Plain } from '../notation/value.ts'
import type { Holidays } from './calendar.ts'

/** Definitions made ready to run: every expression compiled once. */
export type Machine = {
  readonly version: number
  readonly definitions: Definitions
  readonly policy: Facts
  readonly holidays: Holidays
  /** The compiled form of an expression of these definitions. */
  expression(expr: { readonly cel: string; readonly pos: Position }): Expression | undefined
  pipeline(id: string): Pipeline | undefined
  stage(pipeline: string, id: string): Stage | undefined
  calendar(id: string): Calendar | undefined
  /** The template of that name; `check_stuck` exists always. */
  template(id: string): TaskTemplate | undefined
}

export const STUCK = 'check_stuck'

/** Pure. `policy`: values set by people instead of the defaults. */
export function createMachine(
  version: number,
  definitions: Definitions,
  holidays: Holidays,
  policy: Readonly<Record<string, Plain>> = {},
): Machine {
  const compilers = createCompilers(definitions)
  const compiled = new Map<Position, Expression>()
  for (const { cel, pos, scope, gives } of expressionsOf(definitions)) {
    const result = compilers(scope).compile(cel, gives)
    if (result.kind === 'compiled') compiled.set(pos, result.expression)
  }
  const values = Object.fromEntries(
    [...definitions.policy.values()].map(({ id, type, value }) => {
      const set = policy[id] ?? value
      return [id, type.of === 'duration' && typeof set === 'string' ? parseDuration(set)?.ms : set]
    }),
  )
  return {
    version,
    definitions,
    policy: values,
    holidays,
    expression: ({ pos }) => compiled.get(pos),
    pipeline: (id) => definitions.pipelines.get(id),
    stage: (pipeline, id) => stageOf(definitions.pipelines.get(pipeline), id),
    calendar: (id) => definitions.org.calendars.get(id),
    template: (id) => definitions.tasks.get(id) ?? (id === STUCK ? stuckTask() : undefined),
  }
}

/** Given when no file describes it: whatever stops, a person is asked to look. */
function stuckTask(): TaskTemplate {
  const pos = { file: '', line: 0, column: 0 }
  return {
    pos,
    id: STUCK,
    title: 'Проверить зависшую сделку',
    help: undefined,
    for: { kind: 'role', name: 'head', pos },
    due: { text: '1h', ms: 3_600_000, months: 0 },
    dueAt: undefined,
    clock: undefined,
    priority: 99,
    form: [],
    show: [],
    pick: new Map(),
    offline: false,
    outcomes: [{ pos, id: 'moved', title: 'Разобрано', need: [], ask: new Map(), whoOnly: undefined, do: [] }],
  }
}
