import { after } from '../notation/duration.ts'
import type { Stage } from '../notation/pipeline.ts'
import { dueBy } from './calendar.ts'
import { type Draft, NO_LOCALS } from './draft.ts'
import type { Hands } from './hands.ts'
import { react } from './moves.ts'
import { ring, setTimer } from './runs.ts'

/** A timer that has rung, or was set anew meanwhile, does nothing. */
export function timer(hands: Hands, draft: Draft, name: string, version: number): void {
  if (!quiet(draft, name, version)) return
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  draft.actor = { kind: 'system', id: `timer:${name}` }
  if (name === 'limit' && stage?.limit !== undefined) {
    draft.log({ kind: 'overran', stage: stage.id })
    hands.act(draft, stage.limit.late, { ...NO_LOCALS, reads: stage.read, given: { ofLimit: true } }, 'automatic')
  } else if (name.startsWith('when:')) {
    const index = Number(name.slice('when:'.length))
    react(hands, draft, (event, at) => at === index && (event.kind === 'before' || event.kind === 'after'), NO_LOCALS)
  } else if (name.startsWith('run:')) ring(hands, draft, name)
}

/** Marks a timer as rung; false when it was not set, or set anew meanwhile. */
export function quiet(draft: Draft, name: string, version: number): boolean {
  const found = draft.timers.find((one) => one.name === name)
  if (found === undefined || found.version !== version || found.state !== 'set') return false
  draft.timers = draft.timers.map((one) => (one.name === name ? { ...one, state: 'rung' } : one))
  return true
}

/** Limits and reminders of the stage, as the fields they follow now stand. */
export function hangTimers(hands: Hands, draft: Draft, stage: Stage): void {
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
