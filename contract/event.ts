import { z } from 'zod'
import { ToldMs } from './instant.ts'

/** Something that happened at the gateway and is neither a frame nor an order report. */
export const GatewayEvent = z.strictObject({
  kind: z.literal('event'),
  name: z.string().regex(/^[a-z][a-z0-9-]{1,47}$/, 'an event name is kebab-case, 2 to 48 characters'),
  at: ToldMs,
  data: z.record(z.string().max(64), z.json()),
})
export type GatewayEvent = z.infer<typeof GatewayEvent>
