import { type Document, isMap, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import { check } from '../lint/lint.ts'
import type { SourceFile } from '../notation/source.ts'

/** The five businesses that come with the house, one folder each. */
export const CASES = ['a', 'b', 'c', 'd', 'e'] as const
export type CaseName = (typeof CASES)[number]

const isShared = (name: string): boolean => name.startsWith('shared/')

/**
 * Pure. The files of these cases alone. What the shared files say for the others only (events, numbers, queues of tasks)
 * goes with them, for the check refuses what nobody uses. All five: the files as they are.
 */
export function chosenCases(files: readonly SourceFile[], chosen: readonly CaseName[]): readonly SourceFile[] {
  if (CASES.every((one) => chosen.includes(one))) return files
  const kept = files.filter(({ name }) => isShared(name) || chosen.some((one) => name.startsWith(`${one}/`)))
  const idle = check(kept).problems.filter(
    (problem) => isShared(problem.file) && (problem.check === 10 || problem.check === 11),
  )
  return kept.map((file) => {
    const places = idle.filter((problem) => problem.file === file.name)
    if (places.length === 0) return file
    return { name: file.name, text: without(file.text, new Set(places.map(({ line, column }) => `${line}:${column}`))) }
  })
}

/** The text without what begins at these places, and without the lists that this leaves empty and what is nothing but them. */
function without(text: string, places: ReadonlySet<string>): string {
  const lines = new LineCounter()
  const isGone = (node: unknown): boolean => {
    const offset = startOf(node)
    if (offset === undefined) return false
    const { line, col } = lines.linePos(offset)
    return places.has(`${line}:${col}`)
  }
  /** Says whether nothing is left of this node. */
  const prune = (node: unknown): boolean => {
    if (isSeq(node)) {
      const before = node.items.length
      node.items = node.items.filter((item) => !isGone(item) && !prune(item))
      return before > 0 && node.items.length === 0
    }
    if (!isMap(node)) return false
    // A queue without tasks is none, nor is a workplace without queues: the entry goes with what it was for.
    let isEmpty = false
    node.items = node.items.filter(({ key, value }) => {
      if (isGone(key)) return false
      if (!prune(value)) return true
      if (isSeq(value)) isEmpty = true
      return false
    })
    return isEmpty
  }
  const documents = parseAllDocuments(text, { version: '1.2', lineCounter: lines })
  if (!Array.isArray(documents)) return text
  return documents
    .map((document: Document.Parsed) => {
      prune(document.contents)
      return String(document)
    })
    .join('')
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined
  return typeof node.range[0] === 'number' ? node.range[0] : undefined
}
