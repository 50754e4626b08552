import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Command, CommanderError } from 'commander'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { identify } from '../identity/app.ts'
import { openSerialLink, openTcpLink } from '../modbus/byte-link-client.ts'
import { silenceMs } from '../modbus/line-settings.ts'
import { createModbusLine } from '../modbus/modbus-client.ts'
import { loadProfiles } from '../profile/profile-store.ts'
import { mistakeLine } from '../profile/yaml-text.ts'
import { addEdgeCommands } from './edge-commands.ts'
import { KINDS, TRANSPORTS } from './profile-draft.ts'
import { checkFile, profileFiles, strayMistakes, UsageError } from './profile-files.ts'
import { profileList } from './profile-list.ts'
import { type NewProfileOptions, newProfile } from './profile-new.ts'
import { said } from './speech.ts'

/** Exit codes: 0 all well, 1 a mistake in what was checked, 2 a mistake in how it was asked. */
type ExitCode = 0 | 1 | 2

const ownProfiles = new URL('../../device-profiles', import.meta.url).pathname

function checkProfiles(named: readonly string[], options: { readonly json?: boolean }): ExitCode {
  const paths = named.length === 0 ? [ownProfiles] : named
  const files = profileFiles(paths)
  const folders = paths.filter((path) => statSync(path).isDirectory())
  const mistakes = [...files.flatMap(checkFile), ...folders.flatMap(strayMistakes)]
  if (options.json === true) console.log(JSON.stringify({ checked: files.length, mistakes }, undefined, 2))
  else {
    for (const one of mistakes) console.log(mistakeLine(one))
    const wrong = new Set(mistakes.map(({ file }) => file)).size
    if (wrong === 0) console.log(`${count(files.length, 'profile')} checked, no mistakes.`)
    else
      console.log(
        `${count(mistakes.length, 'mistake')} in ${count(wrong, 'file')} of ${count(files.length, 'profile')}.`,
      )
  }
  return mistakes.length === 0 ? 0 : 1
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`

async function beginProfile(options: NewProfileOptions): Promise<ExitCode> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const written = await newProfile(options, isTerminal ? 'terminal' : 'pipe')
  if (written === undefined) return 1
  console.log(`${written.join('\n')}\nReplace the numbers, then: kordon profile check ${written[0]}`)
  return 0
}

const program = new Command('kordon').description('Kordon at the vehicle').exitOverride()
const profile = program.command('profile').description('device profiles')
profile
  .command('check')
  .description('find every mistake in device profiles and their samples, by line')
  .argument('[files...]', 'profile files or folders; without any, the profiles that come with Kordon')
  .option('--json', 'print the result as JSON')
  .action((files: readonly string[], options: { readonly json?: boolean }) => {
    process.exitCode = checkProfiles(files, options)
  })
profile
  .command('list')
  .description('every device that has a profile, and how far each is proved')
  .argument('[folder]', 'folder of profiles', ownProfiles)
  .option('--json', 'print the list as JSON')
  .action((folder: string, options: { readonly json?: boolean }) => {
    console.log(profileList(loadProfiles(folder), options.json === true ? 'json' : 'text'))
  })
profile
  .command('new')
  .description('begin a device profile and its samples; asks for what is not said here')
  .option('--brand <name>', 'who makes the device')
  .option('--model <name>', 'which model it is')
  .option('--transport <name>', TRANSPORTS.join(', '))
  .option('--kind <name>', KINDS.join(', '))
  .option('--source <title>', 'where its numbers come from')
  .option('--dir <folder>', 'where to write the profile', '.')
  .action(async (options: NewProfileOptions) => {
    process.exitCode = await beginProfile(options)
  })

const clock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: async (length, signal) => {
    await wait(length, undefined, { signal }).catch(() => undefined)
  },
}
/** Several addresses that refuse make one error without a word of its own. */
const causeOf = (error: Error): string =>
  error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0].message : error.message
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
addEdgeCommands(program, {
  loadProfiles,
  claim: async (config, stop) => {
    let away = 'no answer'
    const heard = (fields: object): void => {
      if ('err' in fields && fields.err instanceof Error) away = causeOf(fields.err)
    }
    return (await identify(config, { clock, log: { ...log, warn: heard } }, stop)) ?? { away }
  },
  openLine: (port, baud = 9600) => {
    const isSerial = port.kind === 'modbusRtu'
    const open = isSerial ? openSerialLink({ path: port.path, baud, parity: 'none', stopBits: 1 }) : openTcpLink(port)
    const framing = port.kind === 'modbusTcp' ? 'mbap' : 'rtu'
    return createModbusLine({
      name: 'scan',
      open,
      framing,
      silenceMs: framing === 'mbap' ? 0 : silenceMs(baud),
      clock,
      random: Math.random,
      log,
    })
  },
})

try {
  await program.parseAsync()
} catch (cause) {
  if (cause instanceof CommanderError) process.exitCode = cause.exitCode === 0 ? 0 : 2
  else if (cause instanceof UsageError) {
    console.error(said(cause.message))
    process.exitCode = 2
  } else throw cause
}
