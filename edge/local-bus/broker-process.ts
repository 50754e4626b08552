import { z } from 'zod'
import type { VoiceSecrets } from './broker-client.ts'
import type { BusPlan } from './bus-access.ts'

const Message = z.strictObject({ topic: z.string(), payloads: z.array(z.string()) })
const topics = z.array(z.string())
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** What the gateway tells the broker's process: first its whole configuration, then now and then that it is there. */
export const ToBroker = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('begin'),
    plan: z.strictObject({
      host: z.string(),
      port: z.int(),
      units: z.array(
        z.strictObject({ user: z.string(), passwordSha256: z.string(), says: topics, keeps: topics, hears: topics }),
      ),
      commands: z.array(Message),
      requests: z.array(Message),
    }),
    secrets: z.strictObject({ reader: z.string(), immobilizer: z.string() }),
  }),
  z.strictObject({ kind: z.literal('ping') }),
])
export type ToBroker =
  | { readonly kind: 'begin'; readonly plan: BusPlan; readonly secrets: VoiceSecrets }
  | { readonly kind: 'ping' }

/** What the broker's process answers. */
export const FromBroker = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('listening'), port: z.int() }),
  z.strictObject({ kind: z.literal('pong') }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(LEVELS),
    fields: z.record(z.string(), z.unknown()),
    event: z.string(),
  }),
])
export type FromBroker = z.infer<typeof FromBroker>
