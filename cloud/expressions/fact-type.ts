/** What a fact may be. `time` is a moment, `duration` a length; `number` is the only one that is not whole. */
export type ScalarKind = 'int' | 'number' | 'bool' | 'text' | 'time' | 'duration'

export type RecordType = {
  readonly kind: 'record'
  readonly fields: Readonly<Record<string, FactType>>
  /**
   * Fields whose value comes from outside and may never have been fetched: `!has(…)` is refused on them, since absence
   * would satisfy it. Everything else is kept by Kordon itself, and absence there means "not filled".
   */
  readonly outside: 'all' | readonly string[]
}

export type FactType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'list'; readonly of: { readonly kind: ScalarKind } }
  | RecordType

/** Variables an expression may name, each with its type. */
export type Scope = Readonly<Record<string, FactType>>

/** A plain value as it is stored and sent: times and durations are milliseconds, money kopecks. Absent = unknown. */
export type Fact =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly Fact[]
  | { readonly [field: string]: Fact }

export type Facts = { readonly [name: string]: Fact }

export const INT: FactType = { kind: 'int' }
export const BOOL: FactType = { kind: 'bool' }
export const TEXT: FactType = { kind: 'text' }
export const TIME: FactType = { kind: 'time' }
export const DURATION: FactType = { kind: 'duration' }
export const TEXTS: FactType = { kind: 'list', of: { kind: 'text' } }

/** Words of the notation: everything that is written in digits or letters is text to an expression. */
export const KIND_OF_WORD = {
  text: 'text',
  phone: 'text',
  plate: 'text',
  vin: 'text',
  ref: 'text',
  file: 'text',
  int: 'int',
  money: 'int',
  number: 'number',
  bool: 'bool',
  date: 'time',
  time: 'time',
  duration: 'duration',
} as const satisfies Readonly<Record<string, ScalarKind>>
const KINDS: ReadonlyMap<string, ScalarKind> = new Map(Object.entries(KIND_OF_WORD))

/** Pure. The type a word of the notation means (`money`, `list<text>`); undefined when there is no such word. */
export function factTypeOf(word: string): FactType | undefined {
  const inner = /^list<(.+)>$/.exec(word)?.[1]
  const kind = KINDS.get(inner ?? word)
  if (kind === undefined) return undefined
  return inner === undefined ? { kind } : { kind: 'list', of: { kind } }
}

/** Pure. A record that Kordon keeps itself, but for the fields named `outside`. */
export const recordOf = (
  fields: Readonly<Record<string, FactType>>,
  outside: RecordType['outside'] = [],
): RecordType => ({ kind: 'record', fields, outside })

/** Pure. The type at the end of a path, `['vehicle', 'dkUntil']`; undefined when there is none. */
export function typeAt(scope: Scope, path: readonly string[]): FactType | undefined {
  const [name = '', ...rest] = path
  let type = Object.hasOwn(scope, name) ? scope[name] : undefined
  for (const field of rest) {
    if (type?.kind !== 'record' || !Object.hasOwn(type.fields, field)) return undefined
    type = type.fields[field]
  }
  return type
}

/** Pure. May the value at this path never have been fetched? */
export function isOutside(scope: Scope, path: readonly string[]): boolean {
  return path.slice(1).some((field, index) => {
    const holder = typeAt(scope, path.slice(0, index + 1))
    return holder?.kind === 'record' && (holder.outside === 'all' || holder.outside.includes(field))
  })
}

/** Pure. The words of a type for a person: `int`, `list<text>`. */
export const nameOfType = (type: FactType): string => (type.kind === 'list' ? `list<${type.of.kind}>` : type.kind)

/** Pure. Money, counters and the like are all `int`: types are compared by shape. */
export const isSameType = (one: FactType, other: FactType): boolean =>
  one.kind === 'record' || other.kind === 'record' ? one === other : nameOfType(one) === nameOfType(other)
