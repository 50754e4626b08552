import { z } from 'zod'
import { seconds } from '#contract/instant.ts'
import { type MessageChannel, trouble } from './channel.ts'
import type { SmscSettings } from './channel-settings.ts'
import { smscFate } from './delivery-callback.ts'

const Sent = z.looseObject({
  id: z.union([z.int(), z.string()]).optional(),
  error: z.string().optional(),
  error_code: z.int().optional(),
})
const Status = z.looseObject({ status: z.int().optional() })
const PATIENCE = seconds(15)
// No money, address blocked for a while, too many equal ones: a person can mend these, so the next way is tried meanwhile
// only after some tries of this one.
const PASSING: ReadonlySet<number> = new Set([3, 4, 9])

/** SMS by SMSC.ru, JSON (fmt=3). The key of the message is its id there, so that a repetition is not sent twice. */
export function createSmscClient({ apiKey, sender, baseUrl }: SmscSettings): MessageChannel {
  const post = (path: string, form: Record<string, string>, stop: AbortSignal) =>
    fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ apikey: apiKey, charset: 'utf-8', fmt: '3', ...form }),
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
    })
  return {
    id: 'sms',
    send: async ({ to, text }, stop) => {
      try {
        const named = sender === '' ? {} : { sender }
        const response = await post('send.php', { phones: to, mes: text, ...named }, stop)
        if (!response.ok) return trouble(response.status, response.headers.get('retry-after'), '')
        const answer = Sent.safeParse(await response.json().catch(() => undefined)).data
        if (answer === undefined) return { outcome: 'later', why: 'no answer that can be read' }
        if (answer.error_code !== undefined) {
          const why = `${answer.error_code} ${answer.error ?? ''}`.trim()
          return { outcome: PASSING.has(answer.error_code) ? 'later' : 'refused', why }
        }
        return { outcome: 'sent', providerId: answer.id === undefined ? null : String(answer.id) }
      } catch {
        return { outcome: 'later', why: 'no answer from SMSC' }
      }
    },
    ask: async ({ to, providerId }, stop) => {
      try {
        const response = await post('status.php', { phone: to, id: providerId }, stop)
        const status = Status.safeParse(await response.json().catch(() => undefined)).data?.status
        if (status === undefined) return 'unknown'
        return smscFate(status)
      } catch {
        return 'unknown'
      }
    },
  }
}
