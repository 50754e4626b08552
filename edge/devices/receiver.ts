import type { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'

/** Pure. The profile of that name, if there is one. */
export const profileOf = (profiles: readonly Profile[], id: string | undefined): Profile | undefined =>
  profiles.find((profile) => profile.id === id)

/** Pure. The one device whose position counts: the first whose profile tells a latitude. */
export function receiverOf({ devices }: Installation, profiles: readonly Profile[]): DeviceId | undefined {
  return devices.find(({ profile: id }) =>
    Object.values(profileOf(profiles, id)?.readings ?? {}).some(({ capability }) => capability === 'position.lat'),
  )?.id
}
