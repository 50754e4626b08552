import type { Action } from '../notation/action.ts'
import type { Actor, CardEvent, CardState, Change, Effect, Wanted } from './card.ts'
import type { Known, Locals, RefusalCode } from './draft.ts'
import type { Machine } from './machine.ts'

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
