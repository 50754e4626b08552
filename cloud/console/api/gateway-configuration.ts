import type { InstantText } from './vehicle.ts'

export type Document = { readonly [key: string]: unknown }

export type WantedConfiguration = {
  readonly version: number
  readonly hash: string
  readonly document: Document
  readonly note: string
  readonly by: string
  readonly at: InstantText
}

export type Standing = 'none' | 'pending' | 'waiting' | 'applied' | 'refused' | 'rolled-back' | 'local-override'

/** What is wanted of a gateway, and what it says it does. */
export type GatewayConfiguration = {
  readonly standing: Standing
  readonly desired: WantedConfiguration | null
  readonly reported: {
    readonly errors: readonly string[]
    readonly waitingFor: string | null
    readonly applied: { readonly version: number; readonly hash: string; readonly source: 'cloud' | 'local' }
    readonly document: Document | null
    readonly overrideHash: string | null
    readonly at: InstantText
  } | null
}
