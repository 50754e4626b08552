import { expect, test } from 'vitest'
import { epochMs, minutes } from '#contract/instant.ts'
import { isIdempotencyKey, judgeReplay } from '../../../cloud/http/idempotency.ts'

const startedAt = epochMs(1_795_289_000_000)
const answer = { status: 202, contentType: 'application/json', body: '{}' }

test.each([
  { name: 'the same request, answered', fingerprint: 'a', answered: true, after: 5, verdict: 'replay' },
  { name: 'another request', fingerprint: 'b', answered: true, after: 5, verdict: 'mismatch' },
  { name: 'still being worked on', fingerprint: 'a', answered: false, after: 1, verdict: 'in-progress' },
  { name: 'its process died', fingerprint: 'a', answered: false, after: 3, verdict: 'proceed' },
  { name: 'a day later', fingerprint: 'b', answered: true, after: 24 * 60 + 1, verdict: 'proceed' },
])('judgeReplay: $name → $verdict', ({ fingerprint, answered, after, verdict }) => {
  const stored = { fingerprint: 'a', startedAt, answer: answered ? answer : null }
  expect(judgeReplay(stored, fingerprint, epochMs(startedAt + minutes(after))).verdict).toBe(verdict)
})

test.each([
  { key: 'b7d6b1f0-6f2e-4a51-8f0e-2b8f4e0c9a10', valid: true },
  { key: '', valid: false },
  { key: 'a b', valid: false },
  { key: 'x'.repeat(129), valid: false },
])('isIdempotencyKey: "$key" → $valid', ({ key, valid }) => {
  expect(isIdempotencyKey(key)).toBe(valid)
})
