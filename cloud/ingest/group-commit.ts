import { type Clock, millis } from '#contract/instant.ts'

type Waiting<Entry, Result> = {
  readonly entry: Entry
  readonly records: number
  readonly done: (result: Result) => void
  readonly fail: (cause: unknown) => void
}

type Deps<Entry, Result> = {
  /** Makes all of them durable, or throws and none is. Answers in the same order. */
  commit(entries: readonly Entry[]): readonly Result[]
  /** Called after each flush. */
  flushed(): void
  /** Runs later in this turn of the event loop. */
  soon(run: () => void): void
  readonly clock: Clock
}

export type GroupCommit<Entry, Result> = {
  /**
   * Calls `done` after the commit that `entry` was part of, or `fail`; `records` is its weight. No promise: this is passed
   * by every message.
   */
  add(entry: Entry, records: number, done: (result: Result) => void, fail: (cause: unknown) => void): void
  /** Commits what waits, now. */
  flush(): void
  pending(): number
}

const COMMIT_RECORDS = 5000
const COMMIT_WAIT_MS = 5
/**
 * Beyond this a batch waits its turn outside, unacknowledged, and its connection is not read on meanwhile: whoever sends
 * faster than the disk takes is slowed down and loses nothing. What waits too long is given up by the broker's deadline.
 */
const MAX_PENDING_RECORDS = 200_000

/**
 * One flush for all that came together: at once after a rest, else after at most 5 ms or with 5,000 records. Waits no longer than
 * four commits take, so that flushes cost a bounded share of the time on a fast disk too.
 */
export function createGroupCommit<Entry, Result>(deps: Deps<Entry, Result>): GroupCommit<Entry, Result> {
  const { clock } = deps
  const never = new AbortController().signal
  let waiting: Waiting<Entry, Result>[] = []
  const outside: Waiting<Entry, Result>[] = []
  let pending = 0
  let state: 'idle' | 'soon' | 'now' = 'idle'
  let lastEnd = Number.NEGATIVE_INFINITY
  let lastTook = 0

  /** A group that fails is tried one by one, so that a bad batch fails alone. */
  const settle = (group: readonly Waiting<Entry, Result>[]): void => {
    let results: readonly Result[]
    try {
      results = deps.commit(group.map(({ entry }) => entry))
    } catch (cause) {
      if (group.length > 1) for (const one of group) settle([one])
      else group[0]?.fail(cause)
      return
    }
    for (const [index, result] of results.entries()) tell(group[index], result)
  }

  /** What is wrong with one listener must not keep the word from the others: it is durable. */
  const tell = (one: Waiting<Entry, Result> | undefined, result: Result): void => {
    try {
      one?.done(result)
    } catch (cause) {
      one?.fail(cause)
    }
  }

  const flush = (): void => {
    state = 'idle'
    const group = waiting
    waiting = []
    pending = 0
    if (group.length === 0) return
    const began = clock.steady()
    settle(group)
    lastEnd = clock.steady()
    lastTook = lastEnd - began
    while (outside.length > 0 && fits(outside[0])) admit(outside.shift())
    deps.flushed()
  }

  const fits = (one: Waiting<Entry, Result> | undefined): boolean =>
    one !== undefined && (pending === 0 || pending + one.records <= MAX_PENDING_RECORDS)

  const admit = (one: Waiting<Entry, Result> | undefined): void => {
    if (one === undefined) return
    waiting.push(one)
    pending += one.records
    schedule()
  }

  const schedule = (): void => {
    if (state === 'now') return
    const rest = lastEnd + Math.min(COMMIT_WAIT_MS, 4 * lastTook) - clock.steady()
    if (rest <= 0 || pending >= COMMIT_RECORDS) {
      state = 'now'
      deps.soon(flush)
    } else if (state === 'idle') {
      state = 'soon'
      void clock.sleep(millis(rest), never).then(() => {
        if (state === 'soon') flush()
      })
    }
  }

  return {
    add: (entry, records, done, fail) => {
      const one = { entry, records, done, fail }
      if (outside.length === 0 && fits(one)) admit(one)
      else outside.push(one)
    },
    flush,
    pending: () => pending,
  }
}
