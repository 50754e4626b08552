import type { GnssTrust } from '#contract/frame.ts'
import type { InstantText } from './vehicle.ts'

export type TrackPoint = {
  readonly readAt: InstantText
  readonly lat: number
  readonly lon: number
  readonly speedKmh: number | null
  readonly headingDeg: number | null
  readonly ignition: boolean | null
  readonly trust: GnssTrust
}

export type Track = { readonly points: readonly TrackPoint[]; readonly total: number; readonly downsampled: boolean }

export type MileageGap = { readonly from: InstantText; readonly to: InstantText; readonly km: number | null }

export type Mileage = {
  readonly km: number | null
  readonly errorKm: number | null
  readonly source: 'odometer' | 'positions' | null
  readonly gaps: readonly MileageGap[]
}

export const BLANK_CAUSES = [
  'gateway-off',
  'thinned',
  'clock-wrong',
  'no-gateway',
  'area-outage',
  'no-contact',
  'jammed',
  'deceived',
  'no-fix',
  'unknown',
] as const

/** A time for which nobody knows where the vehicle was. */
export type Blank = {
  readonly from: InstantText
  readonly to: InstantText
  readonly cause: (typeof BLANK_CAUSES)[number]
}

/** Records the gateway has made and nobody has received yet. */
export type Missing = {
  readonly records: number
  readonly from: InstantText | null
  readonly to: InstantText
  readonly since: InstantText
}
export type Gaps = { readonly items: readonly Blank[]; readonly missing: readonly Missing[] }

export const REVISION_REASONS = ['first', 'late-frames', 'earlier-day-changed', 'frames-gone'] as const

export type LedgerRevision = {
  readonly revision: number
  readonly mileage: Mileage
  readonly reason: (typeof REVISION_REASONS)[number]
  readonly computedAt: InstantText
}
export type LedgerDay = { readonly day: string; readonly revisions: readonly LedgerRevision[] }
