import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { type FileMistake, mistakeLine, readProfile } from '../profile/profile-store.ts'

/** Exit codes: 0 all well, 1 a mistake in what was checked, 2 a mistake in how it was asked. */
type ExitCode = 0 | 1 | 2

class UsageError extends Error {}

const ownProfiles = new URL('../../device-profiles', import.meta.url).pathname

function profileFiles(paths: readonly string[]): readonly string[] {
  return (paths.length === 0 ? [ownProfiles] : paths).flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) throw new UsageError(`no such file: ${path}`)
    if (!found.isDirectory()) return [path]
    const files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name))
    if (files.length === 0) throw new UsageError(`no profiles (*.yaml) in ${path}`)
    return files.sort().map((name) => join(path, name))
  })
}

function checkProfiles(paths: readonly string[], options: { readonly json?: boolean }): ExitCode {
  const files = profileFiles(paths)
  const mistakes: readonly FileMistake[] = files.flatMap((file) => readProfile(file).mistakes)
  if (options.json === true) console.log(JSON.stringify({ checked: files.length, mistakes }, undefined, 2))
  else {
    for (const one of mistakes) console.log(mistakeLine(one))
    const wrong = new Set(mistakes.map(({ file }) => file)).size
    if (wrong === 0) console.log(`${files.length} profile${files.length === 1 ? '' : 's'} checked, no mistakes.`)
    else
      console.log(
        `${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'} in ${wrong} of ${files.length} profiles.`,
      )
  }
  return mistakes.length === 0 ? 0 : 1
}

const program = new Command('kordon').description('Kordon at the vehicle').exitOverride()
const profile = program.command('profile').description('device profiles')
profile
  .command('check')
  .description('find every mistake in device profiles, by line')
  .argument('[files...]', 'profile files or folders; without any, the profiles that come with Kordon')
  .option('--json', 'print the result as JSON')
  .action((files: readonly string[], options: { readonly json?: boolean }) => {
    process.exitCode = checkProfiles(files, options)
  })

try {
  program.parse()
} catch (cause) {
  if (cause instanceof CommanderError) process.exitCode = cause.exitCode === 0 ? 0 : 2
  else if (cause instanceof UsageError) {
    console.error(cause.message)
    process.exitCode = 2
  } else throw cause
}
