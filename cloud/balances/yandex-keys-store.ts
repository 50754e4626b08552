import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'

/** A park's access to Yandex Fleet. */
export type YandexPark = {
  /** The balance source's id, by which drivers refer to it. */
  readonly source: string
  readonly yandexParkId: string
  readonly clientId: string
  readonly apiKey: string
  readonly baseUrl: string
  /** `stop`: rules may stop a debtor's new orders there. */
  readonly orders?: 'keep' | 'stop'
}

const BASE_URL = 'https://fleet-api.taxi.yandex.net'

const KeysFile = z
  .array(
    z.strictObject({
      parkId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
      clientId: z.string().min(1).max(200),
      apiKey: z.string().regex(/^[\x21-\x7e]{1,400}$/),
      baseUrl: z.url({ protocol: /^https?$/ }).default(BASE_URL),
      orders: z.enum(['keep', 'stop']).default('keep'),
    }),
  )
  .refine((parks) => new Set(parks.map(({ parkId }) => parkId)).size === parks.length, {
    error: 'a park is named twice',
  })

/**
 * The keys of Yandex Fleet from a file that only the service may read: a JSON list of `{parkId, clientId, apiKey}`. They
 * stay in memory; the database and the log never see them. Throws, and repeats no value, when the file is not one.
 */
export function readYandexKeys(path: string): readonly YandexPark[] {
  if ((statSync(path).mode & 0o077) !== 0) throw new Error(`${path} may be read by others: chmod 600`)
  const text = readFileSync(path, 'utf8')
  const parsed = KeysFile.safeParse(parse(text))
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'file'}: ${message}`)
    throw new Error(`${path} is not a list of Yandex Fleet keys: ${wrong.join('; ')}`)
  }
  return parsed.data.map(({ parkId, ...keys }) => ({ ...keys, yandexParkId: parkId, source: `yandex-fleet:${parkId}` }))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says would repeat a piece of the file.
    return undefined
  }
}
