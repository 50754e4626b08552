import type { Position } from './problem.ts'
import { NAME, nearest, type Read, text } from './reader.ts'
import type { Node } from './source.ts'

/** A CEL expression as written. */
export type Expr = { readonly cel: string; readonly pos: Position }
export type Plain = string | number | boolean | readonly Plain[]
/** What stands where a value is expected: a literal, or `{cel: …}`. */
export type Value = ({ readonly literal: Plain } | { readonly cel: string }) & { readonly pos: Position }
export const isCel = (value: Value): value is { readonly cel: string; readonly pos: Position } => 'cel' in value
/** Field paths → values, as `set`, `append` and `match` write them. */
export type Assignment = { readonly path: string; readonly pos: Position; readonly value: Value }

/** A place that is always CEL. */
export const expr =
  (what: string): Read<Expr> =>
  (node, report) => {
    const inner = celOf(node)
    if (inner !== undefined) return inner
    const written = text(what)(node, report)
    return written === undefined ? undefined : { cel: written, pos: node.at }
  }

export const value =
  (what: string): Read<Value> =>
  (node, report) => {
    const cel = celOf(node)
    if (cel !== undefined) return cel
    const literal = literalOf(node)
    if (literal !== undefined) return { literal, pos: node.at }
    report(node.at, 2, `Нужно значение или {cel: …} (${what})`, 'Исправьте запись')
    return undefined
  }

function celOf(node: Node): Expr | undefined {
  if (node.kind !== 'map' || node.entries.length !== 1) return undefined
  const [only] = node.entries
  return only?.key === 'cel' && only.value.kind === 'scalar' && only.value.value !== null
    ? { cel: String(only.value.value), pos: only.value.at }
    : undefined
}

function literalOf(node: Node): Plain | undefined {
  if (node.kind === 'scalar') return node.value ?? undefined
  if (node.kind === 'map') return undefined
  const items = node.items.map(literalOf)
  return items.every((item) => item !== undefined) ? items : undefined
}

export const assignments =
  (what: string): Read<readonly Assignment[]> =>
  (node, report) => {
    if (node.kind !== 'map')
      return void report(node.at, 2, `Нужен набор «поле: значение» (${what})`, 'Исправьте запись')
    return node.entries.flatMap((entry) => {
      const parsed = value(entry.key)(entry.value, report)
      return parsed === undefined ? [] : [{ path: entry.key, pos: entry.keyAt, value: parsed }]
    })
  }

/** A person, a role, a group or an entity to write to. */
export type Who =
  | { readonly kind: 'role' | 'group' | 'name'; readonly name: string; readonly pos: Position }
  | { readonly kind: 'author' | 'responsible'; readonly pos: Position }
  | { readonly kind: 'field'; readonly path: string; readonly pos: Position }

/** `role:x`, `group:x`, `author`, `responsible`, a field; a bare word is a role or a name bound by `as:`. */
export const who: Read<Who> = (node, report) => {
  const written = text('кто')(node, report)
  if (written === undefined) return undefined
  const pos = node.at
  const [prefix, rest] = written.split(':')
  if (rest !== undefined && (prefix === 'role' || prefix === 'group')) return { kind: prefix, name: rest, pos }
  if (written === 'author' || written === 'responsible') return { kind: written, pos }
  if (written.includes('.')) return { kind: 'field', path: written, pos }
  if (NAME.test(written)) return { kind: 'name', name: written, pos }
  report(pos, 13, `Непонятно, кто такой «${written}»`, 'Пишите role:x, group:x, author, responsible или поле карточки')
  return undefined
}

const FIELD_TYPES = [
  'text',
  'int',
  'number',
  'bool',
  'money',
  'date',
  'time',
  'duration',
  'phone',
  'plate',
  'vin',
  'ref',
  'file',
] as const
export type ScalarType = (typeof FIELD_TYPES)[number]
export type FieldType = { readonly of: ScalarType; readonly list: boolean }

export const fieldType =
  (what: string): Read<FieldType> =>
  (node, report) => {
    const written = text(what)(node, report)
    if (written === undefined) return undefined
    const list = /^list<(\w+)>$/.exec(written)
    const of = FIELD_TYPES.find((known) => known === (list?.[1] ?? written))
    if (of === undefined) {
      report(
        node.at,
        8,
        `Неизвестный тип «${written}» (${what})`,
        `Типы: ${FIELD_TYPES.join(', ')}, list<…>${nearest(written, FIELD_TYPES)}`,
      )
      return undefined
    }
    return { of, list: list !== null }
  }

/** Pure. Why this literal does not fit the type, or undefined. */
export function misfit(literal: Plain, type: FieldType): string | undefined {
  if (type.list) {
    if (!Array.isArray(literal)) return 'нужен список'
    return literal.map((item: Plain) => misfit(item, { of: type.of, list: false })).find((why) => why !== undefined)
  }
  switch (type.of) {
    case 'int':
    case 'money':
      return Number.isSafeInteger(literal) ? undefined : 'нужно целое число'
    case 'number':
      return typeof literal === 'number' ? undefined : 'нужно число'
    case 'bool':
      return typeof literal === 'boolean' ? undefined : 'нужно true или false'
    case 'date':
    case 'time':
      return typeof literal === 'string' && !Number.isNaN(Date.parse(literal)) ? undefined : 'нужно время или {cel: …}'
    case 'phone':
      return typeof literal === 'string' && /^\+\d{8,15}$/.test(literal) ? undefined : 'нужен телефон вида +74950000000'
    default:
      return typeof literal === 'string' ? undefined : 'нужен текст; возьмите его в кавычки'
  }
}
