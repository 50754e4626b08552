import { z } from 'zod'
import { Frame, roundFrame } from '#contract/frame.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'

/** What a message of a tracker comes to. */
export type TrackerMessage =
  | { readonly kind: 'record'; readonly record: GatewayRecord; readonly online?: boolean }
  /** Well-formed, and nothing a vehicle's history needs (a waypoint, a contact card). */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Readings by name; those that are not there are undefined. */
type Readings = {
  readonly [Name in keyof Omit<Frame, 'kind' | 'readAt' | 'timeQuality' | 'fix' | 'gnssTrust' | 'relay'>]?:
    | Frame[Name]
    | undefined
} & { readonly readAt: EpochMs; readonly fix: Frame['fix'] }

/** What stands beside a place: what is no number is not there. */
export const aside = z.number().optional().catch(undefined)

/** Beside a place, and worth nothing where they are not plausible. */
const ASIDE = ['speedKmh', 'headingDeg', 'altitudeM', 'odometerKm', 'engineHours', 'satellites', 'supplyVolt'] as const

/**
 * Pure. A frame with the readings that are there and plausible. A tracker knows no relay, and its receiver is believed as
 * it is: nothing it says is evidence for anything that blocks.
 */
export function trackerFrame(readings: Readings): TrackerMessage {
  const there = new Map<string, unknown>(Object.entries(readings).filter(([, value]) => value !== undefined))
  for (const name of ASIDE) if (!Frame.shape[name].safeParse(there.get(name)).success) there.delete(name)
  if (isNowhere(readings)) {
    for (const name of ['lat', 'lon', 'accuracyM', 'speedKmh', 'headingDeg', 'altitudeM']) there.delete(name)
    there.set('fix', 'none')
  }
  const given = { kind: 'frame', timeQuality: 'gnss', gnssTrust: 'ok', relay: 'unknown', ...Object.fromEntries(there) }
  const parsed = Frame.safeParse(given)
  return parsed.success ? { kind: 'record', record: roundFrame(parsed.data) } : refusedFor(parsed.error)
}

/** What a receiver tells that knows no place: the point where the equator meets Greenwich, or an accuracy of no use. */
const isNowhere = ({ lat = 0, lon = 0, accuracyM = 0 }: Readings): boolean =>
  (Math.abs(lat) < 0.001 && Math.abs(lon) < 0.001) || accuracyM < 0 || accuracyM > 100_000

/** Pure. Refused by the name of the first field that is wrong. */
export function refusedFor(error: z.ZodError): TrackerMessage {
  const [issue] = error.issues
  return { kind: 'refused', reason: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not plausible'}` }
}

/** Pure. JSON of a payload, or undefined. */
export function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
