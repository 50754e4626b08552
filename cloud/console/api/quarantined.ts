import type { InstantText } from './vehicle.ts'

/** Something a gateway sent and the cloud could not read. */
export type Quarantined = {
  readonly id: number
  readonly gatewayId: string
  readonly stream: string | null
  readonly seq: number | null
  readonly receivedAt: InstantText
  readonly reason: string
  /** Bytes. */
  readonly size: number
  readonly alike: { readonly count: number; readonly firstAt: InstantText; readonly lastAt: InstantText }
}

export type WholeQuarantined = Quarantined & { readonly text: string | null; readonly hex: string }
