import { act } from './actions.ts'
import { outcome } from './answering.ts'
import { born, outside, pay } from './arrivals.ts'
import { begin, button, byHand, fill, isByPerson } from './by-hand.ts'
import type { Decision, Question } from './decision.ts'
import { createDraft, type Draft, NeedsFacts, NO_LOCALS, Refused, TooManyHops } from './draft.ts'
import type { Hands } from './hands.ts'
import { move } from './moves.ts'
import { pause, resume } from './pauses.ts'
import { goOn, start, stop } from './runs.ts'
import { settle } from './settle.ts'
import { askToLook, open, refuse } from './tasks.ts'
import { quiet, timer } from './timers.ts'

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
    settle(hands, draft)
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
      born(hands, draft)
      break
    case 'actions':
      act(hands, draft, event.actions, event.locals, isByPerson(draft) ? 'person' : 'automatic')
      break
    case 'outside':
      outside(hands, draft, event.name, event.payload)
      break
    case 'move':
      byHand(hands, draft, event.stage, event.set)
      break
    case 'fields':
      fill(draft, event.set)
      break
    case 'changed':
      for (const path of event.paths) draft.touched.add(path)
      break
    case 'outcome':
      outcome(hands, draft, event)
      break
    case 'button':
      button(hands, draft, event.id)
      break
    case 'start':
      begin(hands, draft, event.process, event.set)
      break
    case 'stop':
      stop(draft, event.run)
      break
    case 'pause':
      pause(draft, event.run)
      break
    case 'resume':
      resume(hands, draft, event.run)
      break
    case 'timer':
      timer(hands, draft, event.name, event.version)
      break
    case 'answered':
      if (event.answer !== undefined)
        for (const [path, value] of Object.entries(event.answer))
          if (path.includes('.')) draft.set(path, value, NO_LOCALS)
      goOn(hands, draft, event.run, event.step, undefined)
      break
    case 'payment':
      pay(hands, draft, event.amount, event.key, event.fill)
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
