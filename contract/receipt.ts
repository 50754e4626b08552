import { z } from 'zod'
import { StreamId } from './ids.ts'
import { ToldMs } from './instant.ts'

/** `down/receipt`: every record of the stream up to and including `through` is durable; the outbox may forget it. */
export const Receipt = z.strictObject({ v: z.literal(1), stream: StreamId, through: z.int().min(0) })
export type Receipt = z.infer<typeof Receipt>

/** `up/status`, retained; also the gateway's will with `online: false`. */
export const GatewayStatus = z.strictObject({
  v: z.literal(1),
  online: z.boolean(),
  at: ToldMs,
  software: z.string().min(1).max(64),
})
export type GatewayStatus = z.infer<typeof GatewayStatus>
