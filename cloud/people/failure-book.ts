import type { Millis } from '#contract/instant.ts'
import { type Failures, failedAgain, isForgotten } from './throttle.ts'

const MAX_THROTTLED = 10_000

/** Pure but for its own memory: failed tries per key, bounded; past the bound the oldest is dropped. */
export function createFailureBook() {
  const book = new Map<string, Failures>()
  return {
    get: (key: string): Failures | undefined => book.get(key),
    forget: (key: string): boolean => book.delete(key),
    takeBack: (key: string): void => {
      const row = book.get(key)
      if (row !== undefined) book.set(key, { ...row, count: row.count - 1 })
    },
    add: (key: string, now: Millis): void => {
      const failures = failedAgain(book.get(key), now)
      book.delete(key)
      book.set(key, failures)
      for (const [oldest, row] of book) {
        if (book.size <= MAX_THROTTLED && !isForgotten(row, now)) break
        book.delete(oldest)
      }
    },
  }
}
