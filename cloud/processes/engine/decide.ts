import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Action } from '../notation/action.ts'
import { after } from '../notation/duration.ts'
import type { Stage } from '../notation/pipeline.ts'
import { act } from './actions.ts'
import { dueBy } from './calendar.ts'
import type { Actor, CardEvent, CardState, Change, Effect, Task, Wanted } from './card.ts'
import {
  createDraft,
  type Draft,
  isFilled,
  type Known,
  type Locals,
  NeedsFacts,
  NO_LOCALS,
  type RefusalCode,
  Refused,
  TooManyHops,
} from './draft.ts'
import type { Hands } from './hands.ts'
import type { Machine } from './machine.ts'
import { arrive, emptyOf, move, react, titleOf, waysOf } from './moves.ts'
import { change, goOn, recomputeReminders, ring, setTimer, start, stop } from './runs.ts'
import { askToLook, open, recomputeDue, refuse } from './tasks.ts'

export type Decision =
  /** It cannot be told yet: find these out, and ask again with all that is known. */
  | { readonly kind: 'wanted'; readonly wanted: readonly Wanted[] }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly why: readonly string[] }
  | {
      readonly kind: 'decided'
      readonly state: CardState
      readonly changes: readonly { readonly change: Change; readonly actor: Actor }[]
      readonly effects: readonly Effect[]
    }

/** What is to be decided; `actions` is the list of a rule, with what the rule has seen. */
export type Question = {
  readonly state: CardState
  readonly machine: Machine
  readonly event: CardEvent | { readonly kind: 'actions'; readonly actions: readonly Action[]; readonly locals: Locals }
  readonly actor: Actor
  readonly now: number
  readonly known: Known
  readonly seed: string
}

const hands: Hands = {
  act: (draft, actions, locals, asked) => act(hands, draft, actions, locals, asked),
  move: (draft, stage, set, locals, asked) => move(hands, draft, stage, set, locals, asked),
  start: (draft, process, locals) => start(hands, draft, process, locals),
  open: (draft, wish) => open(hands, draft, wish),
  goOn: (draft, run, step, answer) => goOn(hands, draft, run, step, answer),
  stop: (draft, run) => stop(draft, run),
  refuse: (draft, what, why) => refuse(hands, draft, what, why),
}

/**
 * Pure. What an event makes of a card: no clock, no network, no database. The same question has the same answer, so a
 * question may be asked again once more is known.
 */
export function decide(question: Question): Decision {
  const draft = createDraft(question)
  try {
    handle(draft, question.event)
    settle(draft)
    return decided(draft)
  } catch (cause) {
    if (cause instanceof NeedsFacts) return { kind: 'wanted', wanted: cause.wanted }
    if (cause instanceof Refused) return { kind: 'refused', code: cause.code, why: cause.why }
    if (cause instanceof TooManyHops) return park(question)
    throw cause
  }
}

function decided(draft: Draft): Decision {
  const { card, tasks, runs, timers, repeats, changes, effects } = draft
  // What goes out is named by card and version: whatever does something has a version of its own.
  const touched = changes.length > 0 || effects.length > 0
  return {
    kind: 'decided',
    state: { card: touched ? { ...card, version: card.version + 1 } : card, tasks, runs, timers, repeats },
    changes,
    effects,
  }
}

/** Nothing of what went round is kept: the card stands still, and a person is asked to look. */
function park(question: Question): Decision {
  const draft = createDraft({ ...question, actor: { kind: 'system', id: 'engine' } })
  const why = 'Больше 20 автоматических переходов подряд'
  draft.card = { ...draft.card, parked: why }
  draft.log({ kind: 'parked', why })
  draft.timers = draft.timers.map((timer) =>
    timer.name === timerOf(question.event) ? { ...timer, state: 'rung' } : timer,
  )
  askToLook(hands, draft)
  return decided(draft)
}

const timerOf = (event: Question['event']): string | undefined => (event.kind === 'timer' ? event.name : undefined)

