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

/**
 * Pure. A frame with the readings that are there and plausible. A tracker knows no relay, and its receiver is believed as
 * it is: nothing it says is evidence for anything that blocks.
 */
export function trackerFrame(readings: Readings): TrackerMessage {
  const there = Object.fromEntries(Object.entries(readings).filter(([, value]) => value !== undefined))
  const given = { kind: 'frame', timeQuality: 'gnss', gnssTrust: 'ok', relay: 'unknown', ...there }
  const parsed = Frame.safeParse(given)
  if (parsed.success) return { kind: 'record', record: roundFrame(parsed.data) }
  const [issue] = parsed.error.issues
  return { kind: 'refused', reason: `${issue?.path.join('.') ?? 'position'}: ${issue?.message ?? 'not plausible'}` }
}

/** Pure. JSON of a payload, or undefined. */
export function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
