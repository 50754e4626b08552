import { z } from 'zod'
import { seconds } from '#contract/instant.ts'
import { type MessageChannel, trouble } from './channel.ts'
import type { SmsAeroSettings } from './channel-settings.ts'
import { smsAeroFate } from './delivery-callback.ts'

const Answer = z.looseObject({
  success: z.boolean(),
  message: z.string().nullish(),
  data: z
    .union([z.looseObject({ id: z.union([z.int(), z.string()]), status: z.int().nullish() }), z.array(z.unknown())])
    .nullish(),
})
const PATIENCE = seconds(15)

/** SMS by SMS Aero, v2: Basic `email:apikey`, JSON. */
export function createSmsAeroClient({ email, apiKey, sign, baseUrl }: SmsAeroSettings): MessageChannel {
  const authorization = `Basic ${Buffer.from(`${email}:${apiKey}`).toString('base64')}`
  const post = (path: string, body: object, stop: AbortSignal) =>
    fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
    })
  return {
    id: 'sms',
    send: async ({ to, text }, stop) => {
      try {
        const response = await post('sms/send', { number: to.replace('+', ''), text, sign }, stop)
        const answer = Answer.safeParse(await response.json().catch(() => undefined)).data
        if (!response.ok) return trouble(response.status, response.headers.get('retry-after'), answer?.message ?? '')
        if (answer?.success !== true)
          return { outcome: 'refused', why: answer?.message ?? 'no answer that can be read' }
        const data = Array.isArray(answer.data) ? undefined : answer.data
        return { outcome: 'sent', providerId: data === null || data === undefined ? null : String(data.id) }
      } catch {
        return { outcome: 'later', why: 'no answer from SMS Aero' }
      }
    },
    ask: async ({ providerId }, stop) => {
      try {
        const response = await post('sms/status', { id: Number(providerId) }, stop)
        const answer = Answer.safeParse(await response.json().catch(() => undefined)).data
        const data = answer?.success !== true || Array.isArray(answer.data) ? undefined : answer.data
        if (data === null || data === undefined) return 'unknown'
        return smsAeroFate(data.status ?? 0)
      } catch {
        return 'unknown'
      }
    },
  }
}
