import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '#contract/instant.ts'
import type { BatchItem, GatewayRecord } from '#contract/record.ts'
import type { JournalEntry } from './journal-entry.ts'
import { createJournalPages, type TouchedPages } from './journal-pages.ts'
import type { journalSql } from './journal-sql.ts'
import type { Appended, JournalBatch, Learned, SetAside, TakenBack } from './journal-store.ts'
import type { JournalTail } from './journal-tail.ts'
import type { quarantineSql } from './quarantine-sql.ts'
import { isIn, STREAM_START, TooManyHoles } from './stream-position.ts'

type JournalSql = ReturnType<typeof journalSql>
type CommitDeps = {
  readonly db: DatabaseSync
  readonly sql: JournalSql
  readonly quarantine: ReturnType<typeof quarantineSql>
  readonly tail: JournalTail
  readonly clock: Clock
}

/** One transaction for all entries; throws, with nothing stored, when any of them cannot be. */
export function createCommit({ db, sql, quarantine, tail, clock }: CommitDeps) {
  const pages = createJournalPages(sql.loadStream)
  return (entries: readonly (JournalBatch | SetAside | Learned | TakenBack)[]): readonly Appended[] => {
    const touched = pages.begin()
    const fresh: JournalEntry[] = []
    db.exec('BEGIN IMMEDIATE')
    try {
      const results = entries.map((entry) => {
        if (!('id' in entry)) return write(sql, touched, fresh, entry)
        quarantine.remove(entry.id)
        return takeBack(sql, touched, fresh, entry)
      })
      const now = clock.now()
      for (const { id, position } of touched.changed()) sql.saveStream(id, position, now)
      db.exec('COMMIT')
      touched.keep()
      tail.push(fresh)
      return results
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }
}

function write(
  sql: JournalSql,
  touched: TouchedPages,
  written: JournalEntry[],
  entry: JournalBatch | SetAside | Learned,
): Appended {
  if ('learned' in entry) return learn(touched, entry)
  const { unreadable, gateway, receivedAt } = entry
  if (!('stream' in entry)) {
    sql.quarantine(gateway, null, null, receivedAt, entry.unreadable.reason, entry.unreadable.bytes)
    return NOTHING
  }
  const { stream, range, items, jsons, declared } = entry
  const covered = touched.cover(gateway, stream, range)
  const { id, fresh, opened } = covered
  let stored = 0
  let duplicates = 0
  const isAllNew = fresh[0]?.from === range.from && fresh[0].to === range.to
  if (isAllNew && items.length === range.to - range.from + 1 && items.every(isRead)) {
    // Nearly always: stored together, at positions that follow one another.
    const records = jsons ?? items.map(({ record }) => JSON.stringify(record))
    const before = sql.insertRun(id, range.from, receivedAt, records) - items.length
    for (const { seq, record } of items) {
      stored += 1
      written.push({ position: before + stored, gateway, stream, seq, receivedAt, record })
    }
  } else
    for (const item of items)
      if (!isIn(fresh, item.seq)) duplicates += 1
      else if ('record' in item) {
        const position = sql.insertEntry(id, item.seq, receivedAt, JSON.stringify(item.record))
        written.push({ position, gateway, stream, seq: item.seq, receivedAt, record: item.record })
        stored += 1
      } else sql.quarantine(gateway, stream, item.seq, receivedAt, item.refused, Buffer.from(item.text))
  if (unreadable !== undefined && fresh.length > 0)
    sql.quarantine(gateway, stream, range.from, receivedAt, unreadable.reason, unreadable.bytes)
  for (const gap of declared) touched.cover(gateway, gap.stream, gap.range)
  const { position } = declared.length === 0 ? covered : touched.of(gateway, stream)
  return { through: position.through, position, stored, duplicates, opened }
}

const isRead = (item: BatchItem): item is Extract<BatchItem, { readonly record: GatewayRecord }> => 'record' in item

function takeBack(sql: JournalSql, touched: TouchedPages, written: JournalEntry[], entry: TakenBack): Appended {
  const { gateway, receivedAt, stream, range, items } = entry
  const { id } = touched.cover(gateway, stream, range)
  let stored = 0
  for (const item of items) {
    if (!('record' in item)) {
      sql.quarantine(gateway, stream, item.seq, receivedAt, item.refused, Buffer.from(item.text))
      continue
    }
    const position = sql.insertMissing(id, item.seq, receivedAt, JSON.stringify(item.record))
    if (position === undefined) continue
    written.push({ position, gateway, stream, seq: item.seq, receivedAt, record: item.record })
    stored += 1
  }
  const { position } = touched.of(gateway, stream)
  return { through: position.through, position, stored, duplicates: items.length - stored, opened: undefined }
}

const NOTHING: Appended = { through: 0, position: STREAM_START, stored: 0, duplicates: 0, opened: undefined }

function learn(touched: TouchedPages, { learned }: Learned): Appended {
  for (const { gateway, stream, position } of learned)
    try {
      if (position.through > 0) touched.cover(gateway, stream, { from: 1, to: position.through })
      for (const range of position.beyond) touched.cover(gateway, stream, range)
    } catch (cause) {
      // What is not known here is taken twice, and lands on itself; the other streams must not wait for this one.
      if (!(cause instanceof TooManyHoles)) throw cause
    }
  return NOTHING
}
