import { type EpochMs, epochMs, type Millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import type { Reading } from '../profile/reading.ts'

/** A position as one polling cycle read it, all parts good. `proof`: every part, speed included, may be evidence. */
export type ReadPosition = {
  readonly lat: number
  readonly lon: number
  readonly time: EpochMs
  readonly at: Millis
  readonly speedKmh?: number
  readonly satellites?: number
  readonly accuracyM?: number
  readonly valid: boolean
  readonly proof: boolean
}

/** Pure. The position in the readings of one device, or undefined when place or fix time is not good. */
export function readPosition(readings: readonly Reading[]): ReadPosition | undefined {
  const good = (capability: Capability): { value: number; reading: Reading } | undefined => {
    const reading = readings.find((candidate) => candidate.capability === capability)
    return reading?.quality === 'good' && typeof reading.value === 'number'
      ? { value: reading.value, reading }
      : undefined
  }
  const [lat, lon, time] = [good('position.lat'), good('position.lon'), good('position.time')]
  if (lat === undefined || lon === undefined || time === undefined) return undefined
  const [speed, satellites, accuracy] = [good('position.speed'), good('position.satellites'), good('position.accuracy')]
  return {
    lat: lat.value,
    lon: lon.value,
    time: epochMs(Math.round(time.value)),
    at: time.reading.steadyAt,
    ...(speed === undefined ? {} : { speedKmh: speed.value }),
    ...(satellites === undefined ? {} : { satellites: satellites.value }),
    ...(accuracy === undefined ? {} : { accuracyM: accuracy.value }),
    valid: readings.every((reading) => reading.capability !== 'position.fix' || reading.value !== 'none'),
    proof: [lat, lon, time, speed].every((part) => part?.reading.evidence === true),
  }
}
