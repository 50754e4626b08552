import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { CommissioningSheet, type SheetPhoto } from '#contract/commissioning.ts'
import type { GatewayId } from '#contract/ids.ts'
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
type Access = NonNullable<ReturnType<typeof accessOf>>

const Problem = z.looseObject({ title: z.string(), detail: z.string().nullish() })
const Kept = z.looseObject({
  sheet: z.looseObject({ photos: z.array(z.looseObject({ sha256: z.string(), kept: z.boolean() })) }).nullable(),
})

type Sending = { readonly name: string; readonly path: string; readonly init: RequestInit; readonly withinMs: number }

const SHEET_MS = 15_000
/** Eight megabytes through a slow mobile line. */
const PHOTO_MS = 180_000

/** One answer of the cloud as a finding: it has it, it refuses and says why, or it could not be asked. */
async function sent(access: Access, { name, path, init, withinMs }: Sending): Promise<Finding> {
  try {
    const answer = await fetch(new URL(path, access.url), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${access.token}` },
      signal: AbortSignal.timeout(withinMs),
    })
    if (answer.ok) return { name, state: 'good', fact: 'the cloud has it' }
    const problem = Problem.safeParse(await answer.json().catch(() => undefined)).data
    return { name, state: 'bad', fact: `the cloud refuses it: ${problem?.detail ?? problem?.title ?? answer.status}` }
  } catch (cause) {
    const fact = `the cloud cannot be reached: ${cause instanceof Error ? cause.message : cause}`
    return { name, state: 'unknown', fact }
  }
}

type Options = { readonly cloud?: string; readonly token?: string; readonly note: string }

/**
 * The signed sheet to `POST /api/gateways/{id}/commissioning`, on the word of the technician who is signed in, then each of
 * its photos that the cloud has not got yet. `pictureOf`: the kept picture, undefined when it is gone.
 */
export async function uploadSheet(
  env: Env,
  options: Options,
  sheet: string,
  pictureOf: (photo: SheetPhoto) => Uint8Array | undefined,
): Promise<readonly Finding[]> {
  const access = accessOf(env, options)
  if (access === undefined) {
    const fact = 'nobody is signed in here (kordon login), so only the gateway itself has told the cloud'
    return [{ name: 'upload', state: 'unknown', fact }]
  }
  const claims = Buffer.from(sheet.split('.')[1] ?? '', 'base64url').toString('utf8')
  const { gatewayId, photos = [] } = CommissioningSheet.parse(JSON.parse(claims))
  const told = await sent(access, {
    name: 'upload',
    path: pathOf(gatewayId),
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ note: options.note, sheet }),
    },
    withinMs: SHEET_MS,
  })
  if (told.state !== 'good' || photos.length === 0) return [told]
  const there = await keptThere(access, gatewayId)
  const found: Finding[] = [told]
  for (const photo of photos) {
    const name = `photo ${photo.name}`
    const picture = there.has(photo.sha256) ? 'there' : pictureOf(photo)
    if (picture === 'there') found.push({ name, state: 'good', fact: 'the cloud has it' })
    else if (picture === undefined)
      found.push({ name, state: 'bad', fact: 'is no longer kept here as it was signed: give it again by --photo' })
    else found.push(await sent(access, photoSending(gatewayId, photo, picture)))
  }
  return found
}

const pathOf = (gateway: GatewayId): string => `/api/gateways/${gateway}/commissioning`

const photoSending = (gateway: GatewayId, { name, type, sha256 }: SheetPhoto, picture: Uint8Array): Sending => ({
  name: `photo ${name}`,
  path: `${pathOf(gateway)}/photos/${sha256}`,
  init: { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(picture) },
  withinMs: PHOTO_MS,
})

/** The photos that need not travel again; none known is none there. */
async function keptThere(access: Access, gateway: GatewayId): Promise<ReadonlySet<string>> {
  const init = { headers: { authorization: `Bearer ${access.token}` }, signal: AbortSignal.timeout(SHEET_MS) }
  const answer = await fetch(new URL(pathOf(gateway), access.url), init).catch(() => undefined)
  const said = Kept.safeParse(await answer?.json().catch(() => undefined)).data
  return new Set(said?.sheet?.photos.flatMap(({ sha256, kept }) => (kept ? [sha256] : [])))
}
