import { z } from 'zod'

/** Access to a project of Roistat, and which pipelines it is told of. */
export const RoistatSettings = z.strictObject({
  project: z.string().regex(/^\d{1,12}$/),
  apiKey: z.string().min(8).max(200),
  pipelines: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,79}$/))
    .min(1)
    .max(20),
  /** How often what has changed is told, seconds. */
  everyS: z.int().min(1).max(3600).default(30),
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://cloud.roistat.com/api/v1'),
})
export type RoistatSettings = z.infer<typeof RoistatSettings>
