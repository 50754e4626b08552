import type { Fact, Facts } from '../expressions/fact-type.ts'

/** Pure. Fields as they were stored: only plain facts are written. */
export function factsFrom(stored: Record<string, unknown>): Facts {
  const facts: [string, Fact][] = []
  for (const name of Object.keys(stored)) {
    const fact = factFrom(stored[name])
    if (fact !== undefined) facts.push([name, fact])
  }
  return Object.fromEntries(facts)
}
export function factFrom(value: unknown): Fact {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(factFrom)
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, factFrom(inner)]))
    : undefined
}