function handle(draft: Draft, event: Question['event']): void {
  if (draft.card.parked !== undefined && !isByPerson(draft)) {
    if (event.kind === 'timer') quiet(draft, event.name, event.version)
    return
  }
  if (draft.card.parked !== undefined) draft.card = { ...draft.card, parked: undefined }
  switch (event.kind) {
    case 'born':
      born(draft)
      break
    case 'actions':
      act(hands, draft, event.actions, event.locals, isByPerson(draft) ? 'person' : 'automatic')
      break
    case 'outside':
      outside(draft, event.name, event.payload)
      break
    case 'move':
      byHand(draft, event.stage, event.set)
      break
    case 'fields':
      fill(draft, event.set)
      break
    case 'changed':
      for (const path of event.paths) draft.touched.add(path)
      break
    case 'outcome':
      outcome(draft, event)
      break
    case 'button':
      button(draft, event.id)
      break
    case 'start':
      begin(draft, event.process, event.set)
      break
    case 'stop':
      stop(draft, event.run)
      break
    case 'timer':
      timer(draft, event.name, event.version)
      break
    case 'answered':
      if (event.answer !== undefined)
        for (const [path, value] of Object.entries(event.answer))
          if (path.includes('.')) draft.set(path, value, NO_LOCALS)
      goOn(hands, draft, event.run, event.step, undefined)
      break
    case 'payment':
      pay(draft, event.amount, event.key, event.fill)
      break
    case 'failed':
      hands.refuse(draft, event.what, [event.why])
      break
    case 'responsible':
      draft.card = { ...draft.card, responsible: event.to }
      draft.log({ kind: 'responsible', to: event.to })
      break
  }
}

const isByPerson = (draft: Draft): boolean => draft.actor.kind === 'person'

function born(draft: Draft): void {
  const { card } = draft
  const stage = draft.machine.stage(card.pipeline, card.stage)
  if (stage === undefined) throw new Refused('unknown', [`Этапа «${card.stage}» нет в воронке «${card.pipeline}»`])
  draft.log({ kind: 'born', stage: card.stage, parent: card.parent })
  const empty = emptyOf(draft, stage.needIn)
  if (empty.length > 0 && isByPerson(draft))
    throw new Refused(
      'fields',
      empty.map((title) => `Не заполнено: ${title}`),
    )
  if (empty.length > 0)
    hands.refuse(
      draft,
      `born:${stage.id}`,
      empty.map((title) => `Не заполнено: ${title}`),
    )
  arrive(hands, draft, stage)
}

function outside(draft: Draft, name: string, payload: Facts): void {
  const locals: Locals = { ...NO_LOCALS, event: payload }
  react(hands, draft, (event) => event.kind === 'outside' && event.names.some((one) => one.name === name), locals)
  for (const run of draft.runs)
    if (run.state === 'running' && run.step !== undefined && run.awaits.includes(name))
      goOn(hands, draft, run.id, run.step, undefined)
}

function byHand(draft: Draft, stage: string, set: Facts): void {
  const result = move(hands, draft, stage, Object.entries(set), NO_LOCALS, 'person')
  if (result.kind === 'refused') throw new Refused('guard', result.why)
}

function fill(draft: Draft, set: Facts): void {
  for (const [path, value] of Object.entries(set)) draft.set(path, value, NO_LOCALS)
}

/** When an outcome was chosen, where it is sent later than that: the one answer that may be absent. */
const PRESSED_AT = 'at'

