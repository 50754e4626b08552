import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { SourceFile } from './notation/source.ts'

/** The cases that come with the house: every YAML file under `cases/`, shared ones first. */
export function shippedCases(): readonly SourceFile[] {
  const folder = new URL('./cases/', import.meta.url)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}
