import type { z } from 'zod'
import type { Mistake } from './mistake.ts'
import { keysAt, nearest } from './near-name.ts'

type Issue = z.core.$ZodIssue

const asPath = (path: readonly PropertyKey[]): readonly (string | number)[] =>
  path.map((key) => (typeof key === 'symbol' ? key.toString() : key))

const isMissing = (issue: Issue): boolean =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined')

/**
 * Of the alternatives, the one that the author most likely meant: what stands at its top decides (it has the fewest
 * strangers and gaps there), then what stands deeper.
 */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const cost = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => {
      const [keys, isTop] = issue.code === 'unrecognized_keys' ? [issue.keys.length * 2, true] : [1, isMissing(issue)]
      return sum + keys * (isTop && issue.path.length < (isMissing(issue) ? 2 : 1) ? 10 : 1)
    }, 0)
  return branches.toSorted((a, b) => cost(a) - cost(b))[0] ?? []
}

/** Alternatives that are plain values or types: all of them are named, since none is likelier than the others. */
function choice(
  branches: readonly (readonly Issue[])[],
  path: readonly (string | number)[],
): readonly Mistake[] | undefined {
  const wanted = branches.flatMap(([issue, ...more]) => {
    if (issue === undefined || more.length > 0 || issue.path.length > 0) return []
    if (issue.code === 'invalid_value') return issue.values.map(String)
    return issue.code === 'invalid_type' ? [worded(issue.expected)] : []
  })
  const isPlain = wanted.length >= branches.length && branches.length > 0
  return isPlain ? [{ path, reason: `expected ${wanted.join(', ')}` }] : undefined
}

/** Alternatives of which each lacks a key that makes it what it is: they are told apart by those. */
function headless(
  branches: readonly (readonly Issue[])[],
  path: readonly (string | number)[],
): readonly Mistake[] | undefined {
  const lacking = branches.map((issues) =>
    issues.filter((issue) => isMissing(issue) && issue.path.length === 1).map(({ path: [key] }) => String(key)),
  )
  const reason = `names none of these: ${lacking.map((keys) => keys.join(' and ')).join('; ')}`
  const all = lacking.flat()
  const isDistinct = new Set(all).size === all.length
  return isDistinct && lacking.every((keys) => keys.length > 0) ? [{ path, reason }] : undefined
}

const WORDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'keys and values',
  record: 'keys and values',
  null: 'nothing',
  NaN: 'no number',
}
const worded = (type: string): string => WORDS[type] ?? type

function typeMistake(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  if (isMissing(issue)) return `is missing; expected ${worded(issue.expected)}`
  const received = /received (\S+)$/.exec(issue.message)?.[1]
  return `expected ${worded(issue.expected)}${received === undefined ? '' : `, but this is ${worded(received)}`}`
}

const countOf = (origin: string): string => ({ array: ' in the list', string: ' characters' })[origin] ?? ''

function strangeKey(key: string, known: readonly string[]): string {
  if (known.includes(key)) return `${key} does not go with the other keys here`
  const meant = nearest(key, known)
  return `unknown key: ${key}${meant === undefined ? '' : `; ${meant} is one`}`
}

/** Pure. A schema's complaints in plain words, one for each place; of `schema` come the keys that are known there. */
export function mistakesOfIssues(
  issues: readonly Issue[],
  schema?: unknown,
  under: readonly (string | number)[] = [],
): readonly Mistake[] {
  return issues.flatMap((issue): readonly Mistake[] => {
    const path = [...under, ...asPath(issue.path)]
    switch (issue.code) {
      case 'invalid_union':
        return (
          choice(issue.errors, path) ??
          headless(issue.errors, path) ??
          mistakesOfIssues(likeliest(issue.errors), schema, path)
        )
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ path: [...path, key], reason: strangeKey(key, keysAt(schema, path)) }))
      case 'invalid_key':
        return [{ path, reason: issue.issues[0]?.message ?? issue.message }]
      case 'invalid_value':
        return [{ path, reason: `expected ${issue.values.map(String).join(', ')}` }]
      case 'invalid_type':
        return [{ path, reason: typeMistake(issue) }]
      case 'too_small':
        return [{ path, reason: `at least ${issue.minimum}${countOf(issue.origin)}` }]
      case 'too_big':
        return [{ path, reason: `at most ${issue.maximum}${countOf(issue.origin)}` }]
      case 'invalid_format':
        return [{ path, reason: FORMATS[issue.format] ?? issue.message }]
      default:
        return [{ path, reason: issue.message }]
    }
  })
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a day is written 2026-11-21',
  url: 'an address is written https://example.com/page',
}
