import { z } from 'zod'
import { epochMs } from '#contract/instant.ts'
import { aside, jsonOf, refusedFor, type TrackerMessage, trackerFrame } from './tracker-message.ts'

/** Times are ISO 8601 (older servers leave the colon out of the offset), or milliseconds in still older ones. */
const Time = z.union([
  z
    .string()
    .transform((text) => text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    .pipe(z.iso.datetime({ offset: true }))
    .transform((text) => Date.parse(text)),
  z.number().min(0).max(4_102_444_800_000),
])
const Attributes = z.looseObject({
  ignition: z.boolean().optional().catch(undefined),
  sat: z.number().int().min(0).max(255).optional().catch(undefined),
  /** Metres, of the device's own counter; `totalDistance` is Traccar's sum of fixes and is not taken. */
  odometer: z.number().min(0).optional().catch(undefined),
  /** Milliseconds. */
  hours: z.number().min(0).optional().catch(undefined),
  power: z.number().min(0).max(100).optional().catch(undefined),
})
const Position = z.looseObject({
  fixTime: Time,
  valid: z.boolean(),
  outdated: z.boolean().default(false),
  latitude: z.number(),
  longitude: z.number(),
  altitude: z.number().catch(0),
  /** Knots. */
  speed: aside,
  course: aside,
  accuracy: z.number().catch(0),
  attributes: Attributes.catch({}),
})
const Device = z.looseObject({ uniqueId: z.string().min(1).max(128) })
const Forwarded = z.looseObject({ position: Position, device: Device })

const KMH_PER_KNOT = 1.852
const HOUR_MS = 3_600_000

/** Pure. The device a forwarded position is of. */
export function deviceOfForwarded(payload: Uint8Array): string | undefined {
  const parsed = z.looseObject({ device: Device }).safeParse(jsonOf(payload))
  return parsed.success ? parsed.data.device.uniqueId : undefined
}

/** Pure. One position as Traccar forwards it (`forward.type` json or mqtt): `{position, device}`. */
export function readForwarded(payload: Uint8Array): TrackerMessage {
  const parsed = Forwarded.safeParse(jsonOf(payload))
  if (!parsed.success) return refusedFor(parsed.error)
  const { position } = parsed.data
  const { speed, course } = position
  const { ignition, sat, odometer, hours, power } = position.attributes
  const isFix = position.valid && !position.outdated
  const slow = {
    ignition,
    satellites: sat,
    odometerKm: odometer === undefined ? undefined : odometer / 1000,
    engineHours: hours === undefined ? undefined : hours / HOUR_MS,
    supplyVolt: power,
  }
  // An invalid or outdated position is the last one told again: no word about where the vehicle is now.
  if (!isFix) return trackerFrame({ readAt: epochMs(position.fixTime), fix: 'none', ...slow })
  const read = trackerFrame({
    readAt: epochMs(position.fixTime),
    fix: position.altitude === 0 ? '2d' : '3d',
    lat: position.latitude,
    lon: position.longitude,
    accuracyM: position.accuracy === 0 ? undefined : position.accuracy,
    altitudeM: position.altitude === 0 ? undefined : position.altitude,
    speedKmh: speed === undefined ? undefined : speed * KMH_PER_KNOT,
    headingDeg: course === undefined ? undefined : ((course % 360) + 360) % 360,
    ...slow,
  })
  return read.kind === 'record' ? { ...read, online: true } : read
}
