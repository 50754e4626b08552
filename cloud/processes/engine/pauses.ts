import type { Run, Timer } from './card.ts'
import { type Draft, Refused } from './draft.ts'
import type { Hands } from './hands.ts'
import { change, recomputeReminders } from './runs.ts'

function runningOf(draft: Draft, id: string): Run {
  const run = draft.runs.find((one) => one.id === id)
  if (run?.state !== 'running') throw new Refused('unknown', ['Этот процесс уже не идёт'])
  return run
}

/** A process takes no further step: its tasks are put aside, its timers stand still. What it waits for is kept for it. */
export function pause(draft: Draft, id: string): void {
  const run = runningOf(draft, id)
  if (run.paused !== undefined) return
  draft.tasks = draft.tasks.map((task) =>
    task.run === id && task.state === 'open' ? { ...task, state: 'held' } : task,
  )
  draft.timers = draft.timers.map((timer) =>
    timer.name.startsWith(`run:${id}:`) && timer.state === 'set' ? { ...timer, state: 'held' } : timer,
  )
  change(draft, id, { paused: { at: draft.now, answered: false } })
  draft.log({ kind: 'paused', run: id, process: run.process })
}

/** It goes on where it stood: waits and deadlines of its own are as much later as the pause was long, dates of fields stay. */
export function resume(hands: Hands, draft: Draft, id: string): void {
  const run = runningOf(draft, id)
  const { paused } = run
  if (paused === undefined) return
  const away = draft.now - paused.at
  draft.tasks = draft.tasks.map((task) => {
    if (task.run !== id || task.state !== 'held') return task
    const isOfField = task.kind === 'task' && draft.machine.template(task.template)?.dueAt !== undefined
    return { ...task, state: 'open', dueAt: isOfField ? task.dueAt : task.dueAt + away }
  })
  draft.timers = draft.timers.flatMap((timer) =>
    timer.name.startsWith(`run:${id}:`) && timer.state === 'held' ? resumed(draft, run, timer, away) : [timer],
  )
  change(draft, id, { paused: undefined })
  draft.log({ kind: 'resumed', run: id, process: run.process })
  recomputeReminders(draft)
  if (paused.answered && run.step !== undefined) hands.goOn(draft, id, run.step, undefined)
}

/** A moment of the calendar that has passed meanwhile rings at once; a reminder of a deadline that has passed does not. */
function resumed(draft: Draft, run: Run, timer: Timer, away: number): readonly Timer[] {
  const [, , stepId] = timer.name.split(':')
  const { body } = draft.machine.definitions.processes.get(run.process)?.steps.find((step) => step.id === stepId) ?? {}
  if (body?.kind === 'remind' && body.remind.before !== undefined && timer.basis < draft.now) return []
  const isOfCalendar =
    body?.kind === 'remind' || (body?.kind === 'wait' && body.wait.until !== undefined && timer.name.endsWith(':time'))
  const dueAt = isOfCalendar ? Math.max(timer.dueAt, draft.now) : timer.dueAt + away
  return [{ ...timer, state: 'set', dueAt, version: timer.version + 1 }]
}
