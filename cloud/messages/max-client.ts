import { z } from 'zod'
import { seconds } from '#contract/instant.ts'
import { type MessageChannel, trouble } from './channel.ts'
import type { MaxSettings } from './channel-settings.ts'

const Answer = z.looseObject({
  message: z.looseObject({ body: z.looseObject({ mid: z.string().optional() }).optional() }).optional(),
  code: z.string().optional(),
})
const PATIENCE = seconds(15)
const LONGEST = 4000

/**
 * Messages of our MAX bot, to people who have opened it: the address is their user id. MAX tells nobody whether a message
 * was read, so what it takes stays «sent». Node needs the Mincifry root (NODE_EXTRA_CA_CERTS).
 */
export function createMaxClient({ token, baseUrl }: MaxSettings): MessageChannel {
  return {
    id: 'max',
    send: async ({ to, text }, stop) => {
      if (!/^\d{1,20}$/.test(to)) return { outcome: 'refused', why: 'not a MAX user id' }
      try {
        const response = await fetch(`${baseUrl}/messages?user_id=${to}`, {
          method: 'POST',
          headers: { authorization: token, 'content-type': 'application/json' },
          body: JSON.stringify({ text: text.slice(0, LONGEST) }),
          redirect: 'error',
          signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
        })
        const answer = Answer.safeParse(await response.json().catch(() => undefined)).data
        if (!response.ok) return trouble(response.status, response.headers.get('retry-after'), answer?.code ?? '')
        return { outcome: 'sent', providerId: answer?.message?.body?.mid ?? null }
      } catch {
        return { outcome: 'later', why: 'no answer from MAX' }
      }
    },
  }
}
