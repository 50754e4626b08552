import type { Calendar } from '../notation/catalogue.ts'
import { after } from '../notation/duration.ts'
import type { TaskTemplate } from '../notation/task.ts'
import { dueBy, opening } from './calendar.ts'
import type { Task } from './card.ts'
import type { Question } from './decision.ts'
import { assigneeOf, type Draft, type Locals, NO_LOCALS } from './draft.ts'
import type { Hands, OpenTask } from './hands.ts'
import { STUCK } from './machine.ts'

/** Opens a task from its template, as the action says; undefined when there is one already, or the ceiling is reached. */
export function open(hands: Hands, draft: Draft, { use, locals, action, ofLimit, step }: OpenTask): Task | undefined {
  const template = draft.machine.template(use)
  if (template === undefined) return undefined
  const about = locals.each['driver']
  const standing = draft.tasks.some((task) => task.state === 'open' && task.template === use && task.about === about)
  if (action?.oneOpen === true && standing) return undefined
  if (action?.max !== undefined) {
    const count = (draft.repeats[use] ?? 0) + 1
    if (count > action.max) {
      hands.act(draft, action.onMax, locals, 'automatic')
      return undefined
    }
    draft.repeats[use] = count
  }
  const clock = template.clock === undefined ? undefined : draft.machine.calendar(template.clock.name)
  const asked =
    momentOf(draft, action?.at, locals) ?? (action?.delay === undefined ? draft.now : after(draft.now, action.delay))
  const openFrom = clock === undefined ? asked : opening(clock, asked, draft.machine.holidays)
  const task: Task = {
    id: draft.newId(),
    kind: 'task',
    template: use,
    title: template.title,
    assignee:
      assigneeOf(draft, action?.to, locals) ??
      assigneeOf(draft, template.for, locals) ??
      draft.card.responsible ??
      'role:head',
    watchers: (action?.watchers ?? []).flatMap((who) => assigneeOf(draft, who, locals) ?? []),
    priority: template.priority,
    openFrom,
    dueAt: momentOf(draft, action?.dueAt, locals) ?? dueOf(draft, template, openFrom, clock),
    createdAt: draft.now,
    state: 'open',
    ofLimit,
    run: step === undefined ? undefined : locals.run,
    step,
    about,
    outcome: undefined,
    answer: undefined,
    comment: undefined,
    closedAt: undefined,
    closedBy: undefined,
  }
  draft.tasks.push(task)
  draft.log({ kind: 'task', task: task.id, template: use, assignee: task.assignee, dueAt: task.dueAt })
  return task
}

function momentOf(
  draft: Draft,
  expr: Parameters<Draft['evaluate']>[0] | undefined,
  locals: OpenTask['locals'],
): number | undefined {
  if (expr === undefined) return undefined
  const result = draft.evaluate(expr, locals)
  return result.kind === 'value' && typeof result.value === 'number' ? result.value : undefined
}

const DAY_MS = 86_400_000

function dueOf(draft: Draft, template: TaskTemplate, from: number, clock: Calendar | undefined): number {
  const at = momentOf(draft, template.dueAt, NO_LOCALS)
  if (at !== undefined) return at
  if (template.due === undefined) return from + DAY_MS
  return clock === undefined ? after(from, template.due) : dueBy(clock, from, template.due, draft.machine.holidays)
}

/** A due time that hangs on a field follows the field. */
export function recomputeDue(draft: Draft): void {
  draft.tasks = draft.tasks.map((task) => {
    const template =
      task.state === 'open' && task.kind === 'task' && task.run === undefined
        ? draft.machine.template(task.template)
        : undefined
    const at = template?.dueAt === undefined ? undefined : momentOf(draft, template.dueAt, NO_LOCALS)
    return at === undefined || at === task.dueAt ? task : { ...task, dueAt: at }
  })
}

/** What could not be done by itself is listed, and a person is asked to look: once while that question is open. */
export function refuse(hands: Hands, draft: Draft, what: string, why: readonly string[]): void {
  draft.log({ kind: 'refused', what, why })
  askToLook(hands, draft)
}

export function askToLook(hands: Hands, draft: Draft): void {
  if (draft.tasks.some((task) => task.state === 'open' && task.template === STUCK)) return
  hands.open(draft, { use: STUCK, locals: NO_LOCALS, action: undefined, ofLimit: false, step: undefined })
}

/** Pure. The event that opens a task of this template, once while one is open. */
export const openOn = (task: string, locals: Locals): Question['event'] => {
  const pos = { file: '', line: 0, column: 0 }
  const use = { name: task, pos }
  return {
    kind: 'actions',
    locals,
    actions: [
      {
        kind: 'task',
        pos,
        use,
        card: undefined,
        to: undefined,
        at: undefined,
        delay: undefined,
        dueAt: undefined,
        max: undefined,
        onMax: [],
        watchers: [],
        oneOpen: true,
      },
    ],
  }
}
