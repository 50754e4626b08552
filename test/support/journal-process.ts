import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'

export type StreamTally = {
  readonly stored: number
  readonly duplicates: number
  readonly lost: number
  readonly outOfOrder: number
}

/** Broker, ingest and journal in a process of their own; the journal file is read from outside. */
export type JournalProcess = {
  readonly pid: number
  /** The highest number of the stream without a hole before it. */
  through(stream: string): number
  /** What the file holds of numbers 1 to `count`, by query. */
  tally(stream: string, count: number): StreamTally
  /** Streams beside the given ones, with what they hold. */
  freshDelays(except: readonly string[]): readonly number[]
  stop(): Promise<void>
}

export async function startJournal(path: string, port: number): Promise<JournalProcess> {
  const program = new URL('../cloud/ingest/ingest-process.ts', import.meta.url)
  const child: ChildProcess = fork(program, [path, String(port)], { execArgv: [] })
  await once(child, 'message')
  const db = new DatabaseSync(path, { readOnly: true })
  const throughOf = db.prepare('SELECT through FROM streams WHERE stream = ?')
  const entriesOf = db.prepare('SELECT seq FROM records WHERE stream = ? ORDER BY position')
  const all = db.prepare('SELECT stream, received_at, record FROM records')
  return {
    pid: child.pid ?? 0,
    through: (stream) => Number(throughOf.get(stream)?.['through'] ?? 0),
    tally: (stream, count) => {
      const numbers = entriesOf.all(stream).map((row) => Number(row['seq']))
      const distinct = new Set(numbers)
      const wanted = Array.from({ length: count }, (_, index) => index + 1)
      return {
        stored: numbers.length,
        duplicates: numbers.length - distinct.size,
        lost: wanted.filter((seq) => !distinct.has(seq)).length,
        outOfOrder: numbers.filter((seq, index) => index > 0 && seq < (numbers[index - 1] ?? 0)).length,
      }
    },
    freshDelays: (except) =>
      all
        .all()
        .filter((row) => !except.includes(String(row['stream'])))
        .flatMap((row) => {
          const record = JSON.parse(String(row['record']))
          return record.kind === 'frame' && record.backfill !== true ? [Number(row['received_at']) - record.readAt] : []
        }),
    stop: async () => {
      db.close()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
