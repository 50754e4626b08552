import { after } from '../notation/duration.ts'
import type { Process, Step } from '../notation/process.ts'
import type { Who } from '../notation/value.ts'
import { evaluated, factsOfText } from './actions.ts'
import type { Run, Task, Timer } from './card.ts'
import { assigneeOf, type Draft, type Locals, NO_LOCALS, recipientOf } from './draft.ts'
import type { Hands } from './hands.ts'
import { cancel, react } from './moves.ts'

const CALL_PATIENCE_MS = 60_000
const MOST_STEPS = 200

export function start(hands: Hands, draft: Draft, id: string, locals: Locals): void {
  const process = draft.machine.definitions.processes.get(id)
  const first = process?.steps[0]
  if (process === undefined || first === undefined) return
  // A process runs once at a time on a card: a second start is the same wish.
  if (draft.runs.some((run) => run.process === id && run.state === 'running')) return
  const person = draft.actor.kind === 'person' ? `person:${draft.actor.id}` : undefined
  const run: Run = {
    id: draft.newId(),
    process: id,
    definition: draft.machine.version,
    state: 'running',
    step: first.id,
    author: person ?? draft.card.responsible ?? draft.card.author,
    bound: {},
    comment: undefined,
    awaits: [],
    startedAt: draft.now,
    endedAt: undefined,
    paused: undefined,
  }
  draft.runs.push(run)
  draft.log({ kind: 'started', run: run.id, process: id })
  walk(hands, draft, run.id, first.id, locals.each)
}

export function change(draft: Draft, id: string, to: Partial<Run>): void {
  draft.runs = draft.runs.map((run) => (run.id === id ? { ...run, ...to } : run))
}

const localsOf = (process: Process, run: string, each: Locals['each'] = {}): Locals => ({
  ...NO_LOCALS,
  reads: process.read,
  run,
  each,
})

/** Runs steps until one waits for a person, a time or an answer, or the process ends. */
function walk(hands: Hands, draft: Draft, id: string, from: string, each: Locals['each'] = {}): void {
  const actor = draft.actor
  let at: string | undefined = from
  for (let count = 0; at !== undefined && count < MOST_STEPS; count += 1) {
    const run = draft.runs.find((one) => one.id === id)
    const process = draft.machine.definitions.processes.get(run?.process ?? '')
    const step: Step | undefined = process?.steps.find((one) => one.id === at)
    if (run?.state !== 'running' || process === undefined || step === undefined) break
    change(draft, id, { step: step.id })
    draft.actor = { kind: 'process', id: process.id, run: id }
    const went = perform(hands, draft, process, step, run, each)
    draft.actor = actor
    if (went === 'waits') return
    at = went === 'next' ? nextOf(process, step, undefined) : went
    if (at !== undefined && at !== 'end' && indexOf(process, at) <= indexOf(process, step.id)) draft.hop()
    if (at === 'end') at = undefined
  }
  if (draft.runs.some((one) => one.id === id && one.state === 'running')) finish(hands, draft, id)
}

const indexOf = (process: Process, step: string): number => process.steps.findIndex(({ id }) => id === step)

function nextOf(process: Process, step: Step, answer: string | undefined): string | undefined {
  const { goto: way } = step
  if (way !== undefined && 'step' in way) return way.step.name
  const chosen = answer === undefined ? undefined : (way?.byOption.get(answer)?.name ?? optionWay(step, answer))
  return chosen ?? process.steps[indexOf(process, step.id) + 1]?.id
}
const optionWay = ({ body }: Step, answer: string): string | undefined =>
  body.kind === 'ask' ? body.ask.options.find(({ id }) => id === answer)?.goto?.name : undefined

