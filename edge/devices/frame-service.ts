import type { Frame, GnssTrust, TimeQuality } from '#contract/frame.ts'
import type { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { readPosition } from '../position/position-readings.ts'
import { drive, odometerAt } from '../odometer/odometer.ts'
import { frameFromReadings } from '../profile/frame-from-readings.ts'
import type { Reading } from '../profile/reading.ts'
import { bindReading } from '../profile/reading-binding.ts'
import { DEFAULT_CADENCE, isFrameDue, type LastFrame, lastFrame, stamped } from './frame-cadence.ts'
import { noticesBetween } from './vehicle-notices.ts'
import type { VehicleReadings } from './vehicle-readings.ts'

export type FrameService = {
  /** Takes what one polling cycle read: counts metres and makes a frame when one is due. */
  take(readings: readonly Reading[]): void
  /** Makes a frame if one is due though nothing was read. */
  consider(): void
  metres(): number
  last(): Frame | undefined
}

type Deps = {
  readonly installation: Installation
  /** The one device whose position counts. */
  readonly gnss?: DeviceId
  readonly readings: VehicleReadings
  readonly clock: Clock
  readonly timeQuality: () => Exclude<TimeQuality, 'gnss'>
  readonly trust: () => GnssTrust
  readonly keepFrame: (frame: Frame) => void
  readonly keepEvent: (event: GatewayRecord) => void
  /** Metres driven before this start. */
  readonly metres: number
}

/** Turns readings into frames, kilometres and notices. */
export function createFrameService(deps: Deps): FrameService {
  const { clock, installation, readings } = deps
  const cadence = installation.sampling ?? DEFAULT_CADENCE
  let odometer = odometerAt(deps.metres)
  let last: LastFrame | undefined

  const consider = (): void => {
    const steady = clock.steady()
    const moment = { now: clock.now(), timeQuality: deps.timeQuality() }
    const next = frameFromReadings(readings.now(steady), {
      ...moment,
      gnssTrust: deps.trust(),
      odometerKm: odometer.metres / 1000,
    })
    if (!isFrameDue(next, last, steady, cadence)) return
    const frame = stamped(next, last, { now: moment.now, quality: moment.timeQuality })
    for (const notice of noticesBetween(last?.frame, frame, moment.now)) deps.keepEvent(notice)
    last = lastFrame(frame, last, steady)
    deps.keepFrame(frame)
  }

  const count = (fresh: readonly Reading[]): void => {
    const position = readPosition(fresh.filter((reading) => reading.device === deps.gnss))
    if (position === undefined || !position.valid || deps.trust() === 'jammed') return
    odometer = drive(odometer, position, ignitionOf(readings.now(clock.steady())))
  }

  return {
    take: (fresh) => {
      readings.take(fresh.map((reading) => bindReading(reading, installation)))
      count(fresh)
      consider()
    },
    consider,
    metres: () => odometer.metres,
    last: () => last?.frame,
  }
}

function ignitionOf(readings: readonly Reading[]): 'on' | 'off' | 'unknown' {
  const told = readings.find((reading) => reading.capability === 'ignition' && reading.quality === 'good')?.value
  return typeof told === 'boolean' ? (told ? 'on' : 'off') : 'unknown'
}
