import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerTimeout, type Latencies, measured } from '../../../edge/modbus/latency.ts'
import { backoffMs } from '../../../edge/poll/backoff.ts'

const share = fc.double({ min: 0, max: 0.999_999, noNaN: true })

test('a pause is bounded by 1 and 72 s whatever the failures, and spread by a fifth to either side', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 1_000_000 }), share, (failures, random) => {
      const pause = backoffMs(failures, random)
      expect(pause).toBeGreaterThanOrEqual(800)
      expect(pause).toBeLessThanOrEqual(72_000)
      expect(Math.abs(pause / backoffMs(failures, 0.5) - 1)).toBeLessThanOrEqual(0.2001)
    }),
  )
})

test('more failures never wait less', () => {
  const pauses = Array.from({ length: 10 }, (_, index) => backoffMs(index + 1, 0.5))
  expect(pauses).toEqual([1000, 2000, 5000, 10_000, 30_000, 60_000, 60_000, 60_000, 60_000, 60_000])
})

test('an answer is awaited four times the 95th percentile, within the device its limits, and never less', () => {
  const latencies = fc.array(fc.double({ min: 0.1, max: 5000, noNaN: true }), { minLength: 0, maxLength: 100 })
  fc.assert(
    fc.property(latencies, (values) => {
      const known = values.reduce<Latencies>((all, value) => measured(all, value), [])
      const timeout = answerTimeout(known, 50, 1000)
      expect(timeout).toBeGreaterThanOrEqual(50)
      expect(timeout).toBeLessThanOrEqual(1000)
      if (values.length < 32) expect(timeout).toBe(1000)
      const fast = values.slice(-32).filter((value) => 4 * value <= timeout || timeout === 1000)
      expect(fast.length / Math.max(1, Math.min(32, values.length))).toBeGreaterThanOrEqual(
        values.length === 0 ? 0 : 0.95,
      )
    }),
  )
})
