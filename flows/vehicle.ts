import { z } from 'zod'

/** What a flow reads of a vehicle; everything else goes along unread. */
export const Vehicle = z.looseObject({
  id: z.string().min(1),
  zone: z.looseObject({ name: z.string(), inside: z.boolean().nullable(), since: z.string().nullable() }),
})
export type Vehicle = z.infer<typeof Vehicle>

/** One line of a vehicle's timeline. */
export const Happening = z.looseObject({ at: z.string(), kind: z.string(), title: z.string() })
export type Happening = z.infer<typeof Happening>
