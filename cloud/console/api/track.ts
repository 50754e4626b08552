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
