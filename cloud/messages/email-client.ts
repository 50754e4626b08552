import { createTransport } from 'nodemailer'
import { z } from 'zod'
import { seconds } from '#contract/instant.ts'
import type { MessageChannel, MessageFile } from './channel.ts'
import type { EmailSettings } from './channel-settings.ts'

/** E-mail by SMTP; that the server has taken it is all that is ever known. */
export function createEmailClient({ url, from, subject }: EmailSettings): MessageChannel {
  const patience = seconds(15)
  const transport = createTransport(url, { from })
  return {
    id: 'email',
    takes: 'files',
    send: async ({ to, text, key, files = [] }) => {
      try {
        const messageId = `<${Buffer.from(key).toString('base64url').slice(0, 80)}@kordon>`
        const sent = await Promise.race([
          transport.sendMail({ to, from, subject, text, messageId, attachments: files.map(attachmentOf) }),
          new Promise<undefined>((resolve) => {
            AbortSignal.timeout(patience).addEventListener('abort', () => resolve(undefined))
          }),
        ])
        if (sent === undefined) return { outcome: 'later', why: 'the mail server does not answer' }
        return { outcome: 'sent', providerId: messageId }
      } catch (cause) {
        const code = z.looseObject({ responseCode: z.int() }).safeParse(cause).data?.responseCode
        return code !== undefined && code >= 500
          ? { outcome: 'refused', why: `the mail server says ${code}` }
          : { outcome: 'later', why: 'the mail server cannot take it now' }
      }
    },
  }
}

const attachmentOf = ({ name, type, bytes }: MessageFile) => ({
  filename: name,
  contentType: type,
  content: Buffer.from(bytes),
})
