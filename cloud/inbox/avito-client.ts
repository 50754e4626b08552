import { z } from 'zod'
import { type Clock, seconds } from '#contract/instant.ts'
import type { AvitoSettings } from '../messages/channel-settings.ts'
import { AvitoChat, AvitoMessage } from './avito-word.ts'
import type { Sent } from './reply-client.ts'

export type AvitoClient = ReturnType<typeof createAvitoClient>

const PATIENCE = seconds(15)
const PAGE = 100
/** The vendor's own bound. */
const LONGEST = 1000
const Token = z.looseObject({ access_token: z.string().min(1), expires_in: z.number().default(3600) })
const Chats = z.looseObject({ chats: z.array(AvitoChat) })
const Messages = z.union([z.array(AvitoMessage), z.looseObject({ messages: z.array(AvitoMessage) })])

/** What Avito does not answer now. */
export class AvitoTrouble extends Error {
  readonly status: number
  constructor(status: number) {
    super(status === 0 ? 'Авито не отвечает' : `Авито ответило ${status}`)
    this.status = status
  }
}

/**
 * One account of the Avito messenger, as its API is described (api.avito.ru: messenger v1 to v3, OAuth client credentials).
 * Chats stay unread for whoever reads them at Avito too.
 */
export function createAvitoClient({ userId, clientId, clientSecret, baseUrl }: AvitoSettings, clock: Clock) {
  let token: { readonly value: string; readonly until: number } | undefined

  const ask = async (path: string, init: RequestInit, stop: AbortSignal): Promise<Response> => {
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)])
      return await fetch(`${baseUrl}${path}`, { ...init, redirect: 'error', signal })
    } catch {
      throw new AvitoTrouble(0)
    }
  }
  const tokenOf = async (stop: AbortSignal): Promise<string> => {
    if (token !== undefined && token.until > clock.steady()) return token.value
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    })
    const answer = await ask('/token', { method: 'POST', body }, stop)
    const read = Token.safeParse(await answer.json().catch(() => undefined))
    if (!answer.ok || !read.success) throw new AvitoTrouble(answer.status)
    // A minute before its end it is not begun with any more.
    token = { value: read.data.access_token, until: clock.steady() + Math.max(0, read.data.expires_in - 60) * 1000 }
    return token.value
  }
  const signed = async (path: string, init: RequestInit, stop: AbortSignal): Promise<Response> => {
    const send = async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(stop)}` }
      return ask(path, { ...init, headers }, stop)
    }
    const first = await send()
    if (first.status !== 401 && first.status !== 403) return first
    // Withdrawn before its time: asked for once more.
    await first.body?.cancel()
    token = undefined
    return send()
  }
  const read = async <T>(schema: z.ZodType<T>, path: string, stop: AbortSignal): Promise<T> => {
    const answer = await signed(path, { method: 'GET' }, stop)
    const parsed = schema.safeParse(await answer.json().catch(() => undefined))
    if (!answer.ok || !parsed.success) throw new AvitoTrouble(answer.ok ? 0 : answer.status)
    return parsed.data
  }
  const account = `accounts/${userId}`

  return {
    userId,
    /** A page of chats, as Avito orders them. Throws AvitoTrouble. */
    chats: async (offset: number, stop: AbortSignal): Promise<readonly AvitoChat[]> =>
      (await read(Chats, `/messenger/v2/${account}/chats?chat_types=u2i,u2u&limit=${PAGE}&offset=${offset}`, stop))
        .chats,
    /** The newest hundred messages of a chat. Throws AvitoTrouble. */
    messages: async (chat: string, stop: AbortSignal): Promise<readonly AvitoMessage[]> => {
      const path = `/messenger/v3/${account}/chats/${encodeURIComponent(chat)}/messages/?limit=${PAGE}`
      const found = await read(Messages, path, stop)
      return 'messages' in found ? found.messages : found
    },
    /** Never rejects: what goes wrong is an outcome. */
    send: async (chat: string, text: string, stop: AbortSignal): Promise<Sent> => {
      if (text.length > LONGEST) return { outcome: 'refused', why: `Авито берёт до ${LONGEST} знаков` }
      const path = `/messenger/v1/${account}/chats/${encodeURIComponent(chat)}/messages`
      try {
        const body = JSON.stringify({ message: { text }, type: 'text' })
        const answer = await signed(path, { method: 'POST', body }, stop)
        await answer.body?.cancel()
        if (answer.ok) return { outcome: 'sent', why: '' }
        const passes = answer.status === 429 || answer.status === 408 || answer.status >= 500
        return { outcome: passes ? 'later' : 'refused', why: new AvitoTrouble(answer.status).message }
      } catch (err) {
        return { outcome: 'later', why: err instanceof Error ? err.message : 'Авито не отвечает' }
      }
    },
  }
}
