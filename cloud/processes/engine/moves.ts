import type { Fact } from '../../expressions/fact-type.ts'
import type { Guard, Stage } from '../notation/pipeline.ts'
import type { Named } from '../notation/reader.ts'
import { type Draft, isFilled, type Locals, NO_LOCALS, Refused } from './draft.ts'
import type { Asked, Hands, MoveResult } from './hands.ts'

/** Pure but for what it asks. Titles of the fields that are still empty. */
export function emptyOf(draft: Draft, needs: readonly Named[]): readonly string[] {
  return needs.filter(({ name }) => !isFilled(draft.read(name, NO_LOCALS))).map(({ name }) => titleOf(draft, name))
}

export function titleOf(draft: Draft, path: string): string {
  const [first = '', second] = path.split('.')
  const { entities } = draft.machine.definitions
  const field = entities.get(second === undefined ? draft.card.entity : first)?.fields.get(second ?? first)
  return field?.title ?? entities.get(path)?.title ?? path
}

/** Sentences of the guards that do not hold; what is not known does not hold, and is named. */
export function refusalsOf(draft: Draft, guards: readonly Guard[], locals: Locals): readonly string[] {
  return guards.flatMap((guard) => {
    const result = draft.evaluate(guard.if, locals)
    if (result.kind === 'value') return result.value === true ? [] : [guard.say]
    const missing = result.missing.map((path) => titleOf(draft, path)).join(', ')
    return [missing === '' ? `${guard.say} (нет данных)` : `${guard.say} (нет данных: ${missing})`]
  })
}

/** Why this move is not allowed, guards last; empty when it is. Fields to be set with it are already in the draft. */
function whyNot(draft: Draft, from: Stage, to: Stage, asked: Asked): readonly string[] {
  const pipeline = draft.machine.pipeline(draft.card.pipeline)
  if (pipeline === undefined) return ['Воронка больше не описана']
  if (asked === 'person' && pipeline.moves === 'auto_only')
    throw new Refused('manual', [`В «${pipeline.title}» этап меняется сам, когда заполнена своя часть`])
  if (pipeline.moves !== 'free' && !from.next.some(({ name }) => name === to.id))
    return [`С этапа «${from.title}» на «${to.title}» перейти нельзя`]
  const locals = { ...NO_LOCALS, reads: [...from.read, ...to.read] }
  // A card is lost as it is: nobody fills a form about a client who has gone.
  const leaving = to.type === 'lost' ? [] : emptyOf(draft, from.needOut).map((title) => `Не заполнено: ${title}`)
  const entering = emptyOf(draft, to.needIn).map((title) => `Не заполнено: ${title}`)
  const guards = to.type === 'lost' ? to.guardIn : [...from.guardOut, ...to.guardIn]
  return [...leaving, ...entering, ...refusalsOf(draft, guards, locals)]
}

/** Pure but for what it asks. Stages where this card may go now, with the reasons against each that is closed. */
export function waysOf(
  draft: Draft,
): readonly { readonly stage: string; readonly title: string; readonly why: readonly string[] }[] {
  const pipeline = draft.machine.pipeline(draft.card.pipeline)
  const from = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (pipeline === undefined || from === undefined || pipeline.moves === 'auto_only') return []
  const targets =
    pipeline.moves === 'free'
      ? pipeline.stages.filter(({ id }) => id !== from.id)
      : pipeline.stages.filter(({ id }) => from.next.some(({ name }) => name === id))
  return targets.map((to) => ({ stage: to.id, title: to.title, why: whyNot(draft, from, to, 'person') }))
}