function finish(hands: Hands, draft: Draft, id: string): void {
  const process = draft.runs.find((run) => run.id === id)?.process ?? ''
  clear(draft, id, undefined)
  change(draft, id, { state: 'ended', step: undefined, awaits: [], endedAt: draft.now })
  draft.log({ kind: 'ended', run: id, process })
  react(hands, draft, (event) => event.kind === 'ended' && event.process.name === process, NO_LOCALS)
}

export function stop(draft: Draft, id: string): void {
  const run = draft.runs.find((one) => one.id === id)
  if (run?.state !== 'running') return
  for (const task of draft.tasks) if (task.run === id) cancel(draft, task.id)
  clear(draft, id, undefined)
  change(draft, id, { state: 'stopped', awaits: [], endedAt: draft.now, paused: undefined })
  draft.log({ kind: 'stopped', run: id, process: run.process })
}

/** Takes back the timers of a process, or of one step of it. */
function clear(draft: Draft, run: string, step: string | undefined): void {
  const prefix = step === undefined ? `run:${run}:` : `run:${run}:${step}:`
  draft.timers = draft.timers.filter(({ name }) => !name.startsWith(prefix))
}

export function setTimer(draft: Draft, name: string, dueAt: number, basis: number): void {
  const before = draft.timers.find((timer) => timer.name === name)
  if (before?.basis === basis) return
  const timer: Timer = { name, dueAt, basis, version: (before?.version ?? 0) + 1, state: 'set' }
  draft.timers = [...draft.timers.filter((one) => one.name !== name), timer]
}

type Went = 'waits' | 'next' | string

function perform(hands: Hands, draft: Draft, process: Process, step: Step, run: Run, each: Locals['each']): Went {
  const locals = localsOf(process, run.id, each)
  const { body } = step
  switch (body.kind) {
    case 'do': {
      const before = draft.changes.length
      hands.act(draft, body.do, locals, 'automatic')
      const refused = draft.changes.slice(before).some(({ change: one }) => one.kind === 'refused')
      if (refused && step.must) {
        stop(draft, run.id)
        return 'waits'
      }
      return 'next'
    }
    case 'branch': {
      for (const line of body.lines) {
        const result = line.if === undefined ? undefined : draft.evaluate(line.if, locals)
        if (result?.kind === 'unknown')
          draft.log({ kind: 'unknown', what: `${process.id}.${step.id}`, missing: result.missing })
        if (result !== undefined && (result.kind === 'unknown' || result.value !== true)) continue
        hands.act(draft, line.do, locals, 'automatic')
        return line.goto?.name ?? 'next'
      }
      return 'next'
    }
    case 'ask': {
      const { ask } = body
      const from = ask.after === undefined ? undefined : draft.evaluate(ask.after, locals)
      const openFrom =
        from?.kind === 'value' && typeof from.value === 'number' ? Math.max(from.value, draft.now) : draft.now
      question(draft, {
        kind: 'ask',
        process,
        step,
        run,
        title: ask.title ?? process.title,
        who: ask.who,
        openFrom,
        dueAt: ask.due === undefined ? openFrom + DAY_MS : after(openFrom, ask.due),
      })
      return 'waits'
    }
    case 'acknowledge': {
      const { acknowledge } = body
      tell(draft, acknowledge.message.name, acknowledge.who, locals)
      const wait = acknowledge.wait === undefined ? undefined : after(draft.now, acknowledge.wait)
      question(draft, {
        kind: 'acknowledge',
        process,
        step,
        run,
        title: process.title,
        who: acknowledge.who,
        openFrom: draft.now,
        dueAt: wait ?? draft.now + DAY_MS,
      })
      if (wait !== undefined) setTimer(draft, `run:${run.id}:${step.id}:late`, wait, draft.now)
      return 'waits'
    }
    case 'first_response': {
      const { firstResponse } = body
      tell(draft, firstResponse.message.name, firstResponse.of, locals)
      const wait = firstResponse.wait === undefined ? undefined : after(draft.now, firstResponse.wait)
      question(draft, {
        kind: 'take',
        process,
        step,
        run,
        title: process.title,
        who: firstResponse.of,
        openFrom: draft.now,
        dueAt: wait ?? draft.now + DAY_MS,
      })
      if (wait !== undefined) setTimer(draft, `run:${run.id}:${step.id}:late`, wait, draft.now)
      return 'waits'
    }
    case 'task': {
      const task = hands.open(draft, {
        use: body.task.use.name,
        locals,
        action: body.task,
        ofLimit: false,
        step: step.id,
      })
      return task === undefined ? 'next' : 'waits'
    }
    case 'wait':
      return beginWait(draft, step, run, locals)
    case 'remind':
      return remind(draft, step, run, locals)
    case 'call': {
      const args = Object.fromEntries(evaluated(draft, body.call.args, locals).map(({ path, value }) => [path, value]))
      draft.effect({
        kind: 'call',
        port: body.call.port.name,
        method: body.call.method.name,
        args,
        run: run.id,
        step: step.id,
      })
      const late = body.max === undefined ? draft.now + CALL_PATIENCE_MS : after(draft.now, body.max)
      setTimer(draft, `run:${run.id}:${step.id}:call`, late, draft.now)
      return 'waits'
    }
  }
}

