import { type Clock, type Millis, millis } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { Log } from '../log.ts'
import { createFailureBook } from './failure-book.ts'
import type { CountedFailures, FailureStore } from './failure-store.ts'
import { type Failures, type ThrottlePolicy, waitFor } from './throttle.ts'

export type Guarded = { readonly key: string; readonly policy: ThrottlePolicy }

/** A try that was let through, and counts until it has fitted. */
export type Guess = {
  /** It was wrong: the other instances hear of it. */
  failed(): Promise<void>
  /** It was right. The first key starts afresh; of the others only this try is taken back. */
  fitted(): Promise<void>
}

type Deps = {
  readonly store: Pick<FailureStore, 'of' | 'add' | 'forget'>
  readonly clock: Pick<Clock, 'steady'>
  readonly log: Log
  /** Another one after each start. */
  readonly instance: string
}

export type SharedFailures = ReturnType<typeof createSharedFailures>

/**
 * Failed tries of all instances on one database. The own are counted in memory at once, so that a thousand guesses that
 * come together are a thousand; of the others' the database says what had failed when this try began. While it says
 * nothing nothing can be tried: whoever asks is told so, and it counts as no failure of his.
 */
export function createSharedFailures({ store, clock, log, instance }: Deps) {
  const own = createFailureBook()

  return {
    /** Faults: session/throttled. */
    begin: async (guarded: readonly [Guarded, ...Guarded[]]): Promise<Guess> => {
      const keys = guarded.map(({ key }) => key)
      const counted = await store.of(keys)
      const now = clock.steady()
      const waits = guarded.map(({ key, policy }) => {
        const others = (counted.get(key) ?? []).filter((row) => row.instance !== instance)
        return waitFor(together(own.get(key), others, now), policy, now)
      })
      const wait = Math.max(...waits)
      if (wait > 0) throw new Fault('session/throttled', undefined, { retryAfterS: Math.ceil(wait / 1000) })
      for (const key of keys) own.add(key, now)
      const [{ key: first }, ...rest] = guarded
      return {
        failed: () => store.add(keys, instance).catch((err: unknown) => log.warn({ err }, 'people.failure-not-shared')),
        fitted: async () => {
          own.forget(first)
          // An account of one's own must not wash away guesses at other accounts.
          for (const { key } of rest) own.takeBack(key)
          if ((counted.get(first) ?? []).length === 0) return
          await store.forget(first).catch((err: unknown) => log.warn({ err }, 'people.failure-not-shared'))
        },
      }
    },
  }
}

/** Pure. What all of them have seen. */
function together(own: Failures | undefined, others: readonly CountedFailures[], now: Millis): Failures | undefined {
  return others.reduce<Failures | undefined>(
    (sum, { count, age }) => ({
      count: (sum?.count ?? 0) + count,
      lastAt: millis(Math.max(sum?.lastAt ?? Number.NEGATIVE_INFINITY, now - age)),
    }),
    own,
  )
}
