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
/** While so many senders are waiting for one commit, acknowledgements that go out together are worth more than soon. */
const CROWD = 100
const CROWD_WAIT_MS = 20
/**
 * What the largest of so many groups held is the whole crowd: with that many here again, nobody else is coming. One of them
 * waits its whole time all the same, else a crowd that has grown would never be seen.
 */
const GROUPS_REMEMBERED = 8
/**
 * Beyond this a batch waits its turn outside, unacknowledged, and its connection is not read on meanwhile: whoever sends
 * faster than the disk takes is slowed down and loses nothing. What waits too long is given up by the broker's deadline.
 */
const MAX_PENDING_RECORDS = 200_000

/**
 * One flush for all that came together: at once after a rest, else after at most 5 ms (20 ms under load), with 5,000 records,
 * or with a whole crowd back.
 * Waits no longer than four commits take, so that flushes cost a bounded share of the time on a slow disk and a fast one.
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
  let longestWait = COMMIT_WAIT_MS
  let sizes: readonly number[] = []
  let groups = 0
  let enough = COMMIT_RECORDS

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
    const size = pending
    waiting = []
    pending = 0
    if (group.length === 0) return
    const began = clock.steady()
    settle(group)
    lastEnd = clock.steady()
    lastTook = lastEnd - began
    sizes = [...sizes.slice(1 - GROUPS_REMEMBERED), size]
    groups += 1
    const isCrowd = group.length >= CROWD
    longestWait = isCrowd ? CROWD_WAIT_MS : COMMIT_WAIT_MS
    const isLookedFor = isCrowd && groups % GROUPS_REMEMBERED !== 0
    enough = isLookedFor ? Math.min(COMMIT_RECORDS, Math.max(...sizes)) : COMMIT_RECORDS
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
    const rest = lastEnd + Math.min(longestWait, 4 * lastTook) - clock.steady()
    if (rest <= 0 || pending >= enough) {
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
