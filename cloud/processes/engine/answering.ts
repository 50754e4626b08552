import { fill, isByPerson, need } from './by-hand.ts'
import type { CardEvent, Task } from './card.ts'
import { type Draft, isFilled, NO_LOCALS, Refused } from './draft.ts'
import type { Hands } from './hands.ts'
import { emptyOf, react } from './moves.ts'
import { change } from './runs.ts'

type Answered = Extract<CardEvent, { kind: 'outcome' }>

/** When an outcome was chosen, where it is sent later than that: the one answer that may be absent. */
const PRESSED_AT = 'at'

/** A person chose how a task ended: what that asks for is there, the task is closed, and what follows from it happens. */
export function outcome(hands: Hands, draft: Draft, event: Answered): void {
  const task = draft.tasks.find(({ id }) => id === event.task)
  if (task?.state === 'held') throw new Refused('task', ['Процесс на паузе: сначала возобновите его'])
  if (task?.state !== 'open') throw new Refused('task', ['Эта задача уже закрыта'])
  const here = { stage: draft.card.stage, since: draft.card.enteredAt }
  fill(draft, event.set)
  if (task.kind === 'task') {
    const chosen = draft.machine.template(task.template)?.outcomes.find(({ id }) => id === event.outcome)
    if (chosen === undefined) throw new Refused('task', ['У этой задачи нет такого результата'])
    if (
      chosen.whoOnly !== undefined &&
      draft.actor.kind === 'person' &&
      !draft.actor.roles.includes(chosen.whoOnly.name)
    )
      throw new Refused('task', ['Этот результат выбирает другая роль'])
    need(draft, [
      ...emptyOf(draft, chosen.need),
      ...[...chosen.ask.keys()].filter((name) => name !== PRESSED_AT && !isFilled(event.answer[name])),
    ])
    close(draft, task, event)
    const each: Readonly<Record<string, string>> = task.about === undefined ? {} : { driver: task.about }
    hands.act(
      draft,
      chosen.do,
      { ...NO_LOCALS, answer: event.answer, each },
      isByPerson(draft) ? 'person' : 'automatic',
    )
  } else {
    answer(draft, task, event)
    close(draft, task, event)
  }
  if (draft.card.stage === here.stage && draft.card.enteredAt === here.since)
    react(
      hands,
      draft,
      (on) =>
        on.kind === 'done' &&
        on.task.name === task.template &&
        (on.outcome === undefined || on.outcome.name === event.outcome),
      { ...NO_LOCALS, answer: event.answer },
    )
  if (task.run !== undefined && task.step !== undefined) hands.goOn(draft, task.run, task.step, event.outcome)
}

/** A question of a process: its form is filled, its comment is there, the winner of a first response gets his name. */
function answer(draft: Draft, task: Task, event: Answered): void {
  const run = draft.runs.find(({ id }) => id === task.run)
  const step = draft.machine.definitions.processes.get(run?.process ?? '')?.steps.find(({ id }) => id === task.step)
  if (run === undefined || step === undefined) throw new Refused('task', ['Этот процесс уже не идёт'])
  const { body } = step
  if (body.kind === 'ask') {
    if (body.ask.options.length > 0) {
      const option = body.ask.options.find(({ id }) => id === event.outcome)
      if (option === undefined) throw new Refused('task', ['Такого ответа нет'])
      if (option.comment === 'required' && !isFilled(event.comment)) throw new Refused('fields', ['Нужен комментарий'])
    }
    if (body.ask.require === 'all' || body.ask.options.length === 0) need(draft, emptyOf(draft, body.ask.form))
  }
  if (body.kind === 'acknowledge') need(draft, emptyOf(draft, body.acknowledge.form))
  const by = draft.actor.kind === 'person' ? `person:${draft.actor.id}` : undefined
  if (body.kind === 'first_response') draft.log({ kind: 'took', task: task.id, by: by ?? 'system' })
  if (step.as !== undefined && by !== undefined) change(draft, run.id, { bound: { ...run.bound, [step.as]: by } })
  if (event.comment !== undefined) change(draft, run.id, { comment: event.comment })
}

function close(draft: Draft, task: Task, event: Answered): void {
  const closedBy = draft.actor.kind === 'person' ? `person:${draft.actor.id}` : undefined
  draft.tasks = draft.tasks.map((one) =>
    one.id === task.id
      ? {
          ...one,
          state: 'done',
          outcome: event.outcome,
          answer: event.answer,
          comment: event.comment,
          closedAt: draft.now,
          closedBy,
        }
      : one,
  )
  draft.log({
    kind: 'done',
    task: task.id,
    template: task.template,
    outcome: event.outcome,
    late: draft.now > task.dueAt,
    comment: event.comment,
  })
  if (closedBy !== undefined && draft.card.responsible === undefined) {
    draft.card = { ...draft.card, responsible: closedBy }
    draft.log({ kind: 'responsible', to: closedBy })
  }
}