export function move(
  hands: Hands,
  draft: Draft,
  target: string,
  set: readonly (readonly [string, Fact])[],
  locals: Locals,
  asked: Asked,
): MoveResult {
  const from = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  const to = draft.machine.stage(draft.card.pipeline, target)
  if (from === undefined || to === undefined) return { kind: 'refused', why: [`Этапа «${target}» нет в этой воронке`] }
  if (from.id === to.id) return { kind: 'stays' }
  const before = { card: draft.card, changes: draft.changes.length, touched: new Set(draft.touched) }
  for (const [path, value] of set) draft.set(path, value, locals)
  const why = whyNot(draft, from, to, asked)
  if (why.length > 0) {
    // What was to be set with the move goes with it.
    draft.card = before.card
    draft.changes.length = before.changes
    for (const path of draft.touched) if (!before.touched.has(path)) draft.touched.delete(path)
    return { kind: 'refused', why }
  }
  draft.hop()
  enter(hands, draft, from, to)
  return { kind: 'moved' }
}

function enter(hands: Hands, draft: Draft, from: Stage, to: Stage): void {
  const { now } = draft
  hands.act(draft, from.leave, { ...NO_LOCALS, reads: from.read }, 'automatic')
  const stood = now - draft.card.enteredAt
  draft.card = {
    ...draft.card,
    stage: to.id,
    enteredAt: now,
    closedAt: to.type === 'open' ? undefined : now,
    parked: undefined,
  }
  draft.log({ kind: 'moved', from: from.id, to: to.id, stood })
  draft.timers = draft.timers.filter(({ name }) => name.startsWith('run:'))
  for (const task of draft.tasks)
    if (
      task.state === 'open' &&
      (task.ofLimit || (to.type === 'lost' && task.createdAt < now && task.run === undefined))
    )
      cancel(draft, task.id)
  if (to.type === 'lost')
    for (const run of draft.runs)
      if (run.state === 'running' && run.step !== undefined && isWaiting(draft, run.id)) hands.stop(draft, run.id)
  arrive(hands, draft, to)
}

/** A process that stands at a step of a person or of time; the one that is acting now is not stopped by its own move. */
const isWaiting = (draft: Draft, id: string): boolean =>
  draft.runs.some((run) => run.id === id && run.paused !== undefined) ||
  draft.tasks.some((task) => task.run === id && task.state === 'open') ||
  draft.timers.some(({ name, state }) => state === 'set' && name.startsWith(`run:${id}:`))

export function cancel(draft: Draft, id: string): void {
  const task = draft.tasks.find((one) => one.id === id)
  if (task === undefined || (task.state !== 'open' && task.state !== 'held')) return
  draft.tasks = draft.tasks.map((one) => (one.id === id ? { ...one, state: 'cancelled', closedAt: draft.now } : one))
  draft.log({ kind: 'cancelled', task: id, template: task.template })
}

/** Everything that happens because the card now stands here. */
export function arrive(hands: Hands, draft: Draft, stage: Stage): void {
  const here = draft.card.enteredAt
  const actor = draft.actor
  draft.actor = { kind: 'system', id: `stage:${draft.card.pipeline}.${stage.id}` }
  hands.act(draft, stage.enter, { ...NO_LOCALS, reads: stage.read }, 'automatic')
  if (draft.card.stage === stage.id && draft.card.enteredAt === here)
    react(hands, draft, (event) => event.kind === 'entered', NO_LOCALS)
  draft.actor = actor
}

/** Of the lines of one event the first satisfied one runs. True when one ran. */
export function react(
  hands: Hands,
  draft: Draft,
  fits: (event: Stage['when'][number]['event'], index: number) => boolean,
  locals: Locals,
  asked: Asked = 'automatic',
): boolean {
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (stage === undefined) return false
  const all = { ...locals, reads: [...stage.read, ...locals.reads] }
  for (const [index, line] of stage.when.entries()) {
    if (!fits(line.event, index)) continue
    if (line.if !== undefined) {
      const result = draft.evaluate(line.if, all)
      if (result.kind === 'unknown') draft.log({ kind: 'unknown', what: `${stage.id}.when`, missing: result.missing })
      if (result.kind === 'unknown' || result.value !== true) continue
    }
    const actor = draft.actor
    if (asked === 'automatic') draft.actor = { kind: 'system', id: `stage:${draft.card.pipeline}.${stage.id}` }
    hands.act(draft, line.do, all, asked)
    draft.actor = actor
    return true
  }
  return false
}
