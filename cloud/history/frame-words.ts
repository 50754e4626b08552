import { Fix, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'

/**
 * Words as numbers, since some time-series databases keep numbers only: the place of the word in its list. New words go
 * to the end of a list, never between.
 */
export const WORD_CODES = {
  fix: Fix.options,
  trust: GnssTrust.options,
  relay: RelayWord.options,
  time: TimeQuality.options,
} as const

/** Pure. The number of a word. */
export const codeOf = (words: readonly string[], word: string): number => words.indexOf(word)

/** Pure. The word of a number; the fallback for a number no list has. */
export const wordOf = <Word extends string>(words: readonly Word[], code: number | null, otherwise: Word): Word =>
  (code === null ? undefined : words[code]) ?? otherwise
