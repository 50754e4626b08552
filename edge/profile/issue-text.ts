import type { z } from 'zod'
import type { Mistake } from './mistake.ts'

type Issue = z.core.$ZodIssue

const asPath = (path: readonly PropertyKey[]): readonly (string | number)[] =>
  path.map((key) => (typeof key === 'symbol' ? key.toString() : key))

/** Of the alternatives, the one that the author most likely meant: it has the fewest strangers and complaints. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const cost = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length * 2 : 1), 0)
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
    return issue.code === 'invalid_type' ? [issue.expected] : []
  })
  const isPlain = wanted.length >= branches.length && branches.length > 0
  return isPlain ? [{ path, reason: `expected ${wanted.join(', ')}` }] : undefined
}

/** Pure. A schema's complaints in plain words, one for each place. */
export function mistakesOfIssues(
  issues: readonly Issue[],
  under: readonly (string | number)[] = [],
): readonly Mistake[] {
  return issues.flatMap((issue): readonly Mistake[] => {
    const path = [...under, ...asPath(issue.path)]
    switch (issue.code) {
      case 'invalid_union':
        return choice(issue.errors, path) ?? mistakesOfIssues(likeliest(issue.errors), path)
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ path: [...path, key], reason: `unknown key: ${key}` }))
      case 'invalid_key':
        return [{ path, reason: issue.issues[0]?.message ?? issue.message }]
      case 'invalid_value':
        return [{ path, reason: `expected ${issue.values.map(String).join(', ')}` }]
      case 'invalid_type':
        return [{ path, reason: issue.message.replace('Invalid input: ', '') }]
      default:
        return [{ path, reason: issue.message }]
    }
  })
}
