import { readFileSync } from 'node:fs'
import { Installation } from '#contract/installation.ts'
import { mistakesOfIssues } from './profile/issue-text.ts'
import { mistakeLine, readYaml } from './profile/yaml-text.ts'

/** Reads what is installed in this vehicle. Throws one error with file, line, column and reason of every mistake. */
export function loadInstallation(file: string): Installation {
  return parseInstallation(readFileSync(file, 'utf8'), file)
}

/** Pure. The same from a text; `file` names the mistakes. */
export function parseInstallation(text: string, file: string): Installation {
  const yaml = readYaml(text, file)
  const parsed = yaml.kind === 'value' ? Installation.safeParse(yaml.value) : undefined
  if (parsed?.success === true) return parsed.data
  const mistakes =
    yaml.kind === 'broken' ? yaml.mistakes : yaml.place(mistakesOfIssues(parsed?.error.issues ?? [], Installation))
  throw new Error(mistakes.map(mistakeLine).join('\n'))
}
