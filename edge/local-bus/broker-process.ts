import type { BusPlan } from './bus-access.ts'
import type { VoiceSecrets } from './voices.ts'

/** What the gateway tells the broker's process: first its whole configuration, then now and then that it is there. */
export type ToBroker =
  | { readonly kind: 'begin'; readonly plan: BusPlan; readonly secrets: VoiceSecrets }
  | { readonly kind: 'ping' }

/** What the broker's process answers. */
export type FromBroker =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: Readonly<Record<string, unknown>>
      readonly event: string
    }

/**
 * Pure. Its own gateway, of the same version, over a channel that nobody else has: the kind is enough. A schema would
 * cost the broker's process a quarter of its memory. The other way round it is parsed, since strangers speak to it.
 */
export const isToBroker = (told: unknown): told is ToBroker =>
  typeof told === 'object' && told !== null && 'kind' in told && (told.kind === 'begin' || told.kind === 'ping')
