import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '#contract/installation.ts'
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
export const loadProfiles = (dir: string): readonly Profile[] =>
  load(
    dir,
    readdirSync(dir)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort(),
  )

/** The profiles that an installation names, but for those that the folder lacks; throws `ProfileError`. */
export type ProfilesOf = (installation: Pick<Installation, 'devices'>) => readonly Profile[]

/**
 * A gateway has a handful of devices: the other profiles of the folder would cost it 7 MB while they are parsed and 2 MB
 * kept. Each is read once, so that a file changed on disk counts from the next start of the process.
 */
export function createProfileShelf(dir: string): ProfilesOf {
  const shelf = new Map<string, Profile>()
  const files = new Set(readdirSync(dir))
  return ({ devices }) => {
    const ids = [...new Set(devices.map(({ profile }) => profile))]
    const missing = ids.filter((id) => !shelf.has(id)).map((id) => `${id}.yaml`)
    for (const profile of load(
      dir,
      missing.filter((file) => files.has(file)),
    ))
      shelf.set(profile.id, profile)
    return ids.flatMap((id) => shelf.get(id) ?? [])
  }
}

function load(dir: string, files: readonly string[]): readonly Profile[] {
  const read = files.map((name) => parseProfile(readFileSync(join(dir, name), 'utf8'), join(dir, name)))
  const mistakes = read.flatMap((one) => one.mistakes)
  if (mistakes.length > 0) throw new ProfileError(mistakes)
  return read.flatMap((one) => ('profile' in one ? [one.profile] : []))
}
