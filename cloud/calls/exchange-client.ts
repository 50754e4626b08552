import { seconds } from '#contract/instant.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import type { ExchangeWish } from './request-store.ts'

export type ExchangeAnswer =
  | { readonly outcome: 'taken' }
  /** It will not do this, however often it is asked. */
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'later'; readonly why: string }
export type Recording = { readonly type: string; readonly bytes: Uint8Array }

/** The telephone exchange: takes transfers, sayings and calls to make; gives recordings. */
export type ExchangeClient = {
  readonly recordings: ExchangeSettings['recordings']
  ask(wish: ExchangeWish, now: number, stop: AbortSignal): Promise<ExchangeAnswer>
  /** Rejects with a sentence when there is none to be had. */
  fetchRecording(url: string, stop: AbortSignal): Promise<Recording>
}

const PATIENCE = seconds(5)
const RECORDING_PATIENCE = seconds(60)
const LONGEST_RECORDING = 30 * 1024 * 1024

/** A plain signed webhook: any exchange, or a small program beside one, can take it. `sign` makes the header of a body. */
export function createExchangeClient(
  settings: ExchangeSettings,
  sign: (secret: string, body: string, now: number) => string,
): ExchangeClient {
  return {
    recordings: settings.recordings,
    ask: async (wish, now, stop) => {
      const body = JSON.stringify({
        id: wish.key,
        do: wish.kind,
        ...(wish.callId === undefined ? {} : { call: wish.callId }),
        ...(wish.to === undefined ? {} : { to: wish.to }),
        ...(wish.text === undefined ? {} : { text: wish.text }),
      })
      try {
        const response = await fetch(settings.url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': wish.key,
            'kordon-signature': sign(settings.secret, body, now),
          },
          body,
          redirect: 'error',
          signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
        })
        await response.body?.cancel()
        if (response.ok) return { outcome: 'taken' }
        const passes = response.status === 429 || response.status === 408 || response.status >= 500
        return { outcome: passes ? 'later' : 'refused', why: `АТС ответила ${response.status}` }
      } catch {
        return { outcome: 'later', why: 'АТС не отвечает' }
      }
    },
    fetchRecording: async (url, stop) => {
      const { protocol, host } = new URL(url)
      if ((protocol !== 'https:' && protocol !== 'http:') || !settings.recordingHosts.includes(host))
        throw new Error(`записи с адреса ${host} брать не разрешено`)
      const response = await fetch(url, {
        redirect: 'error',
        signal: AbortSignal.any([stop, AbortSignal.timeout(RECORDING_PATIENCE)]),
      })
      const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? ''
      if (!response.ok) throw new Error(`АТС не отдала запись: ${response.status}`)
      if (!type.startsWith('audio/')) throw new Error('по ссылке не звук')
      return { type, bytes: await bounded(response) }
    },
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > LONGEST_RECORDING) throw new Error('запись больше 30 МБ')
    parts.push(part)
  }
  return Buffer.concat(parts)
}
