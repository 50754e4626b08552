import { readFileSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { Sources, secretsOf } from './source.ts'

const Secrets = z.record(
  z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  z.string().regex(/^[\x21-\x7e]{1,500}$/, 'printable ASCII without spaces'),
)

/**
 * The sources as they are described, and their secrets from a file of their own that only the service may read. Throws
 * when either is none, or a source names a secret that is not there; repeats no value of the second.
 */
export function readSources(
  path: string,
  secretsPath: string | undefined,
): { readonly sources: Sources; readonly secrets: Readonly<Record<string, string>> } {
  const parsed = Sources.safeParse(parse(readFileSync(path, 'utf8'), { version: '1.2' }))
  if (!parsed.success) throw new Error(`${path} does not describe sources: ${wrongOf(parsed.error)}`)
  const secrets = secretsPath === undefined ? {} : readSecrets(secretsPath)
  const { papers, fines } = parsed.data
  const lacking = [...papers, ...fines].flatMap(secretsOf).filter((name) => secrets[name] === undefined)
  if (lacking.length > 0)
    throw new Error(`${path} names secrets that are not there: ${[...new Set(lacking)].join(', ')}`)
  return { sources: parsed.data, secrets }
}

function readSecrets(path: string): Readonly<Record<string, string>> {
  if ((statSync(path).mode & 0o077) !== 0) throw new Error(`${path} may be read by others: chmod 600`)
  const parsed = Secrets.safeParse(json(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path} is not a file of secrets: ${wrongOf(parsed.error)}`)
  return parsed.data
}

const wrongOf = (error: z.ZodError): string =>
  error.issues.map(({ path: at, message }) => `${at.join('.') || 'file'}: ${message}`).join('; ')

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says would repeat a piece of the file.
    return undefined
  }
}
