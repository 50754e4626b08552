import { type Document, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Position, Report } from './problem.ts'

/** What a YAML file holds, each piece with its place. */
export type Node = ScalarNode | ListNode | MapNode
export type ScalarNode = {
  readonly kind: 'scalar'
  readonly at: Position
  readonly value: string | number | boolean | null
}
export type ListNode = { readonly kind: 'list'; readonly at: Position; readonly items: readonly Node[] }
export type Entry = { readonly key: string; readonly keyAt: Position; readonly value: Node }
export type MapNode = { readonly kind: 'map'; readonly at: Position; readonly entries: readonly Entry[] }

/** A file of definitions as it came: its name and its text. */
export type SourceFile = { readonly name: string; readonly text: string }

/** YAML 1.1 reads these as true and false, so a file with such a key means something else to the next parser. */
const BOOLEAN_WORDS = new Set(['on', 'off', 'yes', 'no', 'y', 'n', 'true', 'false'])

/**
 * Pure. The documents of a file as positioned nodes (YAML 1.2). What does not parse is reported and left out; aliases
 * and merge keys are not part of the notation.
 */
export function readSource(file: SourceFile, report: Report): readonly Node[] {
  const lines = new LineCounter()
  const place = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { file: file.name, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const documents = parseAllDocuments(file.text, { version: '1.2', lineCounter: lines, uniqueKeys: true, merge: false })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document: Document.Parsed) => {
    for (const { pos, code, message } of document.errors)
      report(place(pos[0]), 1, yamlWords(code, message), yamlAdvice(code))
    return document.errors.length > 0 || document.contents === null ? [] : [nodeOf(document.contents, place, report)]
  })
}

const yamlWords = (code: string, message: string): string =>
  code === 'DUPLICATE_KEY' ? 'Ключ повторяется' : `Не читается как YAML 1.2: ${message.split('\n')[0] ?? code}`
const yamlAdvice = (code: string): string =>
  code === 'DUPLICATE_KEY'
    ? 'Оставьте один из них'
    : 'Проверьте отступы, скобки и кавычки; текст с «: » берут в кавычки'

type Place = (offset: number | undefined) => Position

function nodeOf(node: unknown, place: Place, report: Report): Node {
  const empty = (at: Position): ScalarNode => ({ kind: 'scalar', at, value: null })
  if (isScalar(node)) {
    const at = place(node.range?.[0])
    const { value } = node
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', at, value: plain ? value : value === null ? null : String(value) }
  }
  if (isSeq(node))
    return {
      kind: 'list',
      at: place(node.range?.[0]),
      items: node.items.map((item) => nodeOf(item, place, report)),
    }
  if (isMap(node)) {
    const at = place(node.range?.[0])
    const entries = node.items.flatMap(({ key, value }): readonly Entry[] => {
      const keyAt = place(isScalar(key) ? key.range?.[0] : undefined)
      if (!isScalar(key) || typeof key.value !== 'string') {
        report(keyAt, 1, `Ключ «${isScalar(key) ? String(key.value) : '…'}» не текст`, 'Ключ пишется словом')
        return []
      }
      const name = key.value
      const quoted = key.type === 'QUOTE_SINGLE' || key.type === 'QUOTE_DOUBLE'
      if (!quoted && BOOLEAN_WORDS.has(name.toLowerCase()))
        report(keyAt, 1, `Ключ «${name}» читается как да/нет в YAML 1.1`, 'Назовите ключ иначе')
      return [{ key: name, keyAt, value: value === null ? empty(keyAt) : nodeOf(value, place, report) }]
    })
    return { kind: 'map', at, entries }
  }
  const at = place(undefined)
  report(at, 1, 'Ссылки и якоря YAML здесь не применяются', 'Повторите текст')
  return empty(at)
}
