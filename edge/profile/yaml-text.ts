import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Mistake } from './mistake.ts'

/** One mistake in one file; line and column count from 1. */
export type FileMistake = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly reason: string
}

/** Pure. `file:line:column: where: reason`, as compilers say it. */
export const mistakeLine = ({ file, line, column, path, reason }: FileMistake): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${reason}`

/** A YAML 1.2 text as data that knows where each part of it is written, or why it is none. */
export type YamlText =
  | { readonly kind: 'value'; readonly value: unknown; place(mistakes: readonly Mistake[]): readonly FileMistake[] }
  | { readonly kind: 'broken'; readonly mistakes: readonly FileMistake[] }

/** Faults of form that the parser names by its own inner life. */
const PLAIN: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice in one place: leave one of them',
  TAB_AS_INDENT: 'a tab; YAML is set in by spaces',
  BLOCK_AS_IMPLICIT_KEY: 'a colon with a blank after it inside a value: put the value in quotes',
}

/** Pure. `file` only names the mistakes. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, uniqueKeys: true })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const faults = [...document.errors, ...document.warnings]
  // One bracket left open makes a complaint of every token after it: only the first fault of form says something.
  const firstOfForm = faults.find(({ code }) => code !== 'DUPLICATE_KEY')
  const broken = faults.filter((fault) => fault.code === 'DUPLICATE_KEY' || fault === firstOfForm)
  if (broken.length > 0) {
    const mistakes = broken.map(({ pos, message, code }) => ({
      file,
      ...at(pos[0]),
      path: '',
      reason: PLAIN[code] ?? message.replace(/ at line \d+, column \d+:[\s\S]*$/, ''),
    }))
    return { kind: 'broken', mistakes }
  }
  return {
    kind: 'value',
    value: document.toJS(),
    place: (mistakes) =>
      mistakes.map(({ path, reason }) => ({ file, ...at(offsetOf(document, path)), path: path.join('.'), reason })),
  }
}

/** Where a path is written; where it is missing, the nearest thing around it that is there. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined) return offset
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      offset = isMap(node) || isScalar(node) || isSeq(node) ? (node.range?.[0] ?? offset) : offset
    } else return offset
  }
  return offset
}
