import { z } from 'zod'

/** What stays when a driver is erased, and why: shown with every erasure, so that nobody promises more than is done. */
export const KEPT: readonly { readonly what: string; readonly why: string }[] = [
  {
    what: 'postings, payments and statements, by number',
    why: 'accounting records, kept five years (402-FZ, article 29)',
  },
  {
    what: 'leases and shifts, by number',
    why: 'who answered for a vehicle when: claims lapse after three years (Civil Code, article 196)',
  },
  {
    what: 'orders, decisions and the audit, by id',
    why: 'the tree of the audit stays whole; it holds ids and salted hashes, no words',
  },
  {
    what: 'contracts and acts made on his cards, and files that people have put there',
    why: 'primary documents, kept five years with the accounting records (402-FZ, article 29)',
  },
  {
    what: 'notes on holds in the journal of decisions',
    why: 'a file that is only added to: it puts holds back after a power cut',
  },
  {
    what: 'words of others that name him by less than his full name or number',
    why: 'no program can tell whom they mean; they go by age',
  },
]

/** By kind of what is kept about people: how many days, unless an owner says otherwise, and what he may say. */
export const DAYS = {
  /** Words beside the audit. */
  auditWordsDays: { least: 30, usual: 1095, most: 3650 },
  /** What was written to people. */
  messagesDays: { least: 30, usual: 400, most: 400 },
  /** Recordings of talks; that there was a call stays. */
  recordingsDays: { least: 7, usual: 365, most: 3650 },
} as const

const daysOf = (kind: keyof typeof DAYS) => z.int().min(DAYS[kind].least).max(DAYS[kind].most)
/** Days by kind. */
export const Retention = z.strictObject({
  auditWordsDays: daysOf('auditWordsDays'),
  messagesDays: daysOf('messagesDays'),
  recordingsDays: daysOf('recordingsDays'),
})
export type Retention = z.infer<typeof Retention>

type Section = { readonly name: string; readonly data: unknown }

/** Pure. The same sections for somebody who reads no JSON: one line a value, indented by depth. */
export function readable(sections: readonly Section[]): string {
  return sections.map(({ name, data }) => [name, ...linesOf(data, 1)].join('\n')).join('\n\n')
}

function linesOf(value: unknown, depth: number): readonly string[] {
  const indent = '  '.repeat(depth)
  if (typeof value !== 'object' || value === null) return [`${indent}${value ?? '–'}`]
  return Object.entries(value).flatMap(([key, inner]) => {
    const label = Array.isArray(value) ? `${Number(key) + 1}.` : `${key}:`
    if (typeof inner !== 'object' || inner === null) return [`${indent}${label} ${inner ?? '–'}`]
    const below = linesOf(inner, depth + 1)
    return below.length === 0 ? [`${indent}${label} –`] : [`${indent}${label}`, ...below]
  })
}
