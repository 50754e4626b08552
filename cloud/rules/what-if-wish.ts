import { z } from 'zod'
import { PolicyValue } from '../policies/policy.ts'

/** What is tried out: other numbers, or another text of one rule, over the facts of these days. */
export const WhatIfWish = z.strictObject({
  ruleId: z.string().max(64),
  /** Absent: the rule as it acts, or as it watches. */
  source: z.string().max(20_000).optional(),
  policy: z.record(z.string(), PolicyValue).default({}),
  days: z.int().min(1).max(90).default(30),
})
export type WhatIfWish = z.infer<typeof WhatIfWish>

/** One moment at which the rule would have fired. */
export const WhatIfHit = z.strictObject({
  subject: z.string(),
  vehicleId: z.string().nullable(),
  driverId: z.string().nullable(),
  at: z.int(),
  /** When the condition ceased; null: it still held at the end. */
  until: z.int().nullable(),
})
export type WhatIfHit = z.infer<typeof WhatIfHit>

export const WhatIfResult = z.strictObject({
  from: z.int(),
  to: z.int(),
  subjects: z.int(),
  evaluations: z.int(),
  /** As it would be, oldest first; at most a thousand are kept. */
  hits: z.array(WhatIfHit),
  hitCount: z.int(),
  /** Vehicles hit now and then; with the numbers as they are. */
  vehicles: z.int(),
  vehiclesNow: z.int(),
  /** Hit only with the change, and only without it. */
  added: z.array(z.string()),
  spared: z.array(z.string()),
  /** Share of evaluations in which something was not known. */
  unknownShare: z.number(),
})
export type WhatIfResult = z.infer<typeof WhatIfResult>
