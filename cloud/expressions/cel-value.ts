import { Duration } from '@marcbachmann/cel-js/evaluator'
import type { Fact, Facts, FactType, RecordType, ScalarKind } from './fact-type.ts'

/** Names of our types in the language. */
export const CEL_NAME: Readonly<Record<ScalarKind, string>> = {
  int: 'int',
  number: 'double',
  bool: 'bool',
  text: 'string',
  time: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

export const celNameOf = (type: Exclude<FactType, RecordType>): string =>
  type.kind === 'list' ? `list<${CEL_NAME[type.of.kind]}>` : CEL_NAME[type.kind]

/** Pure. A schema the library understands; nested records stay nested. */
export function celSchema(type: RecordType): CelSchema {
  return Object.fromEntries(
    Object.entries(type.fields).map(([field, of]) => [field, of.kind === 'record' ? celSchema(of) : celNameOf(of)]),
  )
}
export type CelSchema = { readonly [field: string]: string | CelSchema }

export const isRecord = (fact: Fact): fact is Facts => typeof fact === 'object' && fact !== null && !Array.isArray(fact)

/** What one fact becomes in the language; undefined when it is absent or is not what its type says. */
function toCelScalar(fact: Fact, kind: ScalarKind): unknown {
  switch (kind) {
    // A JS number would be a double to the language, and double + int is an error there.
    case 'int':
      return typeof fact === 'bigint' ? fact : Number.isSafeInteger(fact) ? BigInt(Number(fact)) : undefined
    case 'number':
      return typeof fact === 'number' && Number.isFinite(fact) ? fact : undefined
    case 'bool':
      return typeof fact === 'boolean' ? fact : undefined
    case 'text':
      return typeof fact === 'string' ? fact : undefined
    case 'time':
      return typeof fact === 'number' && Math.abs(fact) <= 8.64e15 ? new Date(fact) : undefined
    case 'duration':
      return typeof fact === 'number' && Number.isFinite(fact) ? durationOf(fact) : undefined
    default:
      return kind satisfies never
  }
}

/** Pure. Undefined when absent or of another type: a null is never passed on, since `null != 'x'` would be true. */
export function toCel(fact: Fact, type: FactType): unknown {
  if (fact === null || fact === undefined) return undefined
  if (type.kind === 'record') return isRecord(fact) ? toCelRecord(fact, type, Object.keys(type.fields)) : undefined
  if (type.kind !== 'list') return toCelScalar(fact, type.kind)
  if (!Array.isArray(fact)) return undefined
  const items: unknown[] = fact.map((item: Fact) => toCelScalar(item, type.of.kind))
  // A list with one unknown element is an unknown list: "not among them" must not hold for want of a value.
  return items.includes(undefined) ? undefined : items
}

/** Stands for a value that is there and is not what its type says: the language refuses it, also under `has()`. */
const WRONG = Symbol('wrong type')

/** Pure. Only the named fields are carried over; those that are absent are left out. */
export function toCelRecord(facts: Facts, type: RecordType, fields: readonly string[]): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const field of fields) {
    const of = type.fields[field]
    const fact = Object.hasOwn(facts, field) ? facts[field] : undefined
    if (of === undefined || fact === undefined || fact === null) continue
    record[field] = toCel(fact, of) ?? WRONG
  }
  return record
}

/** Pure. Back to a plain fact; undefined for what no fact can hold (a number past what is exact). */
export function fromCel(value: unknown): Fact {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : undefined
  if (value instanceof Date) return value.getTime()
  if (value instanceof Duration) return value.valueOf()
  if (Array.isArray(value)) {
    const items = value.map(fromCel)
    return items.includes(undefined) ? undefined : items
  }
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? value : undefined
}

/** Pure. Whole milliseconds; the language's own conversion loses the sign of the rest below a second. */
export const durationOf = (ms: number): Duration =>
  new Duration(BigInt(Math.trunc(ms / 1000)), Math.trunc(ms % 1000) * 1_000_000)
