import { type Action, actions } from './action.ts'
import { type Duration, duration } from './duration.ts'
import type { Position } from './problem.ts'
import { type PickFrom, pickFrom } from './process.ts'
import { flag, integer, list, map, may, must, type Named, name, type Read, shape, text } from './reader.ts'
import { type Expr, expr, type FieldType, fieldType, type Who, who } from './value.ts'

type At = { readonly pos: Position }
export type Outcome = At & {
  readonly id: string
  readonly title: string
  readonly need: readonly Named[]
  readonly ask: ReadonlyMap<string, FieldType>
  readonly whoOnly: Named | undefined
  readonly do: readonly Action[]
}
/** Work for a person, closed only by choosing an outcome. */
export type TaskTemplate = At & {
  readonly id: string
  readonly title: string
  readonly help: string | undefined
  readonly for: Who | undefined
  readonly due: Duration | undefined
  readonly dueAt: Expr | undefined
  readonly clock: Named | undefined
  readonly priority: number
  readonly form: readonly Named[]
  readonly show: readonly Named[]
  readonly pick: ReadonlyMap<string, PickFrom>
  readonly offline: boolean
  readonly outcomes: readonly Outcome[]
}

const path = name('поле')
const outcome: Read<Outcome> = (node, report) => {
  const read = shape(
    {
      id: must(text('id')),
      title: must(text('title')),
      need: may(list(path)),
      ask: may(map(fieldType('ask'), 'ask')),
      who_only: may(name('роль')),
      do: may(actions),
    },
    'результат задачи',
  )(node, report)
  if (read === undefined) return undefined
  const ask = new Map((read.ask ?? []).map(({ name: field, value }) => [field, value]))
  return {
    pos: read.pos,
    id: read.id,
    title: read.title,
    need: read.need ?? [],
    ask,
    whoOnly: read.who_only,
    do: read.do ?? [],
  }
}

export const taskTemplate: Read<Omit<TaskTemplate, 'id'>> = (node, report) => {
  const read = shape(
    {
      title: must(text('title')),
      help: may(text('help')),
      for: may(who),
      due: may(duration('due')),
      due_at: may(expr('due_at')),
      clock: may(name('календарь')),
      priority: may(integer('priority')),
      form: may(list(path)),
      show: may(list(path)),
      pick: may(map(pickFrom, 'pick')),
      offline: may(flag('offline')),
      outcomes: may(list(outcome)),
    },
    'задача',
  )(node, report)
  if (read === undefined) return undefined
  const { due_at, pick, ...rest } = read
  return {
    ...rest,
    dueAt: due_at,
    priority: read.priority ?? 50,
    form: read.form ?? [],
    show: read.show ?? [],
    pick: new Map((pick ?? []).map(({ name: field, value }) => [field, value])),
    offline: read.offline ?? false,
    outcomes: read.outcomes ?? [],
  }
}
