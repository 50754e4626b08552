import type { Position, Report } from './problem.ts'
import type { MapNode, Node } from './source.ts'

/** Turns a node into a value, or reports why not and gives undefined. */
export type Read<T> = (node: Node, report: Report) => T | undefined

type Field<T> = { readonly read: Read<T>; readonly must: boolean }
type Fields = Readonly<Record<string, Field<unknown>>>
type ShapeOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly read: Read<infer T>; readonly must: true }
    ? T
    : F[K] extends Field<infer T>
      ? T | undefined
      : never
}

/** A key that has to be there. */
export const must = <T>(read: Read<T>): { readonly read: Read<T>; readonly must: true } => ({ read, must: true })
/** A key that may be left out. */
export const may = <T>(read: Read<T>): { readonly read: Read<T>; readonly must: false } => ({ read, must: false })

/** A key of the notation that may not stand as a property: a value with `then` looks like a promise. */
export const THEN = 'then'

const KIND_WORDS = { scalar: 'значение', list: 'список', map: 'набор ключей' } as const

export const entryOf = (node: MapNode, key: string) => node.entries.find((entry) => entry.key === key)

/** A map with these keys and no others. `at` joins the result: the place of the map. */
export function shape<F extends Fields>(fields: F, what: string): Read<ShapeOf<F> & { readonly pos: Position }> {
  return (node, report) => {
    if (node.kind !== 'map') return void wrongKind(node, 'набор ключей', what, report)
    const known = Object.keys(fields)
    for (const { key, keyAt } of node.entries)
      if (!known.includes(key))
        report(
          keyAt,
          2,
          `Неизвестный ключ «${key}» (${what})`,
          `Здесь бывают: ${known.join(', ')}${nearest(key, known)}`,
        )
    const result: Record<string, unknown> = { pos: node.at }
    let whole = true
    for (const [key, field] of Object.entries(fields)) {
      const entry = entryOf(node, key)
      const value = entry === undefined ? undefined : field.read(entry.value, report)
      result[key] = value
      if (entry === undefined && field.must) report(node.at, 2, `Не хватает ключа «${key}» (${what})`, 'Добавьте его')
      if (field.must && value === undefined) whole = false
    }
    return whole ? (result as ShapeOf<F> & { readonly pos: Position }) : undefined
  }
}

/** Pure. « Может быть, x?» when a known word is near. */
export function nearest(word: string, known: readonly string[]): string {
  const close = known.find(
    (other) => other !== word && distance(word, other) <= Math.max(1, Math.floor(word.length / 4)),
  )
  return close === undefined ? '' : `. Может быть, «${close}»?`
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return row[b.length] ?? 0
}

function wrongKind(node: Node, wanted: string, what: string, report: Report): void {
  report(node.at, 2, `Здесь ${KIND_WORDS[node.kind]}, а нужно: ${wanted} (${what})`, 'Исправьте запись')
}

export const text =
  (what: string): Read<string> =>
  (node, report) => {
    if (node.kind === 'scalar' && node.value !== null && node.value !== '') return String(node.value)
    return void wrongKind(node, 'текст', what, report)
  }

export const NAME = /^[a-z][a-z0-9_]*$/

/** An id of the notation: snake_case. */
export const name =
  (what: string): Read<Named> =>
  (node, report) => {
    const value = text(what)(node, report)
    return value === undefined ? undefined : { name: value, pos: node.at }
  }
/** A name used somewhere, with the place of its use. */
export type Named = { readonly name: string; readonly pos: Position }

export const flag =
  (what: string): Read<boolean> =>
  (node, report) => {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
    return void wrongKind(node, 'true или false', what, report)
  }

export const integer =
  (what: string): Read<number> =>
  (node, report) => {
    if (node.kind === 'scalar' && typeof node.value === 'number' && Number.isSafeInteger(node.value)) return node.value
    return void wrongKind(node, 'целое число', what, report)
  }

export const oneOf =
  <const T extends readonly string[]>(values: T, what: string): Read<T[number]> =>
  (node, report) => {
    const value = node.kind === 'scalar' ? values.find((known) => known === node.value) : undefined
    if (value === undefined) report(node.at, 2, `Неизвестное значение (${what})`, `Здесь бывает: ${values.join(', ')}`)
    return value
  }

/** A list; one item may be written without brackets. */
export const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (node, report) => {
    const items = node.kind === 'list' ? node.items : [node]
    return items.flatMap((item) => {
      const value = read(item, report)
      return value === undefined ? [] : [value]
    })
  }

/** Keys chosen by the author → values. */
export const map =
  <T>(read: Read<T>, what: string): Read<readonly (Named & { readonly value: T })[]> =>
  (node, report) => {
    if (node.kind !== 'map') return void wrongKind(node, 'набор ключей', what, report)
    return node.entries.flatMap(({ key, keyAt, value }) => {
      const parsed = read(value, report)
      return parsed === undefined ? [] : [{ name: key, pos: keyAt, value: parsed }]
    })
  }

export const node: Read<Node> = (given) => given
