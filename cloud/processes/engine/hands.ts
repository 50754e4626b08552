import type { Fact } from '../../expressions/fact-type.ts'
import type { Action, TaskAction } from '../notation/action.ts'
import type { Task } from './card.ts'
import type { Draft, Locals } from './draft.ts'

export type MoveResult =
  | { readonly kind: 'moved' | 'stays' }
  | { readonly kind: 'refused'; readonly why: readonly string[] }
export type Asked = 'person' | 'automatic'
export type OpenTask = {
  readonly use: string
  readonly locals: Locals
  readonly action: TaskAction | undefined
  readonly ofLimit: boolean
  readonly step: string | undefined
}

/** What the parts of the engine do with each other; wired once, in decide.ts. */
export type Hands = {
  /** Runs actions one after another. `asked`: a refused move of a person stops everything; an automatic one is listed. */
  act(draft: Draft, actions: readonly Action[], locals: Locals, asked: Asked): void
  move(draft: Draft, stage: string, set: readonly (readonly [string, Fact])[], locals: Locals, asked: Asked): MoveResult
  start(draft: Draft, process: string, locals: Locals): void
  open(draft: Draft, wish: OpenTask): Task | undefined
  /** Goes on with a process after its step has been answered. */
  goOn(draft: Draft, run: string, step: string, answer: string | undefined): void
  stop(draft: Draft, run: string): void
  refuse(draft: Draft, what: string, why: readonly string[]): void
}
