import type { Millis } from '#contract/instant.ts'
import { aged, ageLimit } from '../profile/quality-age.ts'
import type { Reading } from '../profile/reading.ts'

/** The newest reading of every name of every device: what a frame is made of. */
export type VehicleReadings = {
  take(readings: readonly Reading[]): void
  /** All of them as they count now: past its age limit a reading is stale. */
  now(steady: Millis): readonly Reading[]
}

/** `periodOf` answers how often a reading is made, in ms; it bounds the age of slow values. */
export function createVehicleReadings(periodOf: (reading: Reading) => number): VehicleReadings {
  const newest = new Map<string, Reading>()
  return {
    take: (readings) => {
      for (const reading of readings) newest.set(`${reading.device}/${reading.name}`, reading)
    },
    now: (steady) =>
      [...newest.values()].map((reading) => aged(reading, steady, ageLimit(reading.capability, periodOf(reading)))),
  }
}
