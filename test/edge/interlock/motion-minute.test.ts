import fc from 'fast-check'
import { expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { MotionSample } from '#contract/order.ts'
import { NO_EVIDENCE, observe } from '../../../edge/interlock/evidence.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import { type MotionMinute, motionSamples, noteLook } from '../../../edge/interlock/motion-minute.ts'
import { fix, ignition, motion, withMotion } from '../../support/moments.ts'

const after = (looks: readonly Parameters<typeof noteLook>[1][]): MotionMinute | undefined =>
  looks.reduce<MotionMinute | undefined>(noteLook, undefined)

test('an hour at ten looks a second: one sample a second, of the last minute, within the bound of a report', () => {
  const looks = Array.from({ length: 36_000 }, (_, index) => ({ at: millis(index * 100), speedKmh: index % 10 }))
  const samples = motionSamples(after(looks), millis(3_599_900))
  expect(samples.length).toBeGreaterThanOrEqual(60)
  expect(samples.length).toBeLessThanOrEqual(62)
  expect(samples.every(({ ageMs }) => ageMs <= 60_000)).toBe(true)
  expect(samples.map(({ ageMs }) => ageMs)).toEqual(samples.map(({ ageMs }) => ageMs).toSorted((a, b) => b - a))
  expect(samples.at(-2)?.speedKmh).toBe(9)
  expect(samples.every((sample) => MotionSample.safeParse(sample).success)).toBe(true)
})

test.each([
  { name: 'a speed', first: { speedKmh: 12 }, second: { speedKmh: 0 }, shown: { speedKmh: 12 } },
  { name: 'an ignition', first: { ignition: true }, second: { ignition: false }, shown: { ignition: true } },
  { name: 'a shake', first: { motion: true }, second: { motion: false }, shown: { motion: true } },
  { name: 'nothing', first: {}, second: { ignition: false }, shown: { ignition: false } },
])('$name within a second is not hidden by the calm that follows', ({ first, second, shown }) => {
  const minute = after([
    { at: millis(5000), ...first },
    { at: millis(5900), ...second },
  ])
  expect(motionSamples(minute, millis(6000))).toEqual([{ ageMs: 100, ...shown }])
})

test('a state dated by its question and a fix dated by its answer take no more seconds than there are', () => {
  // As a slow serial line gives them: each fix is seen in the next second, the state with it still in the one before.
  const looks = Array.from({ length: 300 }, (_, index) => [
    { at: millis(index * 1000 + 1020), speedKmh: 0 },
    { at: millis(index * 1000 + 980), ignition: false },
  ]).flat()
  const samples = motionSamples(after(looks), millis(300_500))
  expect(samples.length).toBeLessThanOrEqual(62)
  expect(samples.at(-2)).toMatchObject({ speedKmh: 0, ignition: false })
})

test('in whatever order looks come: a report can carry them, oldest first, and none that moved is hidden', () => {
  const lateMs = fc.integer({ min: 0, max: 2500 })
  const look = fc.record({
    stepMs: fc.integer({ min: 50, max: 900 }),
    lateMs,
    speedKmh: fc.integer({ min: 0, max: 90 }),
  })
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 400 }), (steps) => {
      let now = 10_000
      const looks = steps.map(({ stepMs, lateMs, speedKmh }) => {
        now += stepMs
        return { at: millis(now - lateMs), speedKmh }
      })
      const samples = motionSamples(after(looks), millis(now))
      expect(samples.length).toBeLessThanOrEqual(62)
      expect(samples.map(({ ageMs }) => ageMs)).toEqual(samples.map(({ ageMs }) => ageMs).toSorted((a, b) => b - a))
      const within = looks.filter(({ at }) => now - at <= 57_000)
      expect(Math.max(...samples.map(({ speedKmh }) => speedKmh ?? 0))).toBeGreaterThanOrEqual(
        Math.max(...within.map(({ speedKmh }) => speedKmh)),
      )
    }),
    { numRuns: 300 },
  )
})

test('nothing known is an empty minute', () => {
  expect(motionSamples(undefined, millis(5))).toEqual([])
})

test('readings become samples: distances from the first place, speeds of any quality, no place from a bad one', () => {
  const policy = interlockPolicy()
  const cycles = [
    [...fix(1000, { northM: 0 }), ignition(false, 1000), motion(false, 1000)],
    [...fix(2000, { northM: 12.3, speedKmh: 44 })],
    [...fix(3000, { northM: 900, speedKmh: 50, more: { quality: 'uncertain' } }), ignition(true, 3000)],
  ]
  const evidence = cycles.reduce((seen, readings) => observe(seen, readings, withMotion, policy), NO_EVIDENCE)
  const samples = motionSamples(evidence.minute, millis(3500))
  expect(samples).toEqual([
    { ageMs: 2500, speedKmh: 0, ignition: false, motion: false, fromFirstM: 0 },
    { ageMs: 1500, speedKmh: 44, fromFirstM: expect.closeTo(12.3, 0) },
    { ageMs: 500, speedKmh: 50, ignition: true },
  ])
})
