import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseProfile } from '../profile/profile-text.ts'
import type { FileMistake } from '../profile/yaml-text.ts'
import { checkSamples } from './sample-check.ts'

/** A mistake in how something was asked; exit code 2. */
export class UsageError extends Error {}

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name)

/** The profile files that a list of files and folders means. */
export function profileFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) throw new UsageError(`no such file: ${path}`)
    if (!found.isDirectory()) return [path]
    const files = readdirSync(path).filter(isYaml)
    if (files.length === 0) throw new UsageError(`no profiles (*.yaml) in ${path}`)
    return files.sort().map((name) => join(path, name))
  })
}

/** Where the samples of a profile lie: `samples/<its name>` beside it. */
export const samplesBeside = (file: string): string => join(dirname(file), 'samples', basename(file))

/** Every mistake of one profile, and of its samples once the profile itself is sound. */
export function checkFile(file: string): readonly FileMistake[] {
  const read = parseProfile(readFileSync(file, 'utf8'), file)
  if (!('profile' in read)) return read.mistakes
  const samples = samplesBeside(file)
  if (existsSync(samples)) return checkSamples(read.profile, readFileSync(samples, 'utf8'), samples)
  return [{ file, line: 1, column: 1, path: '', reason: `has no samples: ${samples} is not there` }]
}

/** Samples in a folder of profiles that belong to none of them. */
export function strayMistakes(folder: string): readonly FileMistake[] {
  const samples = join(folder, 'samples')
  if (!existsSync(samples)) return []
  return readdirSync(samples)
    .filter((name) => isYaml(name) && !existsSync(join(folder, name)))
    .map((name) => {
      const reason = `samples of a profile that is not there: ${name}`
      return { file: join(samples, name), line: 1, column: 1, path: '', reason }
    })
}
