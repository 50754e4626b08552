import { z } from 'zod'
import { ToldMs } from './instant.ts'

/** Where a frame's `readAt` came from, best first. Only `ntp` may judge an order's expiry: GNSS can be spoofed. */
export const TimeQuality = z.enum(['gnss', 'ntp', 'rtc', 'estimated'])
export type TimeQuality = z.infer<typeof TimeQuality>

export const Fix = z.enum(['none', '2d', '3d'])
export type Fix = z.infer<typeof Fix>

export const GnssTrust = z.enum(['ok', 'suspect', 'jammed'])
export type GnssTrust = z.infer<typeof GnssTrust>

/** `closed` = start permitted, `open` = start inhibited: the start line, not the module's own contact. */
export const RelayWord = z.enum(['open', 'closed', 'unknown'])
export type RelayWord = z.infer<typeof RelayWord>

/**
 * The readings of one moment. A missing field means no good reading: never zero, never "stopped".
 * Numbers are rounded once, when the frame is made, to the scales of the compact encoding (see `roundFrame`).
 */
export const Frame = z
  .strictObject({
    kind: z.literal('frame'),
    readAt: ToldMs,
    timeQuality: TimeQuality,
    lat: z.number().min(-90).max(90).exactOptional(),
    lon: z.number().min(-180).max(180).exactOptional(),
    accuracyM: z.number().min(0).max(100_000).exactOptional(),
    satellites: z.int().min(0).max(255).exactOptional(),
    fix: Fix,
    speedKmh: z.number().min(0).max(500).exactOptional(),
    headingDeg: z.number().min(0).max(360).exactOptional(),
    altitudeM: z.number().min(-1000).max(20_000).exactOptional(),
    ignition: z.boolean().exactOptional(),
    odometerKm: z.number().min(0).max(10_000_000).exactOptional(),
    engineHours: z.number().min(0).max(1_000_000).exactOptional(),
    supplyVolt: z.number().min(0).max(100).exactOptional(),
    motion: z.boolean().exactOptional(),
    gnssTrust: GnssTrust,
    relay: RelayWord,
    /** Sent after an outage: belongs to history and must never move "now". */
    backfill: z.boolean().exactOptional(),
  })
  .refine((frame) => (frame.lat === undefined) === (frame.lon === undefined), {
    error: 'lat and lon come together or not at all',
    path: ['lon'],
  })
export type Frame = z.infer<typeof Frame>

// + 0 turns −0 into 0: JSON would keep neither, the compact encoding only one.
const decimals = (value: number, places: number): number => Number(value.toFixed(places)) + 0

/**
 * Pure. Rounds to the wire's scales (1e-6 degree, 0.1 km/h, 1°, 0.1 m, 0.01 km, 0.01 h, 0.01 V), once, when the frame
 * is made: JSON and the compact encoding then say the same. Source: performance notes on the compact batch, version 1.
 */
export function roundFrame(frame: Frame): Frame {
  const rounded = { ...frame }
  if (frame.lat !== undefined) rounded.lat = decimals(frame.lat, 6)
  if (frame.lon !== undefined) rounded.lon = decimals(frame.lon, 6)
  if (frame.speedKmh !== undefined) rounded.speedKmh = decimals(frame.speedKmh, 1)
  if (frame.headingDeg !== undefined) rounded.headingDeg = Math.round(frame.headingDeg) % 360
  if (frame.accuracyM !== undefined) rounded.accuracyM = decimals(frame.accuracyM, 1)
  if (frame.altitudeM !== undefined) rounded.altitudeM = decimals(frame.altitudeM, 1)
  if (frame.odometerKm !== undefined) rounded.odometerKm = decimals(frame.odometerKm, 2)
  if (frame.engineHours !== undefined) rounded.engineHours = decimals(frame.engineHours, 2)
  if (frame.supplyVolt !== undefined) rounded.supplyVolt = decimals(frame.supplyVolt, 2)
  return rounded
}
