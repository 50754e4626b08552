import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import type { EvidenceSources } from '../../edge/interlock/evidence.ts'
import type { Reading, ReadingValue } from '../../edge/profile/reading.ts'

const WALL = 1_795_000_000_000
const [GPS, RELAY] = [DeviceId.parse('gps'), DeviceId.parse('relay')]

/** A car with a wired ignition, a relay and a GPS unit; `withMotion` adds an accelerometer. */
export const SOURCES: EvidenceSources = {
  ignition: { device: RELAY, reading: 'input1' },
  relay: RELAY,
  gnss: GPS,
  gnssDelivery: 'sent',
}
export const withMotion: EvidenceSources = { ...SOURCES, motion: { device: RELAY, reading: 'input2' } }

export const reading = (
  device: 'gps' | 'relay',
  name: string,
  value: ReadingValue | undefined,
  atMs: number,
  more: Partial<Reading> & { capability?: Capability } = {},
): Reading => ({
  device: device === 'gps' ? GPS : RELAY,
  name,
  ...(value === undefined ? {} : { value }),
  quality: value === undefined ? 'bad' : 'good',
  evidence: true,
  readAt: epochMs(WALL + atMs),
  steadyAt: millis(atMs),
  ...more,
})

export const ignition = (on: boolean | undefined, atMs: number, more: Partial<Reading> = {}): Reading =>
  reading('relay', 'input1', on, atMs, more)
export const motion = (on: boolean | number | string | undefined, atMs: number, more: Partial<Reading> = {}): Reading =>
  reading('relay', 'input2', on, atMs, more)
export const drive = (word: 'free' | 'blocked' | undefined, atMs: number, more: Partial<Reading> = {}): Reading =>
  reading('relay', 'drive', word, atMs, { capability: 'relay.drive', ...more })

export type Fixed = {
  readonly speedKmh?: number
  readonly northM?: number
  readonly satellites?: number
  readonly accuracyM?: number
  readonly timeMs?: number
  readonly lat?: number
  readonly lon?: number
  readonly fix?: 'none' | '3d'
  readonly trust?: 'ok' | 'suspect' | 'jammed'
  readonly more?: Partial<Reading>
}

/** One look at the GPS unit: by default standing, with a good fix of this very moment. */
export function fix(atMs: number, fixed: Fixed = {}): readonly Reading[] {
  const of = (name: string, capability: Capability, value: ReadingValue | undefined): Reading =>
    reading('gps', name, value, atMs, { capability, ...fixed.more })
  return [
    of('lat', 'position.lat', fixed.lat ?? 55.75 + (fixed.northM ?? 0) / 111_320),
    of('lon', 'position.lon', fixed.lon ?? 37.62),
    of('time', 'position.time', WALL + (fixed.timeMs ?? atMs)),
    of('speed', 'position.speed', fixed.speedKmh ?? 0),
    ...(fixed.satellites === undefined ? [] : [of('sats', 'position.satellites', fixed.satellites)]),
    ...(fixed.accuracyM === undefined ? [] : [of('accuracy', 'position.accuracy', fixed.accuracyM)]),
    ...(fixed.fix === undefined ? [] : [of('fix', 'position.fix', fixed.fix)]),
    ...(fixed.trust === undefined ? [] : [of('trust', 'position.trust', fixed.trust)]),
  ]
}
