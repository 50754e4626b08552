import type { EpochMs } from '#contract/instant.ts'
import { metresBetween } from './distance.ts'
import type { PastFrame } from './history.ts'

/** A stretch nobody saw: `km` is the least it can have been. */
export type MileageGap = { readonly from: EpochMs; readonly to: EpochMs; readonly km: number }

export type Mileage = {
  readonly km: number
  /** The true value lies within ± this, as far as the sources are honest. */
  readonly errorKm: number
  readonly source: 'odometer' | 'positions'
  readonly gaps: readonly MileageGap[]
}

/** Share of an odometer's own error (tyres, rounding), and the resolution of one reading. */
const ODOMETER_ERROR = 0.01
const ODOMETER_STEP_KM = 0.1
/** A driving gateway may tell its odometer up to this far late, to spare bytes; where the car stands it is exact. */
const ODOMETER_LATE_KM = 0.3
/** Noise and cut corners of positions; how much longer than the straight line an unseen road may be. */
const POSITIONS_ERROR = 0.03
const UNSEEN_ERROR = 0.4
const FASTEST_KMH = 250
const UNSEEN_MS = 5 * 60_000
const UNSEEN_LEAST_KM = 0.03
/** A fix without accuracy is taken for this good. */
const ACCURACY_M = 10
/** A vehicle that says it stands still must be displaced this far, many times the wander of a fix, to have moved. */
const STILL_GATE_M = 80
const MOVING_KMH = 3
/** So many fixes in a row at an impossible place are a new place (ferry, tow without power), not outliers. */
const PERSISTENT = 5

/**
 * Where a count stands after the last frame it has seen, for the next stretch to go on from: what lies between two
 * stretches then belongs to the second, and stretches add up to the whole.
 */
export type MileageState = { readonly odometer: OdometerRun | null; readonly place: PlaceRun | null }

export const NO_MILEAGE_STATE: MileageState = { odometer: null, place: null }

/**
 * Pure. Kilometres from where `before` stands to the last frame (oldest first). The odometer decides where there is one,
 * for it also counts what no fix has seen; else positions, with a gate against the wander of a standing receiver.
 */
export function mileageOf(frames: readonly PastFrame[], before: MileageState = NO_MILEAGE_STATE): Mileage {
  return countMileage(frames, before).mileage
}

/** Pure. As `mileageOf`, and where the count stands then. */
export function countMileage(
  frames: readonly PastFrame[],
  before: MileageState,
): { readonly mileage: Mileage; readonly after: MileageState } {
  const readings = frames.filter((frame) => frame.odometerKm !== null)
  const odometer = byOdometer(readings, before.odometer)
  const place = byPositions(frames, before.place)
  const known = readings.length + (before.odometer === null ? 0 : 1)
  const { km, errorKm, ...rest } = readings.length > 0 && known >= 2 ? odometer.mileage : place.mileage
  return {
    mileage: { ...rest, km: rounded(km), errorKm: rounded(errorKm) },
    after: { odometer: odometer.run, place: place.run },
  }
}

const rounded = (km: number): number => Math.round(km * 1000) / 1000

/**
 * `advancedAt`: since when the odometer shows what it shows; `blind`: whether a frame since then was without a trusted
 * place; `heldKm`: how far the car was seen to drive since then; `aheadKm`: how much of that has been counted already.
 */
export type OdometerRun = {
  readonly reading: Reading
  readonly advancedAt: EpochMs
  readonly blind: boolean
  readonly heldKm?: number
  readonly aheadKm?: number
}
type Reading = Pick<PastFrame, 'readAt' | 'odometerKm' | 'position'>

const readingOf = ({ readAt, odometerKm, position }: PastFrame): Reading => ({ readAt, odometerKm, position })

function byOdometer(readings: readonly PastFrame[], before: OdometerRun | null) {
  const gaps: MileageGap[] = []
  let km = 0
  let unsure = 0
  let run = before
  let heldKm = before?.heldKm ?? 0
  for (const reading of readings) {
    const blind = !isTrusted(reading)
    const from: OdometerRun = run ?? { reading, advancedAt: reading.readAt, blind }
    const step = (reading.odometerKm ?? 0) - (from.reading.odometerKm ?? 0)
    // A frame stamped by the clock stands beside one stamped by a fix that came a moment late: no odometer fell there.
    if (step < 0 && step > -ODOMETER_STEP_KM) continue
    // An odometer that stood while nobody saw the car makes up for it in one step.
    const most = ((reading.readAt - from.advancedAt) / 3_600_000) * FASTEST_KMH + ODOMETER_STEP_KM
    if (step < 0 || step > most) {
      // Replaced, reset or misread: the odometer says nothing about this stretch.
      const least = straightKm(from.reading, reading)
      gaps.push({ from: from.reading.readAt, to: reading.readAt, km: rounded(least) })
      km += least
      unsure += least * UNSEEN_ERROR
    } else {
      km += step
      if (from.blind && isBridge(from, step, reading)) {
        gaps.push({ from: from.advancedAt, to: reading.readAt, km: rounded(step) })
        unsure += step * UNSEEN_ERROR
      }
    }
    heldKm = step === 0 ? heldKm + drivenKm(from, reading) : 0
    // A blind frame tells what was held back until then: that says nothing of when it was driven.
    const isLate = blind && step > 0 && step <= ODOMETER_LATE_KM
    run =
      step === 0 || isLate
        ? { advancedAt: from.advancedAt, reading: readingOf(reading), blind: from.blind || blind }
        : { reading: readingOf(reading), advancedAt: reading.readAt, blind }
  }
  const isCutOff = heldKm > 0 || (readings.at(-1)?.speedKmh ?? 0) > MOVING_KMH
  // What the gateway has not told yet is taken from the way; the next stretch then begins that much later.
  const aheadKm = isCutOff ? Math.min(heldKm, ODOMETER_LATE_KM) : 0
  km = Math.max(0, km + aheadKm - (before?.aheadKm ?? 0))
  const errorKm = km * ODOMETER_ERROR + ODOMETER_STEP_KM + (isCutOff ? ODOMETER_LATE_KM : 0) + unsure
  return {
    mileage: { km, errorKm, source: 'odometer', gaps } satisfies Mileage,
    run: run === null || heldKm === 0 ? run : { ...run, heldKm, aheadKm },
  }
}

