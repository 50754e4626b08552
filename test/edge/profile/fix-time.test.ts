import { expect, test } from 'vitest'
import { type FreshnessState, followTime } from '../../../edge/profile/freshness.ts'

/** Follows fix times against the monotonic clock, both in seconds; answers which looked like a jump. */
function jumps(marks: readonly (readonly [fixS: number, steadyS: number])[]): boolean[] {
  let state: FreshnessState = {}
  return marks.map(([fixS, steadyS]) => {
    const followed = followTime(state, { time: fixS * 1000, steadyAt: steadyS * 1000 })
    state = followed.state
    return followed.isJump
  })
}

const noJump = (count: number): boolean[] => Array.from({ length: count }, () => false)

test('fixes that waited in a stalled line come all at once, each with its own time, and none is a jump', () => {
  const burst = Array.from({ length: 15 }, (_, index) => [2 + index, 16] as const)
  expect(jumps([[0, 0], [1, 1], ...burst, [17, 17], [18, 18]])).toEqual(noJump(19))
})

test('a fix time that leaps ahead is a jump', () => {
  expect(
    jumps([
      [0, 0],
      [1, 1],
      [60, 2],
    ]),
  ).toEqual([false, false, true])
})

test('a fix time that falls back is a jump', () => {
  expect(
    jumps([
      [100, 0],
      [101, 1],
      [90, 2],
    ]),
  ).toEqual([false, false, true])
})

test('a fix more than a minute late is a jump: so long no line waits', () => {
  expect(
    jumps([
      [0, 0],
      [1, 1],
      [2, 70],
    ]),
  ).toEqual([false, false, true])
})

test('a receiver that was set right is believed after ten fixes that agree among themselves', () => {
  const rest = Array.from({ length: 11 }, (_, index) => [3600 + index, 2 + index] as const)
  expect(jumps([[0, 0], [1, 1], ...rest])).toEqual([
    false,
    false,
    ...Array.from({ length: 9 }, () => true),
    false,
    false,
  ])
})
