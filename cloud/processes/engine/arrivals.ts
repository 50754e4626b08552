import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { isByPerson } from './by-hand.ts'
import { type Draft, type Locals, NO_LOCALS, Refused } from './draft.ts'
import type { Hands } from './hands.ts'
import { arrive, emptyOf, react } from './moves.ts'

/** A card is born. A person is refused what is still empty; whatever came by itself is listed, and a person is asked to look. */
export function born(hands: Hands, draft: Draft): void {
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

/** Something happened outside: the stage reacts, and processes that wait for it go on. */
export function outside(hands: Hands, draft: Draft, name: string, payload: Facts): void {
  const locals: Locals = { ...NO_LOCALS, event: payload }
  react(hands, draft, (event) => event.kind === 'outside' && event.names.some((one) => one.name === name), locals)
  for (const run of draft.runs)
    if (run.state === 'running' && run.step !== undefined && run.awaits.includes(name))
      hands.goOn(draft, run.id, run.step, undefined)
}

/** The first field up to its price, then the next: the trip before the work. */
export function pay(hands: Hands, draft: Draft, amount: number, key: string, fields: readonly string[]): void {
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
  outside(hands, draft, PAID, { id: key, amount })
}

/** The event that a posted payment is to the card it fits. */
const PAID = 'onec.payment'
const numberOf = (fact: Fact): number => (typeof fact === 'number' ? fact : 0)
const priceOf = (field: string): string => (field.endsWith('Paid') ? `${field.slice(0, -'Paid'.length)}Price` : 'total')
