import { z } from 'zod'
import { ClaimGrant } from '#contract/provisioning.ts'

/** Who this gateway is, as granted by the cloud, with the private key that never left it. */
export const Identity = z.strictObject({
  schema: z.literal('kordon-identity/1'),
  grant: ClaimGrant,
  keyPem: z.string(),
})
export type Identity = z.infer<typeof Identity>