/** The way between two frames of a car that is plainly seen to drive. */
const drivenKm = (from: OdometerRun, to: PastFrame): number =>
  from.blind || !isTrusted(to) || (to.speedKmh ?? 0) <= MOVING_KMH ? 0 : straightKm(from.reading, to)

/** It stood for longer than frames are apart, then moved by more than one interval explains: bridged, not driven now. */
const isBridge = (from: OdometerRun, stepKm: number, to: PastFrame): boolean =>
  from.reading.readAt > from.advancedAt &&
  stepKm > ((to.readAt - from.reading.readAt) / 3_600_000) * FASTEST_KMH + UNSEEN_LEAST_KM

const straightKm = (a: Reading, b: Reading): number =>
  a.position === null || b.position === null ? 0 : metresBetween(a.position, b.position) / 1000

export type Fixed = PastFrame & { readonly position: NonNullable<PastFrame['position']> }

/** Pure. Has it a place that may be counted with? */
export const isTrusted = (frame: PastFrame): frame is Fixed =>
  frame.position !== null && frame.trust === 'ok' && frame.fix !== 'none'

/** `anchor`: the place counted last; `seenAt`: the newest believed place; `strange`: fixes in a row at an impossible one. */
export type PlaceRun = {
  readonly anchor: Anchor
  readonly seenAt: EpochMs
  readonly blind: boolean
  readonly strange: number
}
type Anchor = Pick<Fixed, 'readAt' | 'position'>

function byPositions(frames: readonly PastFrame[], before: PlaceRun | null) {
  const gaps: MileageGap[] = []
  let seenM = 0
  let unseenM = 0
  let strange = before?.strange ?? 0
  let anchor: Anchor | undefined = before?.anchor
  let seenAt: EpochMs | undefined = before?.seenAt
  let blind = before?.blind ?? false
  for (const frame of frames) {
    if (!isTrusted(frame)) {
      blind = true
      continue
    }
    const here = { readAt: frame.readAt, position: frame.position }
    if (anchor === undefined || seenAt === undefined) {
      anchor = here
      seenAt = frame.readAt
      continue
    }
    const metres = metresBetween(anchor.position, frame.position)
    if (isImpossible(metres, frame.readAt - anchor.readAt) && ++strange < PERSISTENT) continue
    const unseen = strange >= PERSISTENT || frame.readAt - seenAt > UNSEEN_MS || blind
    strange = 0
    const since = seenAt
    seenAt = frame.readAt
    if (metres <= gateM(anchor, frame)) continue
    blind = false
    anchor = here
    if (!unseen) seenM += metres
    else {
      unseenM += metres
      gaps.push({ from: since, to: frame.readAt, km: rounded(metres / 1000) })
    }
  }
  const errorKm = (seenM * POSITIONS_ERROR + unseenM * UNSEEN_ERROR) / 1000 + 0.02
  const mileage: Mileage = { km: (seenM + unseenM) / 1000, errorKm, source: 'positions', gaps }
  return { mileage, run: anchor === undefined || seenAt === undefined ? null : { anchor, seenAt, blind, strange } }
}

const isImpossible = (metres: number, ms: number): boolean =>
  metres > 200 && metres / 1000 > (Math.max(ms, 1) / 3_600_000) * FASTEST_KMH

/** How far apart two fixes must be to count as movement. */
function gateM(from: Anchor, to: Fixed): number {
  const noise = Math.max(from.position.accuracyM ?? ACCURACY_M, to.position.accuracyM ?? ACCURACY_M)
  const standing = to.ignition === false || to.motion === false || (to.speedKmh !== null && to.speedKmh <= MOVING_KMH)
  if (standing) return Math.max(STILL_GATE_M, 3 * noise)
  // A vehicle known to move is followed fix by fix; of one that says nothing only a clear displacement counts.
  return to.speedKmh !== null && to.speedKmh > MOVING_KMH ? 0 : Math.max(25, 2 * noise)
}
