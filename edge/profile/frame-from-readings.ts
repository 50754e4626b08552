import { type Frame, type GnssTrust, RelayWord, roundFrame, type TimeQuality } from '#contract/frame.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import type { Reading } from './reading.ts'

/** What the frame cannot learn from readings. `timeQuality` is that of `now`, used when no good fix time is there. */
export type FrameMoment = {
  readonly now: EpochMs
  readonly timeQuality: Exclude<TimeQuality, 'gnss'>
  readonly gnssTrust?: GnssTrust
  /** The gateway's own count, which takes in the dashboard's: it goes before any device's. */
  readonly odometerKm?: number
  /** The gateway's own count, where no device tells one. */
  readonly engineHours?: number
}

type NumberField =
  | 'lat'
  | 'lon'
  | 'accuracyM'
  | 'satellites'
  | 'speedKmh'
  | 'headingDeg'
  | 'altitudeM'
  | 'odometerKm'
  | 'engineHours'
  | 'supplyVolt'

/** Capability, field, and the limits of the contract: a value outside is left out, never clamped. */
const NUMBERS: readonly (readonly [Capability, NumberField, number, number])[] = [
  ['position.lat', 'lat', -90, 90],
  ['position.lon', 'lon', -180, 180],
  ['position.accuracy', 'accuracyM', 0, 100_000],
  ['position.satellites', 'satellites', 0, 255],
  ['position.speed', 'speedKmh', 0, 500],
  ['position.course', 'headingDeg', 0, 360],
  ['position.altitude', 'altitudeM', -1000, 20_000],
  ['odometer', 'odometerKm', 0, 10_000_000],
  ['engine.hours', 'engineHours', 0, 1_000_000],
  ['supply.voltage', 'supplyVolt', 0, 100],
]

/** Uncertainties that a frame can express itself: by `fix`, `satellites` and `gnssTrust`. */
const TELLABLE: ReadonlySet<string | undefined> = new Set(['weak-fix', 'jump', 'conflict'])

const isTellable = (reading: Reading): boolean =>
  reading.quality === 'good' ||
  (reading.quality === 'uncertain' &&
    reading.capability?.startsWith('position.') === true &&
    TELLABLE.has(reading.reason))

/**
 * Pure. The newest readings (aged to now, bound to this vehicle's capabilities) as a frame, rounded to the wire's
 * scales. Good readings become fields; stale and bad ones never do; an uncertain position only where the frame says so
 * itself. No reading, no field: nothing is made up, and a relay that is not well known is `unknown`.
 */
export function frameFromReadings(readings: readonly Reading[], moment: FrameMoment): Frame {
  const told = readings.filter(isTellable)
  const find = (capability: Capability): Reading | undefined => told.find((one) => one.capability === capability)
  const good = (capability: Capability): Reading['value'] => {
    const reading = find(capability)
    return reading?.quality === 'good' ? reading.value : undefined
  }
  const time = good('position.time')
  const ignition = good('ignition')
  const motion = good('motion')
  const numbers = numbersOf(find, moment)
  const frame: Frame = {
    kind: 'frame',
    ...(typeof time === 'number'
      ? { readAt: epochMs(time), timeQuality: 'gnss' as const }
      : { readAt: moment.now, timeQuality: moment.timeQuality }),
    ...numbers,
    fix: fixOf(find('position.fix')?.value, numbers),
    ...(typeof ignition === 'boolean' ? { ignition } : {}),
    ...(typeof motion === 'boolean' ? { motion } : {}),
    gnssTrust: trustOf(readings, good('position.trust'), moment.gnssTrust),
    relay: relayOf(good('relay.sense')) ?? relayOf(good('relay.drive')) ?? RelayWord.enum.unknown,
  }
  return roundFrame(frame)
}

function numbersOf(
  find: (capability: Capability) => Reading | undefined,
  { odometerKm, engineHours }: FrameMoment,
): Partial<Record<NumberField, number>> {
  const fields: Partial<Record<NumberField, number>> = engineHours === undefined ? {} : { engineHours }
  for (const [capability, field, min, max] of NUMBERS) {
    const value = find(capability)?.value
    if (typeof value === 'number' && value >= min && value <= max) fields[field] = value
  }
  if (fields.lat === undefined || fields.lon === undefined) {
    delete fields.lat
    delete fields.lon
    delete fields.accuracyM
  }
  if (odometerKm !== undefined) fields.odometerKm = odometerKm
  return fields
}

/** A device without a word for its fix proves one by a position; without four satellites it is not more than 2D. */
function fixOf(word: Reading['value'], numbers: Partial<Record<NumberField, number>>): Frame['fix'] {
  if (numbers.lat === undefined) return 'none'
  if (word === '2d' || word === '3d') return word
  return (numbers.satellites ?? 0) >= 4 ? '3d' : '2d'
}

function trustOf(readings: readonly Reading[], word: Reading['value'], known: GnssTrust | undefined): GnssTrust {
  if (word === 'jammed' || known === 'jammed') return 'jammed'
  const isDoubted = readings.some(
    (one) =>
      one.capability?.startsWith('position.') === true &&
      one.quality === 'uncertain' &&
      (one.reason === 'jump' || one.reason === 'conflict'),
  )
  return isDoubted || word === 'suspect' || known === 'suspect' ? 'suspect' : 'ok'
}

const relayOf = (word: Reading['value']): RelayWord | undefined =>
  word === 'free' ? 'closed' : word === 'blocked' ? 'open' : undefined
