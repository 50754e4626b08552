import { hostname } from 'node:os'
import { password as askPassword, text as askText } from '@clack/prompts'
import { z } from 'zod'
import { CommandFailed, createApiClient, parseAnswer, request } from './api-client.ts'
import { cleanUrl, DEFAULT_URL, forgetSignIn, keepSignIn, readSignIn } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'

const SignedIn = z.looseObject({ user: z.looseObject({ login: z.string(), name: z.string(), role: z.string() }) })
const Token = z.looseObject({ id: z.string(), token: z.string() })

/** The password is right, and the account has a second factor. */
const HalfWay = z.looseObject({ step: z.string(), ways: z.array(z.string()) })

export type LoginOptions = { readonly login?: string; readonly password?: string; readonly code?: string }

/** Signs in by password and, where there is one, by the code of the authenticator app, trades the session for an API token, keeps the token and ends the session. */
export async function login(terminal: Terminal, typed: string | undefined, options: LoginOptions): Promise<void> {
  const url = cleanUrl(typed ?? terminal.env['KORDON_URL'] ?? DEFAULT_URL)
  const name = options.login ?? (await ask(terminal, 'Login', () => askText({ message: 'Login' })))
  const secret =
    options.password ??
    terminal.env['KORDON_PASSWORD'] ??
    (await ask(terminal, 'Password', () => askPassword({ message: 'Password' })))
  const post = (path: string, body: object) =>
    request(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const first = await post('/api/session', { login: name, password: secret })
  const answer = first.status === 202 ? await withCode(first) : first
  async function withCode(halfWay: Response): Promise<Response> {
    const { step, ways } = await parseAnswer(halfWay, url, HalfWay)
    if (!ways.includes('totp'))
      throw new CommandFailed(
        'sign-in/passkey-only',
        'this account has no authenticator app: make a token in the console',
      )
    const code = options.code ?? (await ask(terminal, 'Code', () => askText({ message: 'Code of the app' })))
    return post('/api/session/second-factor', { step, code })
  }
  const { user } = await parseAnswer(answer, url, SignedIn)
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const session = createApiClient({ url, cookie })
  const made = await session.send('POST', '/api/tokens', Token, { name: `kordon CLI on ${hostname()}`.slice(0, 64) })
  await session.send('DELETE', '/api/session', z.unknown())
  const path = keepSignIn(terminal.env, { url, token: made.token, tokenId: made.id, login: user.login })
  terminal.result({ url, login: user.login, role: user.role, path }, () => [
    `Signed in at ${url} as ${user.name} (${user.role}).`,
    `The token is in ${path}; "kordon logout" ends it.`,
  ])
}

/** Revokes the kept token, as far as the cloud can be reached, and forgets it. */
export async function logout(terminal: Terminal): Promise<void> {
  const kept = readSignIn(terminal.env)
  if (kept === undefined) throw new CommandFailed('sign-in/missing', 'not signed in')
  const revoked = await createApiClient(kept)
    .send('DELETE', `/api/tokens/${kept.tokenId}`, z.unknown())
    .then(
      () => true,
      () => false,
    )
  forgetSignIn(terminal.env)
  terminal.result({ url: kept.url, revoked }, () => [
    revoked ? `Signed out of ${kept.url}.` : `Forgotten here; ${kept.url} could not be told, revoke the token there.`,
  ])
}

async function ask(terminal: Terminal, what: string, prompt: () => Promise<string | symbol>): Promise<string> {
  if (!terminal.isInteractive)
    throw new CommandFailed(
      'input/missing',
      `${what} is missing: give --login and KORDON_PASSWORD, or run this in a terminal`,
    )
  const answer = await prompt()
  if (typeof answer !== 'string') throw new CommandFailed('input/cancelled', 'cancelled')
  return answer
}
