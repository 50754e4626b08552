import { expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { felt, isOverload, type Pressure } from '../../../cloud/http/pressure.ts'

test.each([
  { name: 'one long step', seconds: [10], overload: false },
  { name: 'a second of it', seconds: [10, 10.5, 11], overload: false },
  { name: 'two seconds of it', seconds: [10, 11, 12], overload: true },
  { name: 'two long steps far apart', seconds: [10, 20], overload: false },
])('$name → overload: $overload', ({ seconds, overload }) => {
  const pressure = seconds.reduce<Pressure | undefined>((before, at) => felt(before, millis(at * 1000)), undefined)
  expect(pressure !== undefined && isOverload(pressure)).toBe(overload)
})
