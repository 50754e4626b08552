import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { Profile } from '#contract/profile.ts'
import { mistakesOfIssues } from './issue-text.ts'
import { profileMistakes } from './profile-check.ts'

/** One mistake in one file; line and column count from 1. */
export type FileMistake = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly reason: string
}

/** Every mistake of every file; the message names them all. */
export class ProfileError extends Error {
  readonly mistakes: readonly FileMistake[]
  constructor(mistakes: readonly FileMistake[]) {
    super(mistakes.map(mistakeLine).join('\n'))
    this.name = 'ProfileError'
    this.mistakes = mistakes
  }
}

/** Pure. `file:line:column: where: reason`, as compilers say it. */
export const mistakeLine = ({ file, line, column, path, reason }: FileMistake): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${reason}`

export type ReadProfile =
  | { readonly profile: Profile; readonly mistakes: readonly [] }
  | { readonly mistakes: readonly FileMistake[] }

/** Reads one profile and finds all its mistakes. Throws only when the file cannot be read at all. */
export function readProfile(file: string): ReadProfile {
  return parseProfile(readFileSync(file, 'utf8'), file)
}

/** Pure. A profile's text; `file` is used to name mistakes and must carry the profile's id. */
export function parseProfile(text: string, file: string): ReadProfile {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, uniqueKeys: true })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    return {
      mistakes: broken.map((error) => ({
        file,
        ...at(error.pos[0]),
        path: '',
        reason: error.message.split('\n')[0] ?? '',
      })),
    }
  }
  const parsed = Profile.safeParse(document.toJS())
  const found = parsed.success ? profileMistakes(parsed.data) : mistakesOfIssues(parsed.error.issues)
  const named =
    parsed.success && basename(file).replace(/\.ya?ml$/, '') !== parsed.data.id
      ? [{ path: ['id'], reason: `the file is to be named ${parsed.data.id}.yaml` }]
      : []
  const mistakes = [...found, ...named].map(({ path, reason }) => ({
    file,
    ...at(offsetOf(document, path)),
    path: path.join('.'),
    reason,
  }))
  return parsed.success && mistakes.length === 0 ? { profile: parsed.data, mistakes: [] } : { mistakes }
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

/**
 * All profiles of a folder (`*.yaml`, not its subfolders), by id. All or nothing: throws one `ProfileError` with every
 * mistake of every file, so that the caller keeps what it had.
 */
export function loadProfiles(dir: string): readonly Profile[] {
  const files = readdirSync(dir)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(dir, name))
  const read = files.map(readProfile)
  const mistakes = read.flatMap((one) => one.mistakes)
  if (mistakes.length > 0) throw new ProfileError(mistakes)
  return read.flatMap((one) => ('profile' in one ? [one.profile] : []))
}
