import type { Document } from '../api/gateway-configuration.ts'

/** What the cloud and the gateway write themselves, and nobody may ask for. */
const OWN: ReadonlySet<string> = new Set(['schema', 'version', 'aud', 'issuedAt', 'vehicleId', 'reconciles', 'sealed'])

/** Pure. What a person may ask for, out of a whole document. */
export const wishOf = (document: Document): Document =>
  Object.fromEntries(Object.entries(document).filter(([key]) => !OWN.has(key)))

/** Pure. The same content whatever the order of its keys. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, one]) => `${key}:${textOf(one)}`).join()}}`
}

/** Pure. The keys by which two documents differ, of those that a person may ask for. */
export function differing(one: Document, other: Document): readonly string[] {
  const [a, b] = [wishOf(one), wishOf(other)]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => textOf(a[key]) !== textOf(b[key]))
    .toSorted()
}
