import { z } from 'zod'

/** What a key answered: only the envelope is looked at here, its bytes are for whoever checks them. */
export const KeyAnswer = z.looseObject({
  id: z.string().max(1024),
  rawId: z.string().max(1024),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: z.string().max(8192) }),
  clientExtensionResults: z.looseObject({}).default({}),
})
export type KeyAnswer = z.infer<typeof KeyAnswer>

/** A new key, as its browser tells of it. */
export const Registration = KeyAnswer.extend({
  response: z.looseObject({ clientDataJSON: z.string().max(8192), attestationObject: z.string().max(65_536) }),
})
export type Registration = z.infer<typeof Registration>

/** A key's answer to a question. */
export const Assertion = KeyAnswer.extend({
  response: z.looseObject({
    clientDataJSON: z.string().max(8192),
    authenticatorData: z.string().max(8192),
    signature: z.string().max(4096),
  }),
})
export type Assertion = z.infer<typeof Assertion>