const DAY_MS = 86_400_000
type Question = {
  readonly kind: Task['kind']
  readonly process: Process
  readonly step: Step
  readonly run: Run
  readonly title: string
  readonly who: Who
  readonly openFrom: number
  readonly dueAt: number
}

function question(draft: Draft, { kind, process, step, run, title, who, openFrom, dueAt }: Question): void {
  const locals = localsOf(process, run.id)
  const task: Task = {
    id: draft.newId(),
    kind,
    template: `${process.id}.${step.id}`,
    title,
    assignee: assigneeOf(draft, who, locals) ?? draft.card.responsible ?? 'role:head',
    watchers: [],
    priority: 80,
    openFrom,
    dueAt,
    createdAt: draft.now,
    state: 'open',
    ofLimit: false,
    run: run.id,
    step: step.id,
    about: undefined,
    outcome: undefined,
    answer: undefined,
    comment: undefined,
    closedAt: undefined,
    closedBy: undefined,
  }
  draft.tasks.push(task)
  draft.log({ kind: 'task', task: task.id, template: task.template, assignee: task.assignee, dueAt })
}

function tell(draft: Draft, message: string, who: Who, locals: Locals): void {
  const to = recipientOf(draft, who, locals)
  if (to === undefined) draft.log({ kind: 'unknown', what: `send:${message}`, missing: ['получатель'] })
  else draft.effect({ kind: 'send', message, to, via: [], facts: factsOfText(draft, message, locals), attach: [] })
}

function beginWait(draft: Draft, { id, body }: Step, run: Run, locals: Locals): Went {
  if (body.kind !== 'wait') return 'next'
  const { wait } = body
  const until = wait.until === undefined ? undefined : draft.evaluate(wait.until, locals)
  const moment =
    until?.kind === 'value' && typeof until.value === 'number'
      ? until.value
      : wait.for === undefined
        ? undefined
        : after(draft.now, wait.for)
  if (moment !== undefined) setTimer(draft, `run:${run.id}:${id}:time`, moment, moment)
  if (wait.max !== undefined) setTimer(draft, `run:${run.id}:${id}:max`, after(draft.now, wait.max), draft.now)
  change(draft, run.id, { awaits: wait.event.map(({ name }) => name) })
  return 'waits'
}

/** Sets a timer and goes on. A reminder whose time has passed is sent at once; past the deadline itself it is not. */
function remind(draft: Draft, { id, body }: Step, run: Run, locals: Locals): Went {
  if (body.kind !== 'remind') return 'next'
  hangReminder(draft, id, run.id, locals, body.remind)
  return 'next'
}

type Remind = Extract<Step['body'], { kind: 'remind' }>['remind']

