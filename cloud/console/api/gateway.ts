import type { InstantText } from './vehicle.ts'

export type Gateway = {
  readonly id: string
  readonly vehicleId: string | null
  readonly plate: string | null
  readonly state: 'claimable' | 'active' | 'revoked'
  readonly online: boolean | null
  readonly statusAt: InstantText | null
  readonly software: string | null
  readonly sealed: { readonly at: InstantText; readonly by: string } | null
  readonly certificateExpiresAt: InstantText | null
  /** What a person should see to, the weightiest first. */
  readonly troubles: readonly { readonly kind: Trouble; readonly text: string }[]
}

export type Trouble =
  | 'not-claimed'
  | 'never-seen'
  | 'offline'
  | 'not-sealed'
  | 'certificate-ends'
  | 'certificate-ended'
  | 'drift'

export type Claim = { readonly claimCode: string; readonly claimExpiresAt: InstantText }
