import { Problem, Unreachable } from '../api/problem.ts'
import { type Words, wordOr } from './language.ts'

/** The sentence for a failed request; `doing` says whether it was to change something or only to read. */
export function problemWords(error: unknown, t: Words, doing: 'reading' | 'changing'): string {
  if (error instanceof Problem) return wordOr(t, 'problem', error.facts.code, { code: error.facts.code })
  if (error instanceof Unreachable) return t(doing === 'reading' ? 'problem.unreachableRead' : 'problem.unreachable')
  return t('problem.other', { code: error instanceof Error ? error.name : 'unknown' })
}
