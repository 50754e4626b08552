import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { User } from '../api/session.ts'
import type { Close, Item, Pack, Photo } from './plan.ts'

interface Shape extends DBSchema {
  queue: { key: number; value: Omit<Photo, 'seq'> | Omit<Close, 'seq'>; indexes: { key: string } }
  kept: { key: string; value: { readonly user: User; readonly at: number; readonly pack: Pack } }
  last: { key: string; value: string }
}
export type NewItem = Omit<Photo, 'seq'> | Omit<Close, 'seq'>
export type Kept = { readonly user: User; readonly at: number; readonly pack: Pack }

const DAY_MS = 86_400_000
let opened: Promise<IDBPDatabase<Shape>> | undefined

/** The phone's own store: what was pressed, until the server has said what became of it, and the tasks as last read. */
const database = (): Promise<IDBPDatabase<Shape>> => {
  opened ??= openDB<Shape>('kordon-mechanic', 1, {
    upgrade: (db) => {
      db.createObjectStore('queue', { autoIncrement: true }).createIndex('key', 'key', { unique: true })
      db.createObjectStore('kept')
      db.createObjectStore('last')
    },
  })
  return opened
}

/** Everything of one person, in the order of pressing. */
export async function itemsOf(account: string): Promise<readonly Item[]> {
  const items: Item[] = []
  const store = (await database()).transaction('queue').store
  for (let cursor = await store.openCursor(); cursor !== null; cursor = await cursor.continue())
    if (cursor.value.account === account) items.push({ ...cursor.value, seq: cursor.primaryKey })
  return items
}

/** All or nothing: photos and the closing that they belong to are written together. */
export async function add(items: readonly NewItem[]): Promise<void> {
  const work = (await database()).transaction('queue', 'readwrite', { durability: 'strict' })
  for (const item of items) await work.store.add(item)
  await work.done
}

export async function change(seq: number, to: (item: Item) => Item): Promise<void> {
  const work = (await database()).transaction('queue', 'readwrite', { durability: 'strict' })
  const found = await work.store.get(seq)
  if (found !== undefined) {
    const { seq: _seq, ...item } = to({ ...found, seq })
    await work.store.put(item, seq)
  }
  await work.done
}

export const drop = async (seq: number): Promise<void> => (await database()).delete('queue', seq)

/** What was sent long ago is of no use to anybody. */
export async function forgetSent(account: string, now: number): Promise<void> {
  for (const { seq, state, sentAt } of await itemsOf(account))
    if (state === 'sent' && sentAt !== null && sentAt < now - DAY_MS) await drop(seq)
}

export async function keep(kept: Kept): Promise<void> {
  const work = (await database()).transaction(['kept', 'last'], 'readwrite')
  await work.objectStore('kept').put(kept, kept.user.id)
  await work.objectStore('last').put(kept.user.id, 'user')
  await work.done
}
export const keptOf = async (account: string): Promise<Kept | null> =>
  (await (await database()).get('kept', account)) ?? null

/** Who last opened the page with a network. */
export async function lastKept(): Promise<Kept | null> {
  const account = await (await database()).get('last', 'user')
  return account === undefined ? null : keptOf(account)
}
