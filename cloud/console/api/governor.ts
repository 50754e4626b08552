import type { InstantText, Order } from './vehicle.ts'

export type SwitchMode = 'running' | 'automatic-stopped' | 'unblock-only' | 'automatic-frozen'

/** What keeps blocks within bounds; null where the signer does not answer. */
export type Governor = {
  readonly signer: 'up' | 'down'
  readonly switch: {
    readonly mode: SwitchMode
    readonly reason: string
    readonly by: string
    readonly at: InstantText
  } | null
  readonly policy: {
    readonly automaticPerHour: number
    readonly automaticShareOfFleetPercent: number
    readonly vehiclesPerTenMinutes: number
    readonly minutesBetweenBlocks: number
    readonly hoursBeforeApproverCounts: number
    readonly approvalCodes: 'always' | 'without-passkey' | 'never'
  } | null
  readonly usage: {
    readonly automaticLastHour: number
    readonly automaticLastDay: number
    readonly vehiclesLastTenMinutes: number
  } | null
  readonly approvers: readonly {
    readonly id: string
    readonly name: string
    readonly countsFrom: InstantText
    readonly ways: readonly ('code' | 'passkey')[]
  }[]
  readonly storage: 'disk' | 'memory' | null
  readonly waiting: readonly Order[]
}

export type GivenCode = { readonly code: string; readonly counter: number; readonly validFor: 'once' }