function outcome(draft: Draft, event: Extract<CardEvent, { kind: 'outcome' }>): void {
  const task = draft.tasks.find(({ id }) => id === event.task)
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
    act(
      hands,
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
  if (task.run !== undefined && task.step !== undefined) goOn(hands, draft, task.run, task.step, event.outcome)
}

function need(draft: Draft, empty: readonly string[]): void {
  if (empty.length > 0)
    throw new Refused(
      'fields',
      empty.map((title) => `Не заполнено: ${titleOf(draft, title)}`),
    )
}

/** A question of a process: its form is filled, its comment is there, the winner of a first response gets his name. */
function answer(draft: Draft, task: Task, event: Extract<CardEvent, { kind: 'outcome' }>): void {
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

function close(draft: Draft, task: Task, event: Extract<CardEvent, { kind: 'outcome' }>): void {
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

function button(draft: Draft, id: string): void {
  const { actor } = draft
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  const line = stage?.when.find(({ event }) => event.kind === 'button' && event.id.name === id)
  if (stage === undefined || line === undefined) throw new Refused('button', ['Такой кнопки здесь нет'])
  if (actor.kind === 'person' && line.who.length > 0 && !line.who.some(({ name }) => actor.roles.includes(name)))
    throw new Refused('button', ['Эта кнопка для другой роли'])
  if (!react(hands, draft, (event) => event.kind === 'button' && event.id.name === id, NO_LOCALS, 'person'))
    throw new Refused('button', [`«${line.title ?? id}» сейчас нельзя: условие не выполнено`])
}

function begin(draft: Draft, id: string, set: Facts): void {
  const process = draft.machine.definitions.processes.get(id)
  if (process === undefined) throw new Refused('unknown', [`Процесса «${id}» нет`])
  const { actor } = draft
  if (actor.kind === 'person' && !(process.start?.who.some(({ name }) => actor.roles.includes(name)) ?? false))
    throw new Refused('button', ['Этот процесс запускает другая роль'])
  if (draft.runs.some((run) => run.process === id && run.state === 'running'))
    throw new Refused('button', ['Этот процесс уже идёт'])
  fill(draft, set)
  need(draft, emptyOf(draft, process.start?.form ?? []))
  start(hands, draft, id, NO_LOCALS)
}

/** A timer that has rung, or was set anew meanwhile, does nothing. */
function timer(draft: Draft, name: string, version: number): void {
  if (!quiet(draft, name, version)) return
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  draft.actor = { kind: 'system', id: `timer:${name}` }
  if (name === 'limit' && stage?.limit !== undefined) {
    draft.log({ kind: 'overran', stage: stage.id })
    act(hands, draft, stage.limit.late, { ...NO_LOCALS, reads: stage.read, given: { ofLimit: true } }, 'automatic')
  } else if (name.startsWith('when:')) {
    const index = Number(name.slice('when:'.length))
    react(hands, draft, (event, at) => at === index && (event.kind === 'before' || event.kind === 'after'), NO_LOCALS)
  } else if (name.startsWith('run:')) ring(hands, draft, name)
}

function quiet(draft: Draft, name: string, version: number): boolean {
  const found = draft.timers.find((one) => one.name === name)
  if (found === undefined || found.version !== version || found.state !== 'set') return false
  draft.timers = draft.timers.map((one) => (one.name === name ? { ...one, state: 'rung' } : one))
  return true
}

/** The first field up to its price, then the next: the trip before the work. */
function pay(draft: Draft, amount: number, key: string, fields: readonly string[]): void {
  draft.log({ kind: 'paid', amount, key })
  let rest = amount
  for (const [index, field] of fields.entries()) {
    const paid = numberOf(draft.read(field, NO_LOCALS))
    const price = numberOf(draft.read(priceOf(field), NO_LOCALS))
    const part = index === fields.length - 1 ? rest : Math.max(0, Math.min(rest, price - paid))
    if (part === 0 && index < fields.length - 1) continue
    draft.set(field, paid + part, NO_LOCALS)
    rest -= part
  }
  // Only now is the card asked what the payment means to it.
  outside(draft, PAID, { id: key, amount })
}

/** The event that a posted payment is to the card it fits. */
const PAID = 'onec.payment'
const numberOf = (fact: Fact): number => (typeof fact === 'number' ? fact : 0)
const priceOf = (field: string): string => (field.endsWith('Paid') ? `${field.slice(0, -'Paid'.length)}Price` : 'total')

/** After every event: reactions to changed fields, timers that follow them, and the promise that no card is forgotten. */
function settle(draft: Draft): void {
  for (let round = 0; draft.touched.size > 0 && round < 20; round += 1) {
    const paths = [...draft.touched]
    draft.touched.clear()
    const bare = (path: string) => (path.includes('.') ? path : `${draft.card.entity}.${path}`)
    react(
      hands,
      draft,
      (event) => event.kind === 'changed' && event.paths.some(({ name }) => paths.includes(bare(name))),
      NO_LOCALS,
    )
    tellOthers(draft, paths)
    recomputeReminders(draft)
    recomputeDue(draft)
  }
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (stage !== undefined) hangTimers(draft, stage)
  remember(draft)
}

function tellOthers(draft: Draft, paths: readonly string[]): void {
  const byRecord = new Map<string, Set<string>>()
  for (const { change: one } of draft.changes)
    if (one.kind === 'set' && one.record !== undefined && paths.includes(one.path)) {
      const key = `${one.path.split('.')[0]} ${one.record}`
      byRecord.set(key, (byRecord.get(key) ?? new Set()).add(one.path))
    }
  for (const [key, changed] of byRecord) {
    const [entity = '', id = ''] = key.split(' ')
    draft.effect({ kind: 'recordChanged', entity, id, paths: [...changed] })
  }
}

function hangTimers(draft: Draft, stage: Stage): void {
  const { enteredAt } = draft.card
  const { limit } = stage
  const calendar = limit === undefined ? undefined : draft.machine.calendar(limit.clock.name)
  if (limit !== undefined && calendar !== undefined) {
    const length = 'ms' in limit.for ? limit.for : durationOf(draft, limit.for, stage)
    if (length !== undefined)
      setTimer(draft, 'limit', dueBy(calendar, enteredAt, length, draft.machine.holidays), enteredAt + length.ms)
  }
  for (const [index, { event }] of stage.when.entries()) {
    if (event.kind !== 'before' && event.kind !== 'after') continue
    const name = `when:${index}`
    const at = draft.evaluate(event.time, { ...NO_LOCALS, reads: stage.read })
    if (at.kind !== 'value' || typeof at.value !== 'number') {
      draft.timers = draft.timers.filter((one) => one.name !== name)
      continue
    }
    const known = draft.timers.find((one) => one.name === name)
    if (known?.basis === at.value) continue
    if (event.kind === 'before' && at.value < draft.now) {
      // The deadline itself has passed: a reminder would come too late, a person is asked instead.
      setTimer(draft, name, at.value, at.value)
      quiet(draft, name, draft.timers.find((one) => one.name === name)?.version ?? 0)
      hands.refuse(draft, `remind:${stage.id}`, ['Срок уже прошёл, напоминать поздно'])
      continue
    }
    const due = event.kind === 'after' ? after(at.value, event.by) : at.value - event.by.ms
    setTimer(draft, name, Math.max(due, draft.now), at.value)
  }
}

function durationOf(draft: Draft, expr: Extract<NonNullable<Stage['limit']>['for'], { cel: string }>, stage: Stage) {
  const result = draft.evaluate(expr, { ...NO_LOCALS, reads: stage.read })
  return result.kind === 'value' && typeof result.value === 'number' ? { ms: result.value, months: 0 } : undefined
}

/** No open card without a task, a timer or a process, where the pipeline promises it. */
function remember(draft: Draft): void {
  const pipeline = draft.machine.pipeline(draft.card.pipeline)
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (pipeline?.noCardWithoutTask !== true || stage?.type !== 'open') return
  if (!isKept(draft)) askToLook(hands, draft)
}

const isKept = ({ tasks, timers, runs }: Pick<CardState, 'tasks' | 'timers' | 'runs'>): boolean =>
  tasks.some(({ state }) => state === 'open') ||
  timers.some(({ state }) => state === 'set') ||
  runs.some(({ state }) => state === 'running')

export { isKept }

/** Pure. Where a person may move the card now, and what stands against each other way. */
export function ways(
  question: Omit<Question, 'event'>,
): Decision | { readonly kind: 'ways'; readonly ways: ReturnType<typeof waysOf> } {
  try {
    return { kind: 'ways', ways: waysOf(createDraft(question)) }
  } catch (cause) {
    if (cause instanceof NeedsFacts) return { kind: 'wanted', wanted: cause.wanted }
    throw cause
  }
}

/** Pure. Buttons of the stage that hold for this role now. */
export function buttons(
  question: Omit<Question, 'event'>,
  roles: readonly string[],
):
  | Decision
  | { readonly kind: 'buttons'; readonly buttons: readonly { readonly id: string; readonly title: string }[] } {
  const draft = createDraft(question)
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  try {
    const shown = (stage?.when ?? []).flatMap(({ event, title, who, if: condition }) => {
      if (event.kind !== 'button' || !who.some(({ name }) => roles.includes(name))) return []
      const result =
        condition === undefined ? undefined : draft.evaluate(condition, { ...NO_LOCALS, reads: stage?.read ?? [] })
      const holds = result === undefined || (result.kind === 'value' && result.value === true)
      return holds ? [{ id: event.id.name, title: title ?? event.id.name }] : []
    })
    return { kind: 'buttons', buttons: shown }
  } catch (cause) {
    if (cause instanceof NeedsFacts) return { kind: 'wanted', wanted: cause.wanted }
    throw cause
  }
}
