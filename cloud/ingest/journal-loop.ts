import { type Clock, type Millis, millis } from '#contract/instant.ts'
import { parseRecord } from '#contract/record.ts'
import type { Log } from '../log.ts'
import type { JournalEntry, Projection } from './journal-entry.ts'
import type { JournalStore } from './journal-store.ts'

export type JournalPace = {
  /** At most this many entries in one `apply`. */
  readonly batch: number
  /** Fewer than `fill` new entries wait for company as long as it comes, at most `age`: for stores that want large writes. */
  readonly fill?: number
  readonly age?: Millis
}

type Deps = {
  readonly journal: Pick<JournalStore, 'read' | 'cursor' | 'moveCursor' | 'committed'>
  readonly projection: Projection
  readonly clock: Clock
  readonly log: Log
  readonly pace?: JournalPace
}

/**
 * So many entries at once mean a fleet that sends without a pause: the next ones wait for company then, since a store asks
 * the same for a hundred as for one. A single report never waits.
 */
const CROWD_ENTRIES = 200
const CROWD_REST_MS = 100
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 30_000

/**
 * Feeds one projection until told to stop. The cursor moves after `apply` has resolved, so a crash repeats and loses
 * nothing; a failing store is retried for ever with back-off, and delays nobody else. A record that an earlier version took
 * and this one would refuse may be why it fails: it is left out then, and stays in the journal.
 */
export async function runJournalLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { journal, projection, clock, log } = deps
  const pace = deps.pace ?? { batch: 5000 }
  let position = journal.cursor(projection.name)
  let failures = 0
  while (!stop.aborted) {
    try {
      const entries = await nextEntries(deps, pace, position, stop)
      const last = entries.at(-1)
      if (last === undefined) continue
      const began = clock.steady()
      const readable = failures === 0 ? entries : entries.filter(isReadable)
      if (readable.length > 0) await projection.apply(readable)
      if (readable.length < entries.length)
        log.error({ projection: projection.name, records: entries.length - readable.length }, 'projection.left-out')
      journal.moveCursor(projection.name, last.position)
      position = last.position
      if (failures > 0) log.info({ projection: projection.name, failures, position }, 'projection.recovered')
      failures = 0
      const rest = CROWD_REST_MS - (clock.steady() - began)
      if (entries.length >= CROWD_ENTRIES && entries.length < pace.batch && rest > 0)
        await clock.sleep(millis(rest), stop)
    } catch (cause) {
      failures += 1
      // Said when it begins and then ever more rarely: a store that is down for a night is one fact, not thousands.
      if (Number.isInteger(Math.log2(failures)))
        log.warn({ err: cause, projection: projection.name, failures, after: position }, 'projection.failed')
      await clock.sleep(millis(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10))), stop)
    }
  }
}

const isReadable = ({ record }: JournalEntry): boolean => 'record' in parseRecord(record)

/** So often in that time is looked for company; where none has come, nobody waits longer: the last of a crowd go at once. */
const LOOKS = 5

/** Entries behind `position`, or none when a wait has ended without any. */
async function nextEntries(
  { journal, clock }: Deps,
  { batch, fill = 1, age = millis(0) }: JournalPace,
  position: number,
  stop: AbortSignal,
): Promise<readonly JournalEntry[]> {
  let entries = journal.read(position, batch)
  if (entries.length >= fill) return entries
  if (entries.length === 0) {
    await journal.committed(stop)
    if (fill <= 1) return []
  }
  for (let look = 0; look < LOOKS && !stop.aborted; look += 1) {
    await clock.sleep(millis(age / LOOKS), stop)
    const before = entries.length
    entries = journal.read(position, batch)
    if (entries.length === before || entries.length === batch) break
  }
  return stop.aborted ? [] : entries
}
