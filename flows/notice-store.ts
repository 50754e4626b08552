import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type Notice = { readonly key: string; readonly body: string; readonly tries: number }
export type NoticeStore = ReturnType<typeof createNoticeStore>

/** How many undelivered notices are kept; beyond it the oldest gives way, and `put` says so. */
const MOST_PENDING = 10_000
/** How long a delivered key is remembered: later than this no repetition comes. */
const REMEMBER_MS = 90 * 86_400_000

/** Notices to deliver, and the keys of those that were. One file; a commit is on disk before `put` returns. */
export function createNoticeStore(path: string) {
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path)
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists notice (
      key text primary key, body text, created_at integer not null, due_at integer not null,
      tries integer not null default 0, delivered_at integer
    ) strict;
    create index if not exists notice_due on notice (due_at) where delivered_at is null`)
  const insert = db.prepare('insert or ignore into notice (key, body, created_at, due_at) values (?, ?, ?, ?)')
  const pending = db.prepare('select count(*) as pending from notice where delivered_at is null')
  const dropOldest = db.prepare(
    'delete from notice where key = (select key from notice where delivered_at is null order by created_at, rowid limit 1) returning key',
  )
  const due = db.prepare(
    'select key, body, tries from notice where delivered_at is null and due_at <= ? order by created_at, rowid limit 20',
  )
  const done = db.prepare('update notice set delivered_at = ?, body = null where key = ?')
  const later = db.prepare('update notice set tries = tries + 1, due_at = ? where key = ?')
  const forget = db.prepare('delete from notice where delivered_at < ?')
  return {
    /** `kept` is new, `known` came before (delivered or not), `dropped` is new but pushed out the oldest one. */
    put(key: string, body: string, at: number): 'kept' | 'known' | 'dropped' {
      if (insert.run(key, body, at, at).changes === 0) return 'known'
      if (Number(pending.get()?.['pending']) <= MOST_PENDING) return 'kept'
      dropOldest.run()
      return 'dropped'
    },
    due: (at: number): readonly Notice[] =>
      due.all(at).map((row) => ({ key: String(row['key']), body: String(row['body']), tries: Number(row['tries']) })),
    delivered(key: string, at: number): void {
      done.run(at, key)
      forget.run(at - REMEMBER_MS)
    },
    postpone: (key: string, until: number): unknown => later.run(until, key),
    close: () => db.close(),
  }
}
