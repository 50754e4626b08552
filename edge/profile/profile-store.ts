import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Profile } from '#contract/profile.ts'
import { parseProfile } from './profile-text.ts'
import { type FileMistake, mistakeLine } from './yaml-text.ts'

/** Every mistake of every file; the message names them all. */
export class ProfileError extends Error {
  readonly mistakes: readonly FileMistake[]
  constructor(mistakes: readonly FileMistake[]) {
    super(mistakes.map(mistakeLine).join('\n'))
    this.name = 'ProfileError'
    this.mistakes = mistakes
  }
}

/**
 * All profiles of a folder (`*.yaml`, not its subfolders), by id. All or nothing: throws one `ProfileError` with every
 * mistake of every file, so that the caller keeps what it had.
 */
export function loadProfiles(dir: string): readonly Profile[] {
  const read = readdirSync(dir)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => parseProfile(readFileSync(join(dir, name), 'utf8'), join(dir, name)))
  const mistakes = read.flatMap((one) => one.mistakes)
  if (mistakes.length > 0) throw new ProfileError(mistakes)
  return read.flatMap((one) => ('profile' in one ? [one.profile] : []))
}
