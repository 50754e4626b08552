import { z } from 'zod'

/** What a key answered: only the envelope is looked at here, its bytes are for passkey-client.ts. */
export const KeyAnswer = z.looseObject({
  id: z.string().max(1024),
  rawId: z.string().max(1024),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: z.string().max(8192) }),
  clientExtensionResults: z.looseObject({}).default({}),
})
export type KeyAnswer = z.infer<typeof KeyAnswer>
