import { z } from 'zod'

/** How the telephone exchange is reached, and what may be done with its recordings. */
export const ExchangeSettings = z.strictObject({
  /** Takes what we ask of it: POST of JSON, signed. */
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().min(16).max(200),
  /** `keep`: each recording is fetched once to our own storage; `link`: the exchange keeps it, we keep its address. */
  recordings: z.enum(['keep', 'link']).default('link'),
  /** Hosts that recordings may be fetched from; nothing else is ever asked. */
  recordingHosts: z.array(z.string().min(1).max(200)).max(20).default([]),
})
export type ExchangeSettings = z.infer<typeof ExchangeSettings>
