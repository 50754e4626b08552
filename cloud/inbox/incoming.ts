import { z } from 'zod'
import { e164 } from '../processes/inbox/webhook.ts'
import { avitoHook } from './avito-word.ts'

export const CHANNELS = ['whatsapp', 'max', 'avito', 'telegram', 'vk', 'email', 'site'] as const
export type InboxChannel = (typeof CHANNELS)[number]

/** One thing that somebody has said to us. */
export type IncomingWord = {
  /** The sender's own id of this message: the second time it changes nothing. */
  readonly key: string
  /** Who says it, as the channel knows him: answers go there. */
  readonly outsideId: string
  readonly name: string | undefined
  readonly phone: string | undefined
  readonly subject: string | undefined
  readonly text: string
  readonly files: readonly { readonly name: string; readonly url: string }[]
  readonly at: number | undefined
}
export type ReadWord =
  | { readonly kind: 'word'; readonly word: IncomingWord }
  /** Nothing was said: a receipt, a typing mark, an event of another kind. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wrong'; readonly why: string }

const key = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(200))
const Plain = z.looseObject({
  id: key,
  from: key,
  name: z.string().trim().max(200).optional(),
  phone: z.string().max(40).optional(),
  subject: z.string().trim().max(300).optional(),
  text: z.string().max(20_000).default(''),
  files: z
    .array(z.looseObject({ name: z.string().max(200).default('файл'), url: z.url({ protocol: /^https?$/ }).max(2000) }))
    .max(20)
    .default([]),
  at: z.union([z.number(), z.iso.datetime({ offset: true }).transform((at) => Date.parse(at))]).optional(),
})
/** What the MAX bot API posts (dev.max.ru: Update, Message). */
const MaxUpdate = z.looseObject({
  update_type: z.string(),
  message: z
    .looseObject({
      timestamp: z.number().optional(),
      sender: z.looseObject({ user_id: z.number(), name: z.string().optional(), first_name: z.string().optional() }),
      body: z.looseObject({ mid: z.string(), text: z.string().nullable().optional() }),
    })
    .optional(),
})

/** Pure. A message in the plain form of docs/inbox.md; of MAX and Avito also as their own APIs post it. */
export function readWord(channel: InboxChannel, body: unknown): ReadWord {
  if (channel === 'max' && MaxUpdate.safeParse(body).success) return maxWord(MaxUpdate.parse(body))
  const ofAvito = channel === 'avito' ? avitoHook(body) : undefined
  if (ofAvito !== undefined) return ofAvito === 'nothing' ? { kind: 'nothing' } : { kind: 'word', word: ofAvito }
  const read = Plain.safeParse(body)
  if (!read.success)
    return {
      kind: 'wrong',
      why: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    }
  const { id, from, name, phone, subject, text, files, at } = read.data
  if (text.trim() === '' && files.length === 0) return { kind: 'nothing' }
  return {
    kind: 'word',
    word: {
      key: id,
      outsideId: channel === 'email' ? from.toLowerCase() : from,
      name,
      phone: e164(phone ?? (channel === 'whatsapp' ? from : '')),
      subject,
      text: text.trim(),
      files: files.map(({ name: called, url }) => ({ name: called, url })),
      at,
    },
  }
}

function maxWord({ update_type, message }: z.infer<typeof MaxUpdate>): ReadWord {
  const text = message?.body.text?.trim() ?? ''
  if (update_type !== 'message_created' || message === undefined || text === '') return { kind: 'nothing' }
  return {
    kind: 'word',
    word: {
      key: message.body.mid,
      outsideId: String(message.sender.user_id),
      name: message.sender.name ?? message.sender.first_name,
      phone: undefined,
      subject: undefined,
      text,
      files: [],
      at: message.timestamp,
    },
  }
}

/** Pure. Whether a driver says that he wants to give his car back: the word alone, or the button of a bot. */
export const asksReturn = (text: string): boolean =>
  /^[\s/«"]*(?:я\s+)?(?:хочу\s+)?(?:сда(?:ть|ю)|вернуть)(?:\s+(?:машину|авто(?:мобиль)?|тачку))?[\s.!»"]*$/i.test(text)

/** Pure. The mark in a subject by which an answer to a letter finds its conversation, whoever sends it. */
export const subjectMark = (conversation: string): string => `[#${conversation.slice(0, 8)}]`

/** Pure. The first eight characters of the conversation a subject names. */
export const markedIn = (subject: string | undefined): string | undefined =>
  /\[#([0-9a-f]{8})\]/.exec(subject ?? '')?.[1]
