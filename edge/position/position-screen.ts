import type { Reading } from '../profile/reading.ts'
import { isZeroPosition } from './place.ts'

/** Why a fix is not taken as one. */
export type Refusal = 'zero' | 'range' | 'repeated' | 'late' | 'frozen'

type Fix = { readonly lat: number; readonly lon: number; readonly time: number; readonly speedKmh: number | undefined }

/** What is remembered between two looks at the receiver. `counts` is how many fixes were refused, by reason. */
export type PositionScreen = {
  readonly newest?: Fix
  /** Since how many fixes, advancing in time, place and speed have been exactly the same. */
  readonly same: number
  /** Fixes in a row that are older than the newest: so many, and the receiver was set right. */
  readonly late: number
  readonly lastLate?: number
  readonly counts: Readonly<Record<Refusal, number>>
}

export const UNSCREENED: PositionScreen = {
  same: 0,
  late: 0,
  counts: { zero: 0, range: 0, repeated: 0, late: 0, frozen: 0 },
}

/** Some receivers hold their place while they stand, on purpose; none does at this speed. */
const FROZEN_FIXES = 5
const MOVING_KMH = 8
const LATE_FIXES = 10

/**
 * Pure. Looks at one cycle of the receiver before anyone uses it. A fix at 0/0 or off the globe loses its place; one
 * that is older than the newest is stale; one that repeats the newest's time at another place, or whose place and speed
 * are frozen though receiver or wheels say that the car drives, is doubted. Every refusal is counted.
 */
export function screenPosition(
  screen: PositionScreen,
  readings: readonly Reading[],
  wheelKmh: number | undefined,
): { readonly screen: PositionScreen; readonly readings: readonly Reading[]; readonly refusal?: Refusal } {
  const fix = fixOf(readings)
  if (fix === undefined) return { screen, readings }
  const seen = follow(screen, fix)
  const refusal = refusalOf(screen, seen, fix, wheelKmh)
  if (refusal === undefined) return { screen: seen, readings }
  const counts = { ...seen.counts, [refusal]: seen.counts[refusal] + 1 }
  return { screen: { ...seen, counts }, readings: readings.map((one) => refused(one, refusal)), refusal }
}

const numberOf = (readings: readonly Reading[], capability: Reading['capability']): number | undefined => {
  const value = readings.find((one) => one.capability === capability && one.quality !== 'bad')?.value
  return typeof value === 'number' ? value : undefined
}

function fixOf(readings: readonly Reading[]): Fix | undefined {
  const [lat, lon] = [numberOf(readings, 'position.lat'), numberOf(readings, 'position.lon')]
  const time = numberOf(readings, 'position.time')
  if (lat === undefined || lon === undefined || time === undefined) return undefined
  return { lat, lon, time, speedKmh: numberOf(readings, 'position.speed') }
}

const isSamePlace = (a: Fix, b: Fix): boolean => a.lat === b.lat && a.lon === b.lon

const isOnGlobe = ({ lat, lon }: Fix): boolean => Math.abs(lat) <= 90 && Math.abs(lon) <= 180

function follow(screen: PositionScreen, fix: Fix): PositionScreen {
  const { newest } = screen
  if (isZeroPosition(fix) || !isOnGlobe(fix)) return screen
  if (newest === undefined) return { ...screen, newest: fix }
  if (fix.time < newest.time) {
    if (fix.time === screen.lastLate) return screen
    const advances = screen.lastLate === undefined || fix.time > screen.lastLate
    const late = advances ? screen.late + 1 : 1
    const { lastLate: _over, ...rest } = screen
    if (late >= LATE_FIXES) return { ...rest, newest: fix, same: 0, late: 0 }
    return { ...screen, late, lastLate: fix.time }
  }
  if (fix.time === newest.time) return screen
  const { lastLate: _none, ...rest } = screen
  const isSame = isSamePlace(fix, newest) && fix.speedKmh === newest.speedKmh
  return { ...rest, newest: fix, late: 0, same: isSame ? screen.same + 1 : 0 }
}

function refusalOf(
  before: PositionScreen,
  after: PositionScreen,
  fix: Fix,
  wheelKmh: number | undefined,
): Refusal | undefined {
  if (isZeroPosition(fix)) return 'zero'
  if (!isOnGlobe(fix)) return 'range'
  const { newest } = before
  if (newest === undefined) return undefined
  if (after.newest !== fix && fix.time < newest.time) return 'late'
  if (fix.time === newest.time) return isSamePlace(fix, newest) ? undefined : 'repeated'
  const drives = (fix.speedKmh ?? 0) > MOVING_KMH || (wheelKmh ?? 0) > MOVING_KMH
  return after.same >= FROZEN_FIXES && drives ? 'frozen' : undefined
}

function refused(reading: Reading, refusal: Refusal): Reading {
  if (reading.capability?.startsWith('position.') !== true || reading.value === undefined) return reading
  if (reading.capability === 'position.fix' || reading.capability === 'position.trust') return reading
  switch (refusal) {
    case 'zero':
    case 'range': {
      if (reading.capability === 'position.time') return reading
      const { value: _gone, ...rest } = reading
      return { ...rest, quality: 'bad', reason: refusal === 'zero' ? 'zero-position' : 'range' }
    }
    case 'late':
      return { ...reading, quality: 'stale', reason: 'not-advancing' }
    case 'repeated':
    case 'frozen':
      return reading.quality === 'good' ? { ...reading, quality: 'uncertain', reason: 'conflict' } : reading
    default:
      return refusal satisfies never
  }
}
