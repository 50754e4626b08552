import { readFileSync, statSync } from 'node:fs'
import { RoistatSettings } from './roistat-settings.ts'

/** Access to Roistat, from a file that only the service may read. Throws, and repeats no value, when it is none. */
export function readRoistatSettings(path: string): RoistatSettings {
  if ((statSync(path).mode & 0o077) !== 0) throw new Error(`${path} may be read by others: chmod 600`)
  const parsed = RoistatSettings.safeParse(parse(readFileSync(path, 'utf8')))
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'file'}: ${message}`)
  throw new Error(`${path} is not a file of Roistat: ${wrong.join('; ')}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says would repeat a piece of the file.
    return undefined
  }
}
