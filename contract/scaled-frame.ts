import type { Frame } from './frame.ts'
import { type EpochMs, LAST_TOLD_MS } from './instant.ts'
import { MalformedBytes } from './varint.ts'

const TIME_QUALITY = ['gnss', 'ntp', 'rtc', 'estimated'] as const
const FIX = ['none', '2d', '3d'] as const
const TRUST = ['ok', 'suspect', 'jammed'] as const
const RELAY = ['unknown', 'closed', 'open'] as const
const FLAG = [undefined, false, true] as const
const BACKFILL = 1 << 12
/** Bits of a frame's words that say which of its numbers it has. */
export const HAS = { position: 1 << 13, speed: 1 << 14, heading: 1 << 15 } as const
export const STATE_BITS = 16

/** Fields that change seldom, in the order in which every layout tells them; `usualBits` is what their first value takes. */
export const SLOW = [
  { field: 'accuracyM', usualBits: 6, scale: 10, min: 0, max: 100_000 },
  { field: 'satellites', usualBits: 4, scale: 1, min: 0, max: 255 },
  { field: 'altitudeM', usualBits: 11, scale: 10, min: -1000, max: 20_000 },
  { field: 'odometerKm', usualBits: 22, scale: 100, min: 0, max: 10_000_000 },
  { field: 'engineHours', usualBits: 17, scale: 100, min: 0, max: 1_000_000 },
  { field: 'supplyVolt', usualBits: 11, scale: 100, min: 0, max: 100 },
] as const
export type SlowField = (typeof SLOW)[number]['field']

/**
 * A frame in whole numbers: ms, 10⁻⁶ degree, 0.1 km/h, degrees, the bits of its words, and slow values by their scales.
 * What a frame lacks keeps the value of the frame before, so that its return costs little.
 */
export type ScaledFrame = {
  readAt: number
  lat: number
  lon: number
  speed: number
  heading: number
  state: number
  slow: Record<SlowField, number>
  slowPresent: number
}

export const zeroFrame = (): ScaledFrame => ({
  readAt: 0,
  lat: 0,
  lon: 0,
  speed: 0,
  heading: 0,
  state: 0,
  slow: { accuracyM: 0, satellites: 0, altitudeM: 0, odometerKm: 0, engineHours: 0, supplyVolt: 0 },
  slowPresent: 0,
})

const scaled = (value: number, scale: number): number => Math.round(value * scale)
const flagCode = (flag: boolean | undefined): number => (flag === undefined ? 0 : flag ? 2 : 1)

function stateOf(frame: Frame): number {
  return (
    TIME_QUALITY.indexOf(frame.timeQuality) |
    (FIX.indexOf(frame.fix) << 2) |
    (TRUST.indexOf(frame.gnssTrust) << 4) |
    (RELAY.indexOf(frame.relay) << 6) |
    (flagCode(frame.ignition) << 8) |
    (flagCode(frame.motion) << 10) |
    (frame.backfill === true ? BACKFILL : 0) |
    (frame.lat === undefined ? 0 : HAS.position) |
    (frame.speedKmh === undefined ? 0 : HAS.speed) |
    (frame.headingDeg === undefined ? 0 : HAS.heading)
  )
}

/** Pure. A rounded frame in whole numbers, behind the one before it. */
export function scaledOf(frame: Frame, before: ScaledFrame): ScaledFrame {
  const slow = { ...before.slow }
  let slowPresent = 0
  SLOW.forEach(({ field, scale }, index) => {
    const value = frame[field]
    if (value === undefined) return
    slow[field] = scaled(value, scale)
    slowPresent |= 1 << index
  })
  return {
    readAt: frame.readAt,
    lat: frame.lat === undefined ? before.lat : scaled(frame.lat, 1e6),
    lon: frame.lon === undefined ? before.lon : scaled(frame.lon, 1e6),
    speed: frame.speedKmh === undefined ? before.speed : scaled(frame.speedKmh, 10),
    heading: frame.headingDeg === undefined ? before.heading : Math.round(frame.headingDeg) % 360,
    state: stateOf(frame),
    slow,
    slowPresent,
  }
}

/** The shortest way round from one course to another, −180…179. */
export const turn = (from: number, to: number): number => ((to - from + 540) % 360) - 180

export function inRange(value: number, min: number, max: number, name: string): number {
  if (value < min || value > max) throw new MalformedBytes(`${name} out of range`)
  return value
}

function word<Word>(words: readonly Word[], code: number, name: string): Word {
  if (code >= words.length) throw new MalformedBytes(`${name}: reserved value`)
  return words[code] as Word
}

/** Pure. The frame of these numbers. Throws `MalformedBytes` where one is none that a frame may have. */
export function frameOf(told: ScaledFrame): Frame {
  const { state } = told
  const ignition = word(FLAG, (state >> 8) & 3, 'ignition')
  const motion = word(FLAG, (state >> 10) & 3, 'motion')
  const frame: Frame = {
    kind: 'frame',
    readAt: checkedInstant(told.readAt),
    timeQuality: word(TIME_QUALITY, state & 3, 'timeQuality'),
    fix: word(FIX, (state >> 2) & 3, 'fix'),
    gnssTrust: word(TRUST, (state >> 4) & 3, 'gnssTrust'),
    relay: word(RELAY, (state >> 6) & 3, 'relay'),
  }
  if (ignition !== undefined) frame.ignition = ignition
  if (motion !== undefined) frame.motion = motion
  if ((state & BACKFILL) !== 0) frame.backfill = true
  if ((state & HAS.position) !== 0) {
    frame.lat = inRange(told.lat / 1e6, -90, 90, 'lat')
    frame.lon = inRange(told.lon / 1e6, -180, 180, 'lon')
  }
  if ((state & HAS.speed) !== 0) frame.speedKmh = inRange(told.speed / 10, 0, 500, 'speedKmh')
  if ((state & HAS.heading) !== 0) frame.headingDeg = told.heading
  SLOW.forEach(({ field, scale, min, max }, index) => {
    if ((told.slowPresent & (1 << index)) === 0) return
    frame[field] = inRange(told.slow[field] / scale, min, max, field)
  })
  return frame
}

function checkedInstant(value: number): EpochMs {
  if (!Number.isInteger(value) || value < 0 || value > LAST_TOLD_MS) throw new MalformedBytes('readAt out of range')
  return value as EpochMs
}
