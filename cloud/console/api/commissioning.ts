import type { InstantText } from './vehicle.ts'

export type SheetPhoto = {
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly sha256: string
  readonly location: 'none' | 'removed' | 'kept'
  /** False: the sheet is signed with it, and the picture has not come. */
  readonly kept: boolean
}

export type SheetStep = {
  readonly step: 'doctor' | 'gateway' | 'vehicle' | 'scan' | 'device' | 'gps' | 'ignition' | 'relay'
  readonly outcome: 'passed' | 'accepted' | 'failed'
  readonly at: InstantText
  readonly facts: readonly string[]
  readonly note: string | null
}

/** What a technician found at the car, as the gateway signed it. */
export type CommissioningSheet = {
  readonly at: InstantText
  readonly by: string
  readonly note: string
  readonly vehicle: { readonly vin: string | null; readonly plate: string | null }
  readonly software: string
  readonly configuration: number
  readonly steps: readonly SheetStep[]
  readonly photos: readonly SheetPhoto[]
}
