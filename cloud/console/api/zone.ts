import type { InstantText } from './vehicle.ts'

export const DRAWN_KINDS = ['parking', 'forbidden', 'never_block'] as const
export type DrawnKind = (typeof DRAWN_KINDS)[number]
export type ZoneCircle = { readonly lat: number; readonly lon: number; readonly radiusM: number }
type Position = readonly number[]

export type ZoneGeometry =
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly Position[])[])[] }

export type ZoneFeature = {
  readonly type: 'Feature'
  readonly id: string
  readonly properties: {
    readonly kind: 'work' | DrawnKind
    readonly name: string
    readonly editable: boolean
    readonly parkId: string | null
    readonly note: string
    readonly version: number | null
    readonly circle: ZoneCircle | null
    readonly changedAt: InstantText | null
    readonly changedBy: string | null
  }
  readonly geometry: ZoneGeometry
}

export type Zones = { readonly type: 'FeatureCollection'; readonly features: readonly ZoneFeature[] }

export type Permit = {
  readonly id: number
  readonly vehicleId: string
  readonly plate: string
  readonly until: InstantText
  readonly grantedAt: InstantText
  readonly note: string
  readonly givenBy: string | null
  readonly card: string | null
  readonly revokedAt: InstantText | null
  readonly revokedBy: string | null
  readonly state: 'in-force' | 'ended' | 'revoked'
}
