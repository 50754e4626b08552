import type { Frame, GnssTrust, TimeQuality } from '#contract/frame.ts'
import type { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock, EpochMs, Millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import {
  engineHours,
  type Odometer,
  readDashboard,
  readDoubted,
  readEngine,
  readPlace,
  readWheel,
  shownKm,
} from '../odometer/odometer.ts'
import type { Suspicion } from '../position/gnss-trust.ts'
import { readPosition } from '../position/position-readings.ts'
import { frameFromReadings } from '../profile/frame-from-readings.ts'
import type { Reading } from '../profile/reading.ts'
import { bindReading } from '../profile/reading-binding.ts'
import type { WallTime } from '../time/time-keeper.ts'
import { type HeldFixes, sample } from './adaptive-sampling.ts'
import { steadied } from './dead-band.ts'
import { DEFAULT_CADENCE, isFrameDue, type LastFrame, lastFrame, stamped } from './frame-cadence.ts'
import { type MileageStand, mileageNotice } from './mileage-notice.ts'
import { noticesBetween } from './vehicle-notices.ts'
import type { VehicleReadings } from './vehicle-readings.ts'

export type FrameService = {
  /** Takes what one polling cycle read: counts metres and makes a frame when one is due. */
  take(readings: readonly Reading[]): void
  /** Makes a frame if one is due though nothing was read. */
  consider(): void
  odometer(): Odometer
  last(): Frame | undefined
}

type Deps = {
  readonly installation: Installation
  /** The one device whose position counts. */
  readonly gnss?: DeviceId
  readonly readings: VehicleReadings
  readonly clock: Clock
  readonly time: {
    now(): WallTime
    /** Takes a good fix time; `refused` when it contradicts a better clock. */
    hearFix(time: EpochMs, at: Millis): 'taken' | 'refused'
  }
  readonly trust: () => GnssTrust
  readonly suspicion: () => Suspicion | undefined
  /** What the wheels are worth in GNSS metres; undefined until that is known. */
  readonly wheelScale: () => number | undefined
  readonly refusals: () => Readonly<Record<string, number>>
  readonly keepFrame: (frame: Frame) => void
  readonly keepEvent: (event: GatewayRecord) => void
  /** As it was before this start. */
  readonly odometer: Odometer
}

/** Turns readings into frames, kilometres and notices. */
export function createFrameService(deps: Deps): FrameService {
  const { clock, installation, readings, time } = deps
  const cadence = installation.sampling ?? DEFAULT_CADENCE
  let { odometer } = deps
  let told: MileageStand | undefined
  let last: LastFrame | undefined
  let held: HeldFixes | undefined

  const consider = (): void => {
    const steady = clock.steady()
    const now = time.now()
    const next = frameFromReadings(readings.now(steady), {
      now: now.at,
      timeQuality: withoutFix(now.quality),
      gnssTrust: deps.trust(),
      odometerKm: shownKm(odometer),
      engineHours: engineHours(odometer),
    })
    if (!isFrameDue(next, last, steady, cadence)) return
    const frame = steadied(stamped(next, last, { now: now.at, quality: now.quality }), last?.frame)
    for (const notice of noticesBetween(last?.frame, frame, now.at, deps.suspicion())) deps.keepEvent(notice)
    sumUp(now)
    last = lastFrame(frame, next, last, steady)
    for (const kept of chosen(frame)) deps.keepFrame(kept)
  }

  const chosen = (frame: Frame): readonly Frame[] => {
    if (installation.sampling?.mode !== 'adaptive') return [frame]
    const sampled = sample(held, frame)
    held = sampled.held
    return sampled.keep
  }

  /** A clock that is only estimated knows no days. */
  const sumUp = ({ at, quality }: WallTime): void => {
    if (quality === 'estimated') return
    const stand = { odometer, at, refusals: deps.refusals() }
    const summary = told === undefined ? undefined : mileageNotice(told, stand)
    if (summary !== undefined) deps.keepEvent(summary)
    if (summary !== undefined || told === undefined) told = stand
  }

  const { pulses } = installation
  const counter = pulses && `${pulses.device} ${pulses.reading} ${pulses.perKm}`

  const count = (fresh: readonly Reading[]): void => {
    const known = readings.now(clock.steady())
    for (const one of fresh) {
      if (one.quality !== 'good' || typeof one.value !== 'number') continue
      if (one.capability === 'odometer') odometer = readDashboard(odometer, one.value, one.steadyAt, counter)
      if (one.capability === 'vehicle.speed') odometer = readWheel(odometer, one.value, one.steadyAt, deps.wheelScale())
    }
    odometer = readEngine(odometer, engineOf(known), clock.steady())
    const position = readPosition(fresh.filter((reading) => reading.device === deps.gnss))
    if (position === undefined || !position.valid || deps.trust() === 'jammed') return
    odometer =
      deps.trust() === 'ok'
        ? readPlace(odometer, position, ignitionOf(known), position.at)
        : readDoubted(odometer, position, ignitionOf(known))
  }

  /** A fix time that a better clock contradicts is no time; what place came with it is doubted in the frame. */
  const timed = (reading: Reading): Reading => {
    if (reading.device !== deps.gnss || reading.capability !== 'position.time') return reading
    // A deceived receiver sets no clock; its frames say that it is doubted.
    if (reading.quality !== 'good' || typeof reading.value !== 'number' || deps.trust() !== 'ok') return reading
    const heard = time.hearFix(Math.round(reading.value) as EpochMs, reading.steadyAt)
    return heard === 'taken' ? reading : { ...reading, quality: 'uncertain', reason: 'conflict' }
  }

  return {
    take: (fresh) => {
      const bound = fresh.map((reading) => timed(bindReading(reading, installation)))
      readings.take(bound)
      count(bound)
      consider()
    },
    consider,
    odometer: () => odometer,
    last: () => last?.frame,
  }
}

/** A frame without a fix of its own is judged as one, though the clock may have been set by an earlier fix. */
const withoutFix = (quality: TimeQuality): Exclude<TimeQuality, 'gnss'> => (quality === 'gnss' ? 'estimated' : quality)

const wordOf = (readings: readonly Reading[], capability: Reading['capability']): Reading['value'] =>
  readings.find((reading) => reading.capability === capability && reading.quality === 'good')?.value

function ignitionOf(readings: readonly Reading[]): 'on' | 'off' | 'unknown' {
  const told = wordOf(readings, 'ignition')
  return typeof told === 'boolean' ? (told ? 'on' : 'off') : 'unknown'
}

/** Below this an engine is cranking, not running. */
const RUNNING_RPM = 300

/** Engine speed says it best; without it the ignition stands for the engine. */
function engineOf(readings: readonly Reading[]): 'running' | 'off' | 'unknown' {
  const rpm = wordOf(readings, 'engine.rpm')
  if (typeof rpm === 'number') return rpm > RUNNING_RPM ? 'running' : 'off'
  const ignition = ignitionOf(readings)
  return ignition === 'on' ? 'running' : ignition
}
