import type { Profile, RegisterDenial } from '#contract/profile.ts'
import type { WriteRequest } from './modbus-pdu.ts'

const within = (value: number, range: readonly [number, number]): boolean => value >= range[0] && value <= range[1]

/** Any write that somebody may wish to send, whatever its function. */
export type AnyWrite = { readonly fc: number; readonly address: number; readonly value: number }

/** Pure. Does this entry of a deny-list forbid the write? Conditions left out match everything. */
export function denies(denial: RegisterDenial, write: AnyWrite): boolean {
  if (!denial.fc.includes(write.fc)) return false
  if (denial.addresses !== undefined && !within(write.address, denial.addresses)) return false
  return denial.values?.some((value) => within(write.value, typeof value === 'number' ? [value, value] : value)) ?? true
}

/** Pure. The register entries of a profile's deny-list. */
export const registerDenials = (profile: Profile): readonly RegisterDenial[] =>
  (profile.deny ?? []).filter((entry): entry is RegisterDenial => 'fc' in entry)

/** Pure. The one write that sets the relay to `drive`; undefined when the profile has no register action. */
export function declaredWrite(profile: Profile, drive: 'free' | 'blocked'): WriteRequest | undefined {
  const action = profile.actions?.immobilizer
  if (action === undefined || !('write' in action)) return undefined
  const { fc, address, values } = action.write
  return { kind: 'write', fc, address: address - addressBase(profile), value: values[drive] }
}

const addressBase = (profile: Profile): number =>
  profile.transport.modbusTcp?.addressBase ?? profile.transport.modbusRtu?.addressBase ?? 0

/** Pure. The reason why a write must not reach the line, or undefined. Broadcast (unit 0) is never allowed. */
export function forbidden(profile: Profile, unitId: number, write: AnyWrite): string | undefined {
  if (unitId < 1 || unitId > 247) return `unit ${unitId} is not a single device`
  const declared = (['free', 'blocked'] as const).map((drive) => declaredWrite(profile, drive))
  const isDeclared = declared.some(
    (one) => one?.fc === write.fc && one.address === write.address && one.value === write.value,
  )
  if (!isDeclared) return 'not a declared action value of the profile'
  if (profile.status === 'experimental') return 'an experimental profile never drives a relay'
  if (registerDenials(profile).some((denial) => denies(denial, write))) return 'on the deny-list of the profile'
  return undefined
}
