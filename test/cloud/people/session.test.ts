import { expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { extendedExpiry, firstExpiry } from '../../../cloud/people/session.ts'

const HOUR = 3_600_000
const createdAt = epochMs(1_795_289_000_000)
const at = (hours: number) => epochMs(createdAt + hours * HOUR)

test.each([
  { name: 'used at once: the old end is good enough', now: 0, expires: 12, expected: undefined },
  { name: 'used after an hour: twelve hours from then', now: 1, expires: 12, expected: 13 },
  { name: 'near the end of the week: no further than the week', now: 167, expires: 167.5, expected: 168 },
  { name: 'at the end of the week: not at all', now: 167.9, expires: 168, expected: undefined },
])('a session $name', ({ now, expires, expected }) => {
  const result = extendedExpiry({ createdAt, expiresAt: at(expires) }, at(now))
  expect(result).toBe(expected === undefined ? undefined : at(expected))
})

test('an unused session lasts twelve hours', () => {
  expect(firstExpiry(createdAt)).toBe(at(12))
})
