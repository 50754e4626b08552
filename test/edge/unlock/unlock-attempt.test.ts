import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { freshUnlockState, tryUnlockCode, type UnlockState } from '../../../edge/unlock/unlock-attempt.ts'

const codeAt = (counter: number): string => String(counter * 7919 + 10_000_000).slice(-8)
const attempt = (state: UnlockState, code: string, at = 0) => tryUnlockCode(state, code, codeAt, millis(at))

describe('a one-time code', () => {
  test('frees the car once and never again', () => {
    const first = attempt(freshUnlockState, codeAt(0))
    expect(first.answer).toEqual({ verdict: 'accepted', counter: 0 })
    expect(attempt(first.state, codeAt(0)).answer.verdict).toBe('wrong')
  })

  test('works though earlier ones were given out and never typed, and ends them', () => {
    const used = attempt(freshUnlockState, codeAt(12))
    expect(used.answer).toEqual({ verdict: 'accepted', counter: 12 })
    expect(attempt(used.state, codeAt(3)).answer.verdict).toBe('wrong')
  })

  test('beyond the look-ahead is wrong', () => {
    expect(attempt(freshUnlockState, codeAt(19)).answer.verdict).toBe('accepted')
    expect(attempt(freshUnlockState, codeAt(20)).answer.verdict).toBe('wrong')
  })

  test('after five wrong tries only one try a minute is looked at, and the right code still works within two', () => {
    let state = freshUnlockState
    for (let round = 0; round < 5; round += 1) state = attempt(state, '00000000').state
    expect(attempt(state, codeAt(0), 59_999).answer).toEqual({ verdict: 'locked', retryAfter: 1 })
    expect(attempt(state, codeAt(0), 60_000).answer.verdict).toBe('accepted')
  })
})

test('whatever is typed, a guesser gets at most five tries and then one a minute', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 }), (pauses) => {
      let state = freshUnlockState
      let at = 0
      let looked = 0
      for (const pause of pauses) {
        at += pause
        const { state: next, answer } = attempt(state, '00000000', at)
        state = next
        if (answer.verdict !== 'locked') looked += 1
      }
      expect(looked).toBeLessThanOrEqual(5 + Math.floor(at / 60_000))
    }),
  )
})
