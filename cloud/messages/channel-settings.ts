import { z } from 'zod'

const BaseUrl = z.url({ protocol: /^https?$/ })
const Secret = z.string().min(1).max(1000)
/** The secret part of the address at which the vendor tells of delivery; absent: he is asked every minute. */
const CallbackToken = z
  .string()
  .regex(/^[A-Za-z0-9_-]{24,200}$/)
  .optional()

export const SmsAeroSettings = z.strictObject({
  vendor: z.literal('smsaero'),
  email: z.email(),
  apiKey: Secret,
  sign: z.string().min(1).max(40),
  callbackToken: CallbackToken,
  baseUrl: BaseUrl.default('https://gate.smsaero.ru/v2'),
})
export type SmsAeroSettings = z.infer<typeof SmsAeroSettings>

export const SmscSettings = z.strictObject({
  vendor: z.literal('smsc'),
  apiKey: Secret,
  sender: z.string().max(40).default(''),
  callbackToken: CallbackToken,
  baseUrl: BaseUrl.default('https://smsc.ru/sys'),
})
export type SmscSettings = z.infer<typeof SmscSettings>

export const MaxSettings = z.strictObject({
  token: Secret,
  baseUrl: BaseUrl.default('https://platform-api2.max.ru'),
})
export type MaxSettings = z.infer<typeof MaxSettings>

export const EmailSettings = z.strictObject({
  /** smtp://user:password@host:port, or smtps:// */
  url: z.url({ protocol: /^smtps?$/ }),
  from: z.string().min(3).max(200),
  subject: z.string().min(1).max(100).default('Сообщение автопарка'),
})
export type EmailSettings = z.infer<typeof EmailSettings>

/** A mailbox that is read: the inbox account of this address takes its letters. */
export const MailboxSettings = z.strictObject({
  address: z.email(),
  /** imaps://user:password@host, each part percent-encoded; imap:// to this very machine only. */
  url: z
    .url({ protocol: /^imaps?$/ })
    .refine(
      (url) => url.startsWith('imaps:') || /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(new URL(url).hostname),
      'a password goes over the network by imaps:// alone',
    ),
})
export type MailboxSettings = z.infer<typeof MailboxSettings>

/** An account of the Avito messenger: the inbox account of channel avito with this user id has its chats. */
export const AvitoSettings = z.strictObject({
  userId: z.string().regex(/^\d{3,20}$/),
  clientId: Secret,
  clientSecret: Secret,
  baseUrl: BaseUrl.default('https://api.avito.ru'),
})
export type AvitoSettings = z.infer<typeof AvitoSettings>

/** The file of KORDON_MESSAGES_FILE: channels that are absent are off. */
export const ChannelSettings = z.strictObject({
  sms: z.discriminatedUnion('vendor', [SmsAeroSettings, SmscSettings]).optional(),
  max: MaxSettings.optional(),
  email: EmailSettings.optional(),
  mailboxes: z.array(MailboxSettings).max(200).optional(),
  avito: z.array(AvitoSettings).max(50).optional(),
  /** Where a driver pays; printed in messages. */
  payUrl: z.url({ protocol: /^https?$/ }).optional(),
  supportPhone: z.string().min(3).max(40).optional(),
})
export type ChannelSettings = z.infer<typeof ChannelSettings>
