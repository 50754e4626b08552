import { expect, test } from 'vitest'
import { millis, minutes, seconds } from '#contract/instant.ts'
import { type Failures, failedAgain, PER_LOGIN, waitFor } from '../../../cloud/people/throttle.ts'

const afterFailures = (count: number): Failures => ({ count, lastAt: millis(1_000_000) })

test.each([
  { count: 4, wait: 0 },
  { count: 5, wait: seconds(1) },
  { count: 6, wait: seconds(2) },
  { count: 9, wait: seconds(16) },
  { count: 1000, wait: minutes(15) },
])('after $count failures the next try waits $wait ms', ({ count, wait }) => {
  expect(waitFor(afterFailures(count), PER_LOGIN, millis(1_000_000))).toBe(wait)
})

test('the wait runs out', () => {
  expect(waitFor(afterFailures(6), PER_LOGIN, millis(1_001_500))).toBe(500)
  expect(waitFor(afterFailures(6), PER_LOGIN, millis(1_002_000))).toBe(0)
})

test('failures of an hour ago are forgotten', () => {
  expect(failedAgain(afterFailures(50), millis(1_000_000 + minutes(61))).count).toBe(1)
  expect(failedAgain(afterFailures(50), millis(1_000_000 + minutes(59))).count).toBe(51)
})
