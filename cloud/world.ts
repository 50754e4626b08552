import type { Clock } from '#contract/instant.ts'
import type { Log } from './log.ts'

/** What only main.ts owns and everything else is given: time, randomness, and a place to say what happened. */
export type World = {
  readonly clock: Clock
  readonly log: Log
  uuid(): string
  randomBytes(length: number): Uint8Array
}
