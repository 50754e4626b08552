import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { CommandFailed } from './api-client.ts'

const SignIn = z.strictObject({ url: z.url(), token: z.string(), tokenId: z.string(), login: z.string() })
export type SignIn = z.infer<typeof SignIn>

type Env = Readonly<Record<string, string | undefined>>

export const signInPath = (env: Env): string =>
  join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'kordon', 'sign-in.json')

export function keepSignIn(env: Env, signIn: SignIn): string {
  const path = signInPath(env)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, `${JSON.stringify(signIn, null, 2)}\n`, { mode: 0o600 })
  // The mode above holds for a new file only.
  chmodSync(path, 0o600)
  return path
}

export const forgetSignIn = (env: Env): void => rmSync(signInPath(env), { force: true })

/** KORDON_URL and KORDON_TOKEN go before what `kordon login` has kept. Throws a clear word without either. */
export function readAccess(env: Env): { readonly url: string; readonly token: string } {
  const kept = readSignIn(env)
  const token = env['KORDON_TOKEN'] || kept?.token
  const url = env['KORDON_URL'] || kept?.url || (env['KORDON_TOKEN'] ? DEFAULT_URL : undefined)
  if (token === undefined || url === undefined)
    throw new CommandFailed(
      'sign-in/missing',
      'not signed in: run "kordon login <address of the cloud>", or set KORDON_URL and KORDON_TOKEN',
    )
  return { url: cleanUrl(url), token }
}

export const DEFAULT_URL = 'http://127.0.0.1:8080'

/** Pure. Scheme and host of an address as people type it; throws a clear word when it is none. */
export function cleanUrl(typed: string): string {
  const full = /^https?:\/\//.test(typed) ? typed : `https://${typed}`
  if (!URL.canParse(full))
    throw new CommandFailed('url/wrong', `"${typed}" is not an address such as https://kordon.example`)
  return new URL(full).origin
}

export function readSignIn(env: Env): SignIn | undefined {
  let text: string
  try {
    text = readFileSync(signInPath(env), 'utf8')
  } catch {
    return undefined
  }
  try {
    return SignIn.parse(JSON.parse(text))
  } catch (cause) {
    throw new CommandFailed('sign-in/unreadable', `${signInPath(env)} is damaged: run "kordon login" again`, { cause })
  }
}
