import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { CASES, type CaseName, chosenCases } from './definitions/chosen-cases.ts'
import type { SourceFile } from './notation/source.ts'

/** The cases that come with the house, or those chosen of them: YAML files under `cases/`, in the order of their names. */
export function shippedCases(chosen: readonly CaseName[] = CASES): readonly SourceFile[] {
  const folder = new URL('./cases/', import.meta.url)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
  return chosenCases(files, chosen)
}
