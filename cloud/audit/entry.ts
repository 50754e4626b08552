import { z } from 'zod'
import { type EpochMs, Instant } from '#contract/instant.ts'

/** What kinds of facts stand on record. */
export const AUDIT_KINDS = ['decision', 'order', 'sign-in', 'people', 'policy', 'request', 'refused', 'look'] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

export const AuditActor = z.object({
  kind: z.enum(['user', 'rule', 'gateway', 'cloud', 'nobody']),
  /** Account id, rule name, gateway id; empty for nobody. */
  id: z.string(),
})
export type AuditActor = Readonly<z.infer<typeof AuditActor>>

/** Something to be put on record. */
export type AuditWord = {
  /** The same fact told twice has the same source and comes once. */
  readonly source: string
  readonly at: EpochMs
  readonly kind: AuditKind
  readonly by: AuditActor
  /** Ids of vehicles, drivers, orders, accounts it concerns. */
  readonly subjects: readonly string[]
  /** JSON; words about people in it are replaced by commitments before it is kept. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Pure. The text that is hashed for ever: one line of JSON, keys always in this order. */
export function leafText(position: number, word: AuditWord): string {
  const { source, kind, by, subjects, data } = word
  const leaf = { v: 1, position, at: Instant.encode(word.at), kind, by: { kind: by.kind, id: by.id }, subjects }
  return JSON.stringify({ ...leaf, data: inOrder(data), source })
}

/** Free words, which may be about a person; everything else in an entry is an id, a number or a word of ours. */
const FREE_WORDS: ReadonlySet<string> = new Set([
  'note',
  'name',
  'text',
  'comment',
  'login',
  'phone',
  'passport',
  'address',
  'q',
  'number',
  'fields',
])

/** Pure but for `commit`. Replaces free words by `{"#": commitment}`. */
export function conceal(
  data: Readonly<Record<string, unknown>>,
  commit: (value: string) => string,
): Readonly<Record<string, unknown>> {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return FREE_WORDS.has(key) && value !== '' ? { '#': commit(value) } : value
    if (Array.isArray(value)) return value.map((item) => walk(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]))
  }
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, walk(value, key)]))
}

/** Pure. The commitments an entry's data refers to. */
export function commitmentsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(commitmentsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '#' && typeof inner === 'string' ? [inner] : commitmentsIn(inner),
  )
}

/** Pure. The same data has one text, in whatever order its keys came back from a database. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]))
}
