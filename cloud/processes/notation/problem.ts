/** A place in a definition file; lines and columns count from 1. */
export type Position = { readonly file: string; readonly line: number; readonly column: number }

/** One thing wrong with a definition: the check of the list, what is wrong and what to do, both in Russian. */
export type Problem = Position & { readonly check: number; readonly message: string; readonly advice: string }

/** Where readers and checks put what they find. */
export type Report = (at: Position, check: number, message: string, advice: string) => void

export function createReport(): { readonly problems: Problem[]; readonly report: Report } {
  const problems: Problem[] = []
  const seen = new Set<string>()
  return {
    problems,
    report: (at, check, message, advice) => {
      const key = `${at.file}:${at.line}:${at.column}:${message}`
      if (seen.has(key)) return
      seen.add(key)
      problems.push({ file: at.file, line: at.line, column: at.column, check, message, advice })
    },
  }
}

/** Pure. `file:line:column  what is wrong. What to do. [check]` */
export const problemLine = ({ file, line, column, check, message, advice }: Problem): string =>
  `${file}:${line}:${column}  ${message}. ${advice}. [${check}]`

/** Pure. By file, then by place. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.check - b.check,
  )
