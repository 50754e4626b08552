import { readFileSync } from 'node:fs'
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml'
import { Installation } from '#contract/installation.ts'
import { mistakesOfIssues } from './profile/issue-text.ts'

/** Reads what is installed in this vehicle. Throws one error with file, line, column and reason of every mistake. */
export function loadInstallation(file: string): Installation {
  return parseInstallation(readFileSync(file, 'utf8'), file)
}

/** Pure. The same from a text; `file` names the mistakes. */
export function parseInstallation(text: string, file: string): Installation {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, uniqueKeys: true })
  const say = (offset: number, path: string, reason: string): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}: ${path === '' ? '' : `${path}: `}${reason}`
  }
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0)
    throw new Error(broken.map((error) => say(error.pos[0], '', error.message.split('\n')[0] ?? '')).join('\n'))
  const parsed = Installation.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const offsetOf = (path: readonly (string | number)[]): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true)
    if (isNode(node) && node.range) return node.range[0]
    const around = document.contents
    return path.length > 0 ? offsetOf(path.slice(0, -1)) : isCollection(around) ? (around.range?.[0] ?? 0) : 0
  }
  throw new Error(
    mistakesOfIssues(parsed.error.issues)
      .map(({ path, reason }) => say(offsetOf(path), path.join('.'), reason))
      .join('\n'),
  )
}
