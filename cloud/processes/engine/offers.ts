import type { Decision, Question } from './decision.ts'
import { createDraft, NeedsFacts, NO_LOCALS } from './draft.ts'
import { waysOf } from './moves.ts'

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
