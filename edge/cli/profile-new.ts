import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cancel, isCancel, select, text } from '@clack/prompts'
import { type Draft, draftProfile, idOf, KINDS, kindsOf, TRANSPORTS } from './profile-draft.ts'
import { checkFile, samplesBeside, UsageError } from './profile-files.ts'

/** What was said on the command line; the rest is asked for, where someone is there to answer. */
export type NewProfileOptions = {
  readonly brand?: string
  readonly model?: string
  readonly transport?: string
  readonly kind?: string
  readonly source?: string
  readonly dir: string
}

const oneOf = <Word extends string>(
  words: readonly Word[],
  said: string | undefined,
  what: string,
): Word | undefined => {
  const found = words.find((word) => word === said)
  if (said !== undefined && found === undefined) throw new UsageError(`${what}: expected ${words.join(', ')}`)
  return found
}

class Cancelled extends Error {}

async function askText(message: string, placeholder: string): Promise<string> {
  const validate = (said: string | undefined): string | undefined =>
    (said ?? '').trim() === '' ? 'It needs a name.' : undefined
  const said = await text({ message, placeholder, validate })
  if (isCancel(said)) throw new Cancelled()
  return said
}

async function askOne(message: string, words: readonly string[]): Promise<string> {
  const said = await select<string>({ message, options: words.map((value) => ({ value, label: value })) })
  if (isCancel(said)) throw new Cancelled()
  return said
}

/** Answers what is missing: from the terminal, or with an error that names every missing option at once. */
async function complete(options: NewProfileOptions, isTerminal: 'terminal' | 'pipe'): Promise<Draft> {
  const given = {
    transport: oneOf(TRANSPORTS, options.transport, '--transport'),
    kind: oneOf(KINDS, options.kind, '--kind'),
  }
  const wanted = ['brand', 'model', 'transport', 'kind'] as const
  const kinds = given.transport === undefined ? KINDS : kindsOf(given.transport)
  const missing = wanted.filter((name) => options[name] === undefined && !(name === 'kind' && kinds.length === 1))
  if (isTerminal === 'pipe' && missing.length > 0)
    throw new UsageError(`still to be said: ${missing.map((name) => `--${name}`).join(', ')}`)
  const brand = options.brand ?? (await askText('Who makes it?', 'Acme'))
  const model = options.model ?? (await askText('Which model?', 'GPS-1'))
  const transport =
    given.transport ?? oneOf(TRANSPORTS, await askOne('How is it spoken to?', TRANSPORTS), 'transport') ?? 'modbus-rtu'
  const [only, ...others] = kindsOf(transport)
  const kind =
    given.kind ??
    (others.length === 0 ? only : oneOf(KINDS, await askOne('What is it?', kindsOf(transport)), 'kind')) ??
    'gps'
  if (!kindsOf(transport).includes(kind)) throw new UsageError(`over ${transport} there is no ${kind}`)
  const isAsked = options.source === undefined && isTerminal === 'terminal'
  const source = isAsked
    ? await askText('Where do its numbers come from?', 'Acme GPS-1 manual 1.2, section 4')
    : options.source
  return {
    brand,
    model,
    transport,
    kind,
    source: source ?? 'still to be named',
    today: new Date().toISOString().slice(0, 10),
  }
}

/** Writes a profile and its samples to begin with; answers their paths, or undefined when the person gave up. */
export async function newProfile(
  options: NewProfileOptions,
  isTerminal: 'terminal' | 'pipe',
): Promise<readonly [string, string] | undefined> {
  let draft: Draft
  try {
    draft = await complete(options, isTerminal)
  } catch (cause) {
    if (!(cause instanceof Cancelled)) throw cause
    cancel('Nothing was written.')
    return undefined
  }
  if (idOf(draft) === '') throw new UsageError('brand and model each need a Latin letter or a digit, for the id')
  const { id, profile, samples } = draftProfile(draft)
  const file = join(options.dir, `${id}.yaml`)
  for (const path of [file, samplesBeside(file)]) if (existsSync(path)) throw new UsageError(`${path} is there already`)
  mkdirSync(dirname(samplesBeside(file)), { recursive: true })
  writeFileSync(file, profile, { flag: 'wx' })
  writeFileSync(samplesBeside(file), samples, { flag: 'wx' })
  const [mistake] = checkFile(file)
  if (mistake !== undefined)
    throw new Error(`the draft does not pass its own check: ${mistake.file}:${mistake.line}: ${mistake.reason}`)
  return [file, samplesBeside(file)]
}
