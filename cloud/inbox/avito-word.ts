import { z } from 'zod'
import type { IncomingWord } from './incoming.ts'

const Content = z.looseObject({
  text: z.string().nullish(),
  image: z.looseObject({ sizes: z.record(z.string(), z.string()) }).nullish(),
  link: z.looseObject({ text: z.string().nullish(), url: z.string().nullish() }).nullish(),
  item: z.looseObject({ title: z.string().nullish(), item_url: z.string().nullish() }).nullish(),
  location: z.looseObject({ text: z.string().nullish(), title: z.string().nullish() }).nullish(),
})
const Id = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(200))
/** A message as the Avito messenger API lists it (GET /messenger/v3/…/messages/). Times are seconds since 1970. */
export const AvitoMessage = z.looseObject({
  id: Id,
  author_id: Id,
  created: z.number(),
  direction: z.enum(['in', 'out']).optional(),
  type: z.string(),
  content: Content.default({}),
})
export type AvitoMessage = z.infer<typeof AvitoMessage>
/** A chat as it is listed (GET /messenger/v2/…/chats). */
export const AvitoChat = z.looseObject({
  id: Id,
  updated: z.number().default(0),
  users: z.array(z.looseObject({ id: Id, name: z.string().default('') })).default([]),
  context: z.looseObject({ value: z.looseObject({ title: z.string().optional() }).optional() }).optional(),
})
export type AvitoChat = z.infer<typeof AvitoChat>

/** What Avito posts to a webhook of its third version. */
const Hook = z.looseObject({
  payload: z.looseObject({
    type: z.string(),
    value: AvitoMessage.extend({ chat_id: Id, user_id: Id }),
  }),
})

/** What nobody says in words. */
const NAMED: Readonly<Record<string, string>> = {
  call: 'Пропущенный звонок с Авито',
  voice: 'Голосовое сообщение: слушайте на Авито',
  file: 'Файл: смотрите на Авито',
  video: 'Видео: смотрите на Авито',
}

/** Pure. A message of somebody else as a word of the inbox; undefined where he has said nothing. */
export function avitoWord(
  message: AvitoMessage,
  chat: { readonly id: string; readonly name: string | undefined; readonly item: string | undefined },
): IncomingWord | undefined {
  const { text, image, link, item, location } = message.content
  const words: Readonly<Record<string, string | undefined>> = {
    text: text ?? undefined,
    link: [link?.text, link?.url].filter((part) => typeof part === 'string' && part !== '').join(' '),
    item: [item?.title, item?.item_url].filter((part) => typeof part === 'string' && part !== '').join(' '),
    location: location?.text ?? location?.title ?? undefined,
    ...NAMED,
  }
  const said = (words[message.type] ?? '').trim()
  const files = message.type === 'image' ? largestOf(image?.sizes ?? {}) : []
  if (said === '' && files.length === 0) return undefined
  return {
    key: message.id,
    outsideId: chat.id,
    name: chat.name,
    phone: undefined,
    subject: chat.item,
    text: said,
    files,
    at: message.created * 1000,
  }
}

/** Pure. A message that Avito posts; undefined for what is none, `nothing` for our own and for what says nothing. */
export function avitoHook(body: unknown): IncomingWord | 'nothing' | undefined {
  const read = Hook.safeParse(body)
  if (!read.success) return undefined
  const { type, value } = read.data.payload
  if (type !== 'message' || value.author_id === value.user_id) return 'nothing'
  return avitoWord(value, { id: value.chat_id, name: undefined, item: undefined }) ?? 'nothing'
}

/** The picture in its largest size, by its name `1280x960`. */
function largestOf(
  sizes: Readonly<Record<string, string>>,
): readonly { readonly name: string; readonly url: string }[] {
  const [largest] = Object.entries(sizes)
    .filter(([, url]) => url.startsWith('https://'))
    .toSorted(([a], [b]) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
  return largest === undefined ? [] : [{ name: `Фото ${largest[0]}`, url: largest[1] }]
}