function hangReminder(draft: Draft, step: string, run: string, locals: Locals, remindStep: Remind): void {
  const expr = remindStep.before ?? remindStep.after
  const at = expr === undefined ? undefined : draft.evaluate(expr, locals)
  if (at?.kind !== 'value' || typeof at.value !== 'number') {
    draft.log({ kind: 'unknown', what: `remind:${step}`, missing: at?.kind === 'unknown' ? at.missing : [] })
    return
  }
  const due = remindStep.before === undefined ? after(at.value, remindStep.by) : at.value - remindStep.by.ms
  if (remindStep.before !== undefined && at.value < draft.now) return
  setTimer(draft, `run:${run}:${step}:remind`, Math.max(due, draft.now), at.value)
}

/** Reminders of running processes follow the fields they hang on. */
export function recomputeReminders(draft: Draft): void {
  for (const run of draft.runs) {
    const process = draft.machine.definitions.processes.get(run.process)
    if (run.state !== 'running' || run.paused !== undefined || process === undefined) continue
    for (const { id, body } of process.steps)
      if (body.kind === 'remind' && draft.timers.some(({ name }) => name === `run:${run.id}:${id}:remind`))
        hangReminder(draft, id, run.id, localsOf(process, run.id), body.remind)
  }
}

/** The step has its answer: what ends with it ends, and the process goes on. */
export function goOn(hands: Hands, draft: Draft, id: string, stepId: string, answer: string | undefined): void {
  const run = draft.runs.find((one) => one.id === id)
  const process = draft.machine.definitions.processes.get(run?.process ?? '')
  const step = process?.steps.find((one) => one.id === stepId)
  if (run?.state !== 'running' || process === undefined || step === undefined || run.step !== stepId) return
  if (run.paused !== undefined) {
    change(draft, id, { paused: { ...run.paused, answered: true } })
    return
  }
  clear(draft, id, stepId)
  for (const other of process.steps)
    if (other.body.kind === 'remind' && other.body.remind.endsWith?.name === stepId) clear(draft, id, other.id)
  change(draft, id, { awaits: [] })
  const next = nextOf(process, step, answer)
  if (next === undefined || next === 'end') finish(hands, draft, id)
  else walk(hands, draft, id, next)
}

/** A timer of a process has rung. */
export function ring(hands: Hands, draft: Draft, name: string): void {
  const [, id = '', stepId = '', what = ''] = name.split(':')
  const run = draft.runs.find((one) => one.id === id)
  const process = draft.machine.definitions.processes.get(run?.process ?? '')
  const step = process?.steps.find((one) => one.id === stepId)
  if (run?.state !== 'running' || process === undefined || step === undefined) return
  const locals = localsOf(process, id)
  const { body } = step
  const actor = draft.actor
  draft.actor = { kind: 'process', id: process.id, run: id }
  if (what === 'remind' && body.kind === 'remind')
    for (const who of body.remind.who) tell(draft, body.remind.message.name, who, locals)
  if (run.step === stepId && what === 'late' && body.kind === 'acknowledge')
    hands.act(draft, body.acknowledge.late, locals, 'automatic')
  if (run.step === stepId && what === 'late' && body.kind === 'first_response') {
    const { firstResponse } = body
    hands.act(draft, firstResponse.late, locals, 'automatic')
    tell(draft, firstResponse.message.name, firstResponse.of, locals)
    if (firstResponse.repeat !== undefined) setTimer(draft, name, after(draft.now, firstResponse.repeat), draft.now)
  }
  if (run.step === stepId && what === 'max' && body.kind === 'wait') {
    hands.act(draft, body.wait.late, locals, 'automatic')
    goOn(hands, draft, id, stepId, undefined)
  }
  if (run.step === stepId && (what === 'time' || what === 'call')) goOn(hands, draft, id, stepId, undefined)
  draft.actor = actor
}
