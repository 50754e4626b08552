import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Finding } from './step.ts'

const SignIn = z.looseObject({ url: z.string(), token: z.string() })
type Env = Readonly<Record<string, string | undefined>>

/** What `kordon login` has kept for this user, or what the environment says. */
function accessOf(env: Env, given: { readonly cloud?: string; readonly token?: string }) {
  const folder = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config')
  const file = join(folder, 'kordon', 'sign-in.json')
  const kept = existsSync(file) ? SignIn.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data : undefined
  const url = given.cloud ?? env['KORDON_URL'] ?? kept?.url
  const token = given.token ?? env['KORDON_TOKEN'] ?? kept?.token
  return url === undefined || token === undefined ? undefined : { url, token }
}

const Claims = z.looseObject({ gatewayId: z.string() })
const Problem = z.looseObject({ title: z.string(), detail: z.string().nullish() })

/** `POST /api/gateways/{id}/commissioning` with the signed sheet, on the word of the technician who is signed in. */
export async function uploadSheet(
  env: Env,
  options: { readonly cloud?: string; readonly token?: string; readonly note: string },
  sheet: string,
): Promise<Finding> {
  const access = accessOf(env, options)
  const unknown = (fact: string): Finding => ({ name: 'upload', state: 'unknown', fact })
  if (access === undefined)
    return unknown('nobody is signed in here (kordon login), so only the gateway itself has told the cloud')
  const [, claims = ''] = sheet.split('.')
  const { gatewayId } = Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')))
  try {
    const answer = await fetch(new URL(`/api/gateways/${gatewayId}/commissioning`, access.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${access.token}` },
      body: JSON.stringify({ note: options.note, sheet }),
      signal: AbortSignal.timeout(15_000),
    })
    if (answer.ok) return { name: 'upload', state: 'good', fact: 'the cloud has it' }
    const problem = Problem.safeParse(await answer.json().catch(() => undefined)).data
    return {
      name: 'upload',
      state: 'bad',
      fact: `the cloud refuses it: ${problem?.detail ?? problem?.title ?? answer.status}`,
    }
  } catch (cause) {
    return unknown(`the cloud cannot be reached: ${cause instanceof Error ? cause.message : cause}`)
  }
}
