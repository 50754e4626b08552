import { z } from 'zod'

/** What these commands read of the service's answers; more may stand there. */
export const View = z.looseObject({
  gatewayId: z.string().optional(),
  uplink: z.enum(['connected', 'away']),
  relay: z.enum(['open', 'closed', 'unknown']),
  seal: z.enum(['sealed', 'broken', 'never']),
  wiring: z.string(),
  now: z.number(),
  configuration: z.looseObject({ version: z.number(), source: z.string(), override: z.boolean() }),
  devices: z.array(z.looseObject({ id: z.string(), profile: z.string(), quality: z.string() })),
})
export type View = z.infer<typeof View>

export const Readings = z.looseObject({
  /** The service's own monotonic clock: every length of time is measured on it. */
  steady: z.number(),
  readings: z.array(
    z.looseObject({
      device: z.string(),
      name: z.string(),
      capability: z.string().optional(),
      value: z.union([z.number(), z.boolean(), z.string()]).optional(),
      quality: z.string(),
      reason: z.string().optional(),
      ageMs: z.number(),
    }),
  ),
})
export type Readings = z.infer<typeof Readings>

export const RelayTest = z.looseObject({
  state: z.enum(['idle', 'blocking', 'blocked', 'freeing', 'freed', 'failed']),
  reason: z.string().optional(),
})
export type RelayTest = z.infer<typeof RelayTest>
