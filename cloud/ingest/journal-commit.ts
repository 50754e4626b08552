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
  const { stream, range, items, json, declared } = entry
  const covered = touched.cover(gateway, stream, range)
  const { id, fresh, opened } = covered
  const isAllNew = fresh[0]?.from === range.from && fresh[0].to === range.to
  let stored = 0
  let duplicates = 0
  /** What is read and new is stored as far as its numbers follow one another. */
  let run: ReadItem[] = []
  const storeRun = (): void => {
    const first = run[0]
    if (first === undefined) return
    const known = run.length === items.length ? json : undefined
    const last = sql.insertRun(id, first.seq, run.length, receivedAt, known ?? jsonOf(run))
    let position = last - run.length
    for (const { seq, record } of run) {
      position += 1
      written.push({ position, gateway, stream, seq, receivedAt, record })
    }
    stored += run.length
    run = []
  }
  for (const item of items) {
    const isNew = isAllNew || isIn(fresh, item.seq)
    if (isNew && isRead(item)) {
      run.push(item)
      continue
    }
    storeRun()
    if (!isNew) duplicates += 1
    else if (!isRead(item)) sql.quarantine(gateway, stream, item.seq, receivedAt, item.refused, Buffer.from(item.text))
  }
  storeRun()
  if (unreadable !== undefined && fresh.length > 0)
    sql.quarantine(gateway, stream, range.from, receivedAt, unreadable.reason, unreadable.bytes)
  for (const gap of declared) touched.cover(gateway, gap.stream, gap.range)
  const { position } = declared.length === 0 ? covered : touched.of(gateway, stream)
  return { through: position.through, position, stored, duplicates, opened }
}

type ReadItem = Extract<BatchItem, { readonly record: GatewayRecord }>
const isRead = (item: BatchItem): item is ReadItem => 'record' in item

/** Of one the object, of several an array. */
const jsonOf = (run: readonly ReadItem[]): string =>
  JSON.stringify(run.length === 1 ? run[0]?.record : run.map(({ record }) => record))

function takeBack(sql: JournalSql, touched: TouchedPages, written: JournalEntry[], entry: TakenBack): Appended {
  const { gateway, receivedAt, stream, range, items } = entry
  const { id } = touched.cover(gateway, stream, range)
  let stored = 0
  for (const item of items) {
    if (!('record' in item)) {
      sql.quarantine(gateway, stream, item.seq, receivedAt, item.refused, Buffer.from(item.text))
      continue
    }
    if (sql.isStored(id, item.seq)) continue
    const position = sql.insertRun(id, item.seq, 1, receivedAt, JSON.stringify(item.record))
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
