import { Configuration } from '#contract/configuration.ts'
import type { Installation, ReadingRef } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'
import type { VerifyJws } from '../orders/order-signature.ts'
import { mistakesOfIssues } from '../profile/issue-text.ts'

export type ReadDocument =
  | { readonly ok: true; readonly document: Configuration }
  /** Not signed as a configuration by a known key: nothing in it is believed. */
  | { readonly ok: false; readonly reason: 'signature' }
  | {
      readonly ok: false
      readonly reason: 'document'
      readonly version: number
      readonly raw: unknown
      readonly errors: readonly string[]
    }

const MAX_JWS_CHARACTERS = 131_072

/** Pure but for the passed-in `verify`. Every unknown key and every wrong value is named, not the first one only. */
export async function readDocument(payload: Uint8Array, verify: VerifyJws): Promise<ReadDocument> {
  if (payload.length > MAX_JWS_CHARACTERS) return { ok: false, reason: 'signature' }
  const claims = await verify(new TextDecoder().decode(payload))
  if (claims === undefined) return { ok: false, reason: 'signature' }
  const raw = parseJson(claims)
  const parsed = Configuration.safeParse(raw)
  if (parsed.success) return { ok: true, document: parsed.data }
  const errors = mistakesOfIssues(parsed.error.issues, Configuration).map(({ path, reason }) =>
    path.length === 0 ? reason : `${path.join('.')}: ${reason}`,
  )
  return { ok: false, reason: 'document', version: versionOf(raw), raw, errors }
}

const versionOf = (raw: unknown): number =>
  typeof raw === 'object' &&
  raw !== null &&
  'version' in raw &&
  Number.isSafeInteger(raw.version) &&
  Number(raw.version) > 0
    ? Number(raw.version)
    : 0

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Pure. What one part of an installation says of another and is not so. */
export function mistakesOfInstallation(installation: Installation, profiles: readonly Profile[]): readonly string[] {
  const { devices, ignition, motion, pulses, immobilizer } = installation
  const ids = devices.map(({ id }) => id)
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
  const profileOf = (id: string): Profile | undefined => {
    const device = devices.find((one) => one.id === id)
    return profiles.find((profile) => profile.id === device?.profile)
  }
  const reference = (where: string, ref: ReadingRef | undefined): readonly string[] => {
    if (ref === undefined) return []
    if (!ids.includes(ref.device)) return [`${where}.device: there is no device ${ref.device}`]
    const profile = profileOf(ref.device)
    return profile === undefined || Object.hasOwn(profile.readings, ref.reading)
      ? []
      : [`${where}.reading: profile ${profile.id} has no reading ${ref.reading}`]
  }
  const relay = immobilizer === undefined ? undefined : profileOf(immobilizer.device)
  return [
    ...new Set(twice.map((id) => `devices: there are two named ${id}`)),
    ...devices.flatMap(({ profile }, index) =>
      profiles.some(({ id }) => id === profile) ? [] : [`devices.${index}.profile: there is no profile ${profile}`],
    ),
    ...reference('ignition', ignition),
    ...reference('motion', motion),
    ...reference('pulses', pulses),
    ...reference('immobilizer.sense', immobilizer?.sense),
    ...(immobilizer !== undefined && !ids.includes(immobilizer.device)
      ? [`immobilizer.device: there is no device ${immobilizer.device}`]
      : []),
    ...(relay !== undefined && relay.actions === undefined
      ? [`immobilizer.device: profile ${relay.id} drives no relay`]
      : []),
  ]
}
