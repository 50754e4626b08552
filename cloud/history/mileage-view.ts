import { z } from 'zod'
import { Instant } from '#contract/instant.ts'

/** Kilometres as REST shows them. */
export const MileageView = z
  .object({
    km: z.number(),
    errorKm: z.number().meta({ description: 'The true value lies within km ± errorKm' }),
    source: z.enum(['odometer', 'positions']),
    gaps: z.array(z.object({ from: Instant, to: Instant, km: z.number() })).readonly(),
  })
  .meta({ id: 'Mileage' })
