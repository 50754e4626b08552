import { get } from '../api/api-client.ts'
import type { Problem } from '../api/problem.ts'
import type { Task } from '../api/process.ts'
import { serverNow } from '../api/server-clock.ts'
import type { Close, Item, Photo } from './plan.ts'
import { change, itemsOf } from './queue.ts'
import { type Answer, sendClose, sendPhoto } from './send.ts'

export type Round = 'all-sent' | 'no-network' | 'session'
type Say = (problem: Problem) => string
const TOO_FAR: Answer = { kind: 'later' }

let running: Promise<Round> | undefined

/** Sends what waits, in the order of pressing, until all is answered or nobody answers. One round at a time, over all tabs. */
export function sync(account: string, say: Say, lost: string): Promise<Round> {
  running ??= alone(() => round(account, say, lost)).finally(() => {
    running = undefined
  })
  return running
}

/** Another tab may be at it; where a browser has no locks, the keys see to it that nothing is done twice. */
function alone(work: () => Promise<Round>): Promise<Round> {
  return 'locks' in navigator ? navigator.locks.request('kordon-mechanic', work) : work()
}

async function round(account: string, say: Say, lost: string): Promise<Round> {
  for (const { seq } of await itemsOf(account)) {
    const items = await itemsOf(account)
    const item = items.find((one) => one.seq === seq)
    if (item === undefined || item.state !== 'waiting') continue
    const answer = item.kind === 'photo' ? await sendPhoto(item) : await close(item, items)
    if (answer === 'lost') {
      await change(seq, (one) => ({ ...one, state: 'refused', why: lost }))
      continue
    }
    if (answer.kind === 'later') return 'no-network'
    if (answer.kind === 'session') return 'session'
    if (answer.kind === 'refused') await change(seq, (one) => ({ ...one, state: 'refused', why: say(answer.problem) }))
    else await change(seq, (one) => accepted(one, answer.id))
  }
  return 'all-sent'
}

const accepted = (item: Item, id: string): Item =>
  item.kind === 'photo'
    ? { ...item, state: 'sent', sentAt: serverNow(), file: id, bytes: new ArrayBuffer(0) }
    : { ...item, state: 'sent', sentAt: serverNow() }

/** A closing with its photos under their ids of the server; its task, where that was still to be opened, is looked up once. */
async function close(item: Close, items: readonly Item[]): Promise<Answer | 'lost'> {
  const found = item.task ?? (await opened(item))
  if (found === 'later') return TOO_FAR
  if (found === undefined) return 'lost'
  // Written down before it is sent: after a break the same task is closed with the same key.
  if (item.task === null) await change(item.seq, (one) => (one.kind === 'close' ? { ...one, task: found } : one))
  const photos = items.filter((one): one is Photo => one.kind === 'photo')
  const set: Record<string, unknown> = { ...item.set }
  for (const [field, { list, have, keys }] of Object.entries(item.photos)) {
    const own = photos.filter(({ key }) => keys.includes(key))
    // A photo that was refused is missing from the closing, and the server says so if it was needed.
    const files = own.flatMap(({ file }) => file ?? [])
    if (own.some(({ state }) => state === 'refused') && files.length === 0 && have.length === 0) return 'lost'
    if (list) set[field] = [...have, ...files]
    else if (files.at(-1) !== undefined) set[field] = files.at(-1)
  }
  return sendClose(item, found, set)
}

async function opened(item: Close): Promise<string | 'later' | undefined> {
  try {
    const { items } = await get<{ readonly items: readonly Task[] }>(`/tasks?card=${encodeURIComponent(item.card)}`)
    return items.find(({ template }) => template === item.template)?.id
  } catch {
    return 'later'
  }
}
