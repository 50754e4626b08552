import { createReport } from '../../processes/notation/problem.ts'
import { rule } from '../../processes/notation/rule.ts'
import { readSource, type SourceFile } from '../../processes/notation/source.ts'

/** The rules of files, each as text of its own, and the files without them: what rules need around them. */
export type RuleTexts = {
  readonly rules: readonly { readonly id: string; readonly title: string; readonly text: string }[]
  readonly context: readonly SourceFile[]
}

/** Pure. Takes files apart, document by document; a document that cannot be read stays in the context, to be reported there. */
export function ruleTexts(files: readonly SourceFile[]): RuleTexts {
  const rules: { id: string; title: string; text: string }[] = []
  const context: SourceFile[] = []
  for (const file of files) {
    const others: string[] = []
    for (const part of file.text.split(/^---$/m)) {
      const { report } = createReport()
      const [node] = readSource({ name: file.name, text: part }, report)
      const kind = node?.kind === 'map' ? node.entries.find(({ key }) => key === 'kind')?.value : undefined
      const read =
        node !== undefined && kind?.kind === 'scalar' && kind.value === 'rule' ? rule(node, report) : undefined
      if (read === undefined) others.push(part)
      else rules.push({ id: read.id, title: read.title, text: `${part.trim()}\n` })
    }
    context.push({ name: file.name, text: others.join('---') })
  }
  return { rules, context }
}
