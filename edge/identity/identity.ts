import { z } from 'zod'
import { ClaimGrant } from '#contract/provisioning.ts'

/** Who this gateway is, as granted by the cloud, with the private key that never left it. */
export const Identity = z.strictObject({
  schema: z.literal('kordon-identity/1'),
  grant: ClaimGrant,
  keyPem: z.string(),
  /** Where it was claimed, and where it is renewed; absent in identities from before there was renewal. */
  cloud: z.strictObject({ cloudUrl: z.url(), caPem: z.string().exactOptional() }).exactOptional(),
})
export type Identity = z.infer<typeof Identity>
