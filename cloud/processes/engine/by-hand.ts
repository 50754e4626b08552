import type { Facts } from '../../expressions/fact-type.ts'
import { type Draft, NO_LOCALS, Refused } from './draft.ts'
import type { Hands } from './hands.ts'
import { emptyOf, react, titleOf } from './moves.ts'

export const isByPerson = (draft: Draft): boolean => draft.actor.kind === 'person'

export function byHand(hands: Hands, draft: Draft, stage: string, set: Facts): void {
  const result = hands.move(draft, stage, Object.entries(set), NO_LOCALS, 'person')
  if (result.kind === 'refused') throw new Refused('guard', result.why)
}

export function fill(draft: Draft, set: Facts): void {
  for (const [path, value] of Object.entries(set)) draft.set(path, value, NO_LOCALS)
}

/** Refuses what is still empty, by its title. */
export function need(draft: Draft, empty: readonly string[]): void {
  if (empty.length > 0)
    throw new Refused(
      'fields',
      empty.map((title) => `Не заполнено: ${titleOf(draft, title)}`),
    )
}

export function button(hands: Hands, draft: Draft, id: string): void {
  const { actor } = draft
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  const line = stage?.when.find(({ event }) => event.kind === 'button' && event.id.name === id)
  if (stage === undefined || line === undefined) throw new Refused('button', ['Такой кнопки здесь нет'])
  if (actor.kind === 'person' && line.who.length > 0 && !line.who.some(({ name }) => actor.roles.includes(name)))
    throw new Refused('button', ['Эта кнопка для другой роли'])
  if (!react(hands, draft, (event) => event.kind === 'button' && event.id.name === id, NO_LOCALS, 'person'))
    throw new Refused('button', [`«${line.title ?? id}» сейчас нельзя: условие не выполнено`])
}

export function begin(hands: Hands, draft: Draft, id: string, set: Facts): void {
  const process = draft.machine.definitions.processes.get(id)
  if (process === undefined) throw new Refused('unknown', [`Процесса «${id}» нет`])
  const { actor } = draft
  if (actor.kind === 'person' && !(process.start?.who.some(({ name }) => actor.roles.includes(name)) ?? false))
    throw new Refused('button', ['Этот процесс запускает другая роль'])
  if (draft.runs.some((run) => run.process === id && run.state === 'running'))
    throw new Refused('button', ['Этот процесс уже идёт'])
  fill(draft, set)
  need(draft, emptyOf(draft, process.start?.form ?? []))
  hands.start(draft, id, NO_LOCALS)
}
