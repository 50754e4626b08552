import { Problem, Unreachable } from '../api/problem.ts'
import { type Words, wordOr } from './language.ts'

/** What a proxy in between says in its own way; the general sentence would name a bare number. */
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'session/missing',
  403: 'access/forbidden',
  413: 'request/too-large',
  429: 'request/too-many',
  500: 'service/failed',
  503: 'service/unavailable',
}

/** The sentence for a failed request; `doing` says whether it was to change something or only to read. */
export function problemWords(error: unknown, t: Words, doing: 'reading' | 'changing'): string {
  if (error instanceof Problem) {
    const { code, status } = error.facts
    return wordOr(t, 'problem', code === `http/${status}` ? (BY_STATUS[status] ?? code) : code, { code })
  }
  if (error instanceof Unreachable) return t(doing === 'reading' ? 'problem.unreachableRead' : 'problem.unreachable')
  return t('problem.other', { code: error instanceof Error ? error.name : 'unknown' })
}

/** Faults whose detail was written for people; that of others is for programs. */
const TOLD = new Set([
  'policy/out-of-bounds',
  'rule/mistaken',
  'definition/refused',
  'card/refused',
  'card/fields-missing',
  'card/field-closed',
  'card/no-manual-moves',
  'task/closed',
  'task/taken',
  'lease/not-to-issue',
  'zone/bad-shape',
])

/** The sentence for a change that was refused, with its reason where one was given. */
export function refusalWords(error: unknown, t: Words): string {
  const sentence = problemWords(error, t, 'changing')
  if (!(error instanceof Problem) || error.facts.detail === null) return sentence
  const { code, detail } = error.facts
  if (TOLD.has(code)) return `${sentence}\n${detail}`
  const key = `refusal.${detail}`
  const known = t(key)
  return known === key ? sentence : `${sentence} ${known}`
}
