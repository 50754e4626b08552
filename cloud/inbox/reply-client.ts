import { seconds } from '#contract/instant.ts'
import type { MessageChannel } from '../messages/channel.ts'
import type { EmailSettings } from '../messages/channel-settings.ts'
import type { AvitoClient } from './avito-client.ts'
import { subjectMark } from './incoming.ts'

export type Reply = {
  readonly id: string
  readonly conversation: string
  readonly channel: string
  /** As the channel knows the person. */
  readonly outsideId: string
  readonly subject: string | null
  readonly text: string
  readonly address: string | null
  readonly replyUrl: string | null
  readonly secret: string | null
}
export type Sent = { readonly outcome: 'sent' | 'refused' | 'later'; readonly why: string }
export type ReplyClient = { send(reply: Reply, now: number, stop: AbortSignal): Promise<Sent> }

type Deps = {
  readonly email: EmailSettings | undefined
  readonly emailClient: (settings: EmailSettings) => MessageChannel
  readonly max: MessageChannel | undefined
  /** Of one account, by its user id. */
  readonly avito: (userId: string) => Pick<AvitoClient, 'send'> | undefined
  readonly sign: (secret: string, body: string, now: number) => string
}
const PATIENCE = seconds(15)

/** Answers go out the way the question came: by letter, by the MAX bot, to a chat of Avito, or to a signed webhook of whoever keeps the account. */
export function createReplyClient({ email, emailClient, max, avito, sign }: Deps): ReplyClient {
  const byWebhook = async (reply: Reply, url: string, now: number, stop: AbortSignal): Promise<Sent> => {
    const body = JSON.stringify({ id: reply.id, to: reply.outsideId, text: reply.text })
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': reply.id,
          ...(reply.secret === null ? {} : { 'kordon-signature': sign(reply.secret, body, now) }),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
      })
      await response.body?.cancel()
      if (response.ok) return { outcome: 'sent', why: '' }
      const passes = response.status === 429 || response.status === 408 || response.status >= 500
      return { outcome: passes ? 'later' : 'refused', why: `канал ответил ${response.status}` }
    } catch {
      return { outcome: 'later', why: 'канал не отвечает' }
    }
  }
  const by = async (channel: MessageChannel, reply: Reply, stop: AbortSignal): Promise<Sent> => {
    const tried = await channel.send({ to: reply.outsideId, text: reply.text, key: reply.id }, stop)
    return 'why' in tried ? { outcome: tried.outcome, why: tried.why } : { outcome: 'sent', why: '' }
  }
  return {
    send: async (reply, now, stop) => {
      if (reply.replyUrl !== null) return byWebhook(reply, reply.replyUrl, now, stop)
      if (reply.channel === 'email' && email !== undefined) {
        const mark = subjectMark(reply.conversation)
        const asked = (reply.subject ?? 'Ваше обращение').replaceAll(/[\r\n]/g, ' ')
        const subject = asked.includes(mark) ? asked : `Re: ${asked} ${mark}`
        return by(emailClient({ ...email, from: reply.address ?? email.from, subject }), reply, stop)
      }
      if (reply.channel === 'max' && max !== undefined) return by(max, reply, stop)
      const own = reply.channel === 'avito' ? avito(reply.address ?? '') : undefined
      if (own !== undefined) return own.send(reply.outsideId, reply.text, stop)
      return { outcome: 'later', why: 'отвечать этим каналом не подключено' }
    },
  }
}
