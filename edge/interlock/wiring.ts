import type { Installation } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'

/**
 * Pure. What is unsafe about how the relay is wired, in words for the technician; empty when power loss leaves the
 * vehicle startable. Source: edge notes §8.
 */
export function wiringMistakes(installation: Installation, profiles: readonly Profile[]): readonly string[] {
  const { immobilizer, devices } = installation
  if (immobilizer === undefined) return []
  const { device, circuit, contact } = immobilizer
  const fitted = devices.find(({ id }) => id === device)
  const relay = profiles.find(({ id }) => id === fitted?.profile)?.relay
  const where = `immobilizer: device ${device} on the ${circuit} circuit:`
  if (fitted === undefined) return [`${where} no such device is installed`]
  if (relay === undefined)
    return [`${where} profile ${fitted.profile} does not say what its relay does without power (relay.onPowerLoss)`]
  const mistakes: string[] = []
  if (relay.onPowerLoss === 'kept' || relay.kind === 'latching')
    mistakes.push(`${where} a latching relay keeps the vehicle blocked without power; fit a monostable one`)
  else if (contact === 'normally-open')
    mistakes.push(
      `${where} a normally-open contact of a monostable relay opens with the power: a dead gateway would ${
        circuit === 'starter' ? 'block the vehicle' : 'stop the engine'
      }; wire the normally-closed contact (coil energised = blocked)`,
    )
  return mistakes
}
