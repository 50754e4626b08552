import { UNLOCK_LOOK_AHEAD } from '#contract/unlock-code.ts'

export type CodeBook = {
  /** The next counter that nobody has been given. */
  readonly nextCounter: number
  /** The highest counter that the gateway is known to have taken; −1 before the first. */
  readonly usedThrough: number
}

/**
 * Pure. The counter to give out now. A gateway looks only so many codes ahead: when that many were given and never
 * typed, the last of them is given again, since a further one would be refused. `shown` is the number on the gateway's
 * own page, which knows best which codes it has taken.
 */
export function nextCode({ nextCounter, usedThrough }: CodeBook, shown?: number): number {
  const first = shown ?? usedThrough + 1
  return Math.min(Math.max(nextCounter, first), first + UNLOCK_LOOK_AHEAD - 1)
}

/** Pure. As it is read aloud: two groups of four. */
export const spokenCode = (digits: string): string => `${digits.slice(0, 4)} ${digits.slice(4)}`
