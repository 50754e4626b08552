import type { Installation, ReadingRef } from '#contract/installation.ts'
import type { Capability } from '#contract/profile.ts'
import type { Reading } from './reading.ts'

const isAt = (ref: ReadingRef | undefined, reading: Reading): boolean =>
  ref?.device === reading.device && ref.reading === reading.name

/**
 * Pure. Gives a reading the capability that this vehicle's wiring gives it: an input bound as ignition, motion or sense
 * is one, a counter of pulses the odometer; a profile's own ignition, motion or odometer counts only while no other
 * reading is bound; relay words count only from the immobilizer's device.
 */
export function bindReading(reading: Reading, installation: Installation): Reading {
  const { ignition, motion, pulses, immobilizer } = installation
  if (isAt(ignition, reading)) return { ...reading, capability: 'ignition' }
  if (isAt(motion, reading)) return { ...reading, capability: 'motion' }
  if (pulses !== undefined && isAt(pulses, reading)) return inKilometres(reading, pulses.perKm)
  if (isAt(immobilizer?.sense, reading)) return { ...reading, capability: 'relay.sense' }
  const isForeign: Readonly<Partial<Record<Capability, boolean>>> = {
    ignition: ignition !== undefined,
    motion: motion !== undefined,
    odometer: pulses !== undefined,
    'relay.sense': immobilizer?.sense !== undefined,
    'relay.drive': immobilizer?.device !== reading.device,
  }
  if (reading.capability === undefined || isForeign[reading.capability] !== true) return reading
  const { capability: _, ...unbound } = reading
  return unbound
}

const inKilometres = (reading: Reading, perKm: number): Reading => ({
  ...reading,
  capability: 'odometer',
  ...(typeof reading.value === 'number' ? { value: reading.value / perKm } : {}),
})
