import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { profileJsonSchema } from '#contract/profile.ts'
import { mosquittoConfig } from '../../cloud/broker/mosquitto-files.ts'
import { interlockDecisions } from './interlock-decisions.ts'
import { startCloud } from './running-cloud.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Files that are made, never written by hand: path from the root → its text. */
export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  'device-profiles/profile.schema.json': () =>
    formatted('device-profiles/profile.schema.json', asJson(profileJsonSchema())),
  ...Object.fromEntries(
    Object.entries(mosquittoConfig()).map(([file, text]) => [`deploy/mosquitto/${file}`, () => text] as const),
  ),
  'docs/interlock-decisions.md': interlockDecisions,
  'docs/openapi.json': openapi,
}

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** As the formatter of the repository would write it, so that lint and freshness agree. */
const formatted = (file: string, text: string): string =>
  execFileSync(join(ROOT, 'node_modules/.bin/biome'), ['format', `--stdin-file-path=${file}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  })

async function openapi(): Promise<string> {
  const cloud = await startCloud()
  try {
    return asJson(await readDocument(`${cloud.url}/api/openapi.json`))
  } finally {
    await cloud.stop()
  }
}

/** A machine under load answers 503 for a while after the start. */
async function readDocument(url: string, tries = 60): Promise<unknown> {
  const answer = await fetch(url)
  if (answer.ok) return answer.json()
  if (answer.status !== 503 || tries === 0) throw new Error(`${url} answered ${answer.status}`)
  await pause(500)
  return readDocument(url, tries - 1)
}

/** Names each file that differs from what would be made now; an absent one differs. */
export async function findStale(files = GENERATED): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [file, make] of Object.entries(files)) {
    const path = join(ROOT, file)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== (await make())) stale.push(file)
  }
  return stale
}

async function main(): Promise<void> {
  const stale = await findStale()
  if (process.argv.includes('--check')) {
    for (const file of stale) process.stderr.write(`stale: ${file}; run npm run generate\n`)
    process.exitCode = stale.length === 0 ? 0 : 1
    return
  }
  for (const file of stale) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true })
    writeFileSync(join(ROOT, file), (await GENERATED[file]?.()) ?? '')
    process.stdout.write(`written: ${file}\n`)
  }
}

if (process.argv[1] === import.meta.filename) await main()
