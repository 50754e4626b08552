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
