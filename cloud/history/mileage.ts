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
 * Pure. Kilometres between the first and last frame (oldest first). The odometer decides where there is one, for it also
 * counts what no fix has seen; else positions, with a gate against the wander of a standing receiver.
 */
export function mileageOf(frames: readonly PastFrame[]): Mileage {
  const readings = frames.filter((frame) => frame.odometerKm !== null)
  const mileage = readings.length >= 2 ? byOdometer(readings) : byPositions(frames)
  return { ...mileage, km: rounded(mileage.km), errorKm: rounded(mileage.errorKm) }
}

const rounded = (km: number): number => Math.round(km * 1000) / 1000

/** `advancedAt`: since when the odometer shows what it shows; `blind`: whether a frame since then was without a trusted place. */
type OdometerRun = { readonly reading: PastFrame; readonly advancedAt: EpochMs; readonly blind: boolean }

function byOdometer(readings: readonly PastFrame[]): Mileage {
  const gaps: MileageGap[] = []
  let km = 0
  let unsure = 0
  let run: OdometerRun | undefined
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
    run = step === 0 ? { ...from, reading, blind: from.blind || blind } : { reading, advancedAt: reading.readAt, blind }
  }
  return { km, errorKm: km * ODOMETER_ERROR + ODOMETER_STEP_KM + unsure, source: 'odometer', gaps }
}

/** It stood for longer than frames are apart, then moved by more than one interval explains: bridged, not driven now. */
const isBridge = (from: OdometerRun, stepKm: number, to: PastFrame): boolean =>
  from.reading.readAt > from.advancedAt &&
  stepKm > ((to.readAt - from.reading.readAt) / 3_600_000) * FASTEST_KMH + UNSEEN_LEAST_KM

const straightKm = (a: PastFrame, b: PastFrame): number =>
  a.position === null || b.position === null ? 0 : metresBetween(a.position, b.position) / 1000

type Fixed = PastFrame & { readonly position: NonNullable<PastFrame['position']> }

const isTrusted = (frame: PastFrame): frame is Fixed =>
  frame.position !== null && frame.trust === 'ok' && frame.fix !== 'none'

function byPositions(frames: readonly PastFrame[]): Mileage {
  const gaps: MileageGap[] = []
  let seenM = 0
  let unseenM = 0
  let strange = 0
  let anchor: Fixed | undefined
  let lastSeenAt = 0
  let blind = false
  for (const frame of frames) {
    if (!isTrusted(frame)) {
      blind = true
      continue
    }
    const from = anchor
    if (from === undefined) {
      anchor = frame
      lastSeenAt = frame.readAt
      continue
    }
    const metres = metresBetween(from.position, frame.position)
    if (isImpossible(metres, frame.readAt - from.readAt) && ++strange < PERSISTENT) continue
    const unseen = strange >= PERSISTENT || frame.readAt - lastSeenAt > UNSEEN_MS || blind
    strange = 0
    const since = lastSeenAt
    lastSeenAt = frame.readAt
    if (metres <= gateM(from, frame)) continue
    blind = false
    anchor = frame
    if (!unseen) seenM += metres
    else {
      unseenM += metres
      gaps.push({ from: since as EpochMs, to: frame.readAt, km: rounded(metres / 1000) })
    }
  }
  const km = (seenM + unseenM) / 1000
  return { km, errorKm: (seenM * POSITIONS_ERROR + unseenM * UNSEEN_ERROR) / 1000 + 0.02, source: 'positions', gaps }
}

const isImpossible = (metres: number, ms: number): boolean =>
  metres > 200 && metres / 1000 > (Math.max(ms, 1) / 3_600_000) * FASTEST_KMH

/** How far apart two fixes must be to count as movement. */
function gateM(from: Fixed, to: Fixed): number {
  const noise = Math.max(from.position.accuracyM ?? ACCURACY_M, to.position.accuracyM ?? ACCURACY_M)
  const standing = to.ignition === false || to.motion === false || (to.speedKmh !== null && to.speedKmh <= MOVING_KMH)
  if (standing) return Math.max(STILL_GATE_M, 3 * noise)
  // A vehicle known to move is followed fix by fix; of one that says nothing only a clear displacement counts.
  return to.speedKmh !== null && to.speedKmh > MOVING_KMH ? 0 : Math.max(25, 2 * noise)
}
