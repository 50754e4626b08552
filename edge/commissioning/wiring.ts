import { canonicalText } from '#contract/canonical-text.ts'
import type { Installation } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'

/** Pure. The devices whose word decides whether the relay may move, and the relay itself. */
const speakers = ({ devices, immobilizer, ignition, motion }: Installation) => {
  const ids = new Set([immobilizer?.device, immobilizer?.sense?.device, ignition?.device, motion?.device])
  return devices.filter(({ id }) => ids.has(id))
}

/** Pure. Relay, circuit, contact, and where ignition, motion and sense come from: what a seal is about. */
export const wiringText = (installation: Installation): string =>
  canonicalText({
    immobilizer: installation.immobilizer ?? null,
    ignition: installation.ignition ?? null,
    motion: installation.motion ?? null,
    devices: speakers(installation),
  })

/** Pure. The profiles that speak for the interlock, each with its whole text. */
export const speakingProfiles = (installation: Installation, profiles: readonly Profile[]) =>
  speakers(installation).flatMap((device) => {
    const profile = profiles.find(({ id }) => id === device.profile)
    return profile === undefined ? [] : [{ device: device.id, profile, text: canonicalText(profile) }]
  })
