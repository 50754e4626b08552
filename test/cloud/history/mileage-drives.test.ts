import { describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import type { PastFrame } from '../../../cloud/history/history.ts'
import { mileageOf } from '../../../cloud/history/mileage.ts'
import { driveOnboard } from '../../support/onboard.ts'
import { readTrace } from '../../support/trace.ts'
import { GATEWAY } from './history-support.ts'

/** A frame as history gives it back. */
const past = (frame: Frame): PastFrame => ({
  source: GATEWAY,
  readAt: frame.readAt,
  position:
    frame.lat === undefined || frame.lon === undefined
      ? null
      : { lat: frame.lat, lon: frame.lon, accuracyM: frame.accuracyM ?? null },
  speedKmh: frame.speedKmh ?? null,
  headingDeg: frame.headingDeg ?? null,
  ignition: frame.ignition ?? null,
  motion: frame.motion ?? null,
  odometerKm: frame.odometerKm ?? null,
  fix: frame.fix,
  trust: frame.gnssTrust,
})

const drives = [...readTrace('moscow-spoof-synthetic')].map(([id, rows]) => ({
  id,
  rows,
  truthKm: (rows.at(-1)?.truth?.odometerM ?? Number.NaN) / 1000,
}))

describe('the truth lies within the error that the office is shown', () => {
  test.each(drives)('$id: by the frames’ odometer, wheels fitted', ({ rows, truthKm }) => {
    const { frames } = driveOnboard(rows, { wheelKmh: ({ truth }) => (truth?.speedKmh ?? 0) * 1.02, ends: true })
    const { km, errorKm, source } = mileageOf(frames.map(past))
    expect(source).toBe('odometer')
    expect(Math.abs(km - truthKm)).toBeLessThan(errorKm)
    expect(Math.abs(km / truthKm - 1)).toBeLessThan(0.005)
  })
  test.each(drives)('$id: by the frames’ odometer, from the receiver alone', ({ rows, truthKm }) => {
    const { km, errorKm } = mileageOf(driveOnboard(rows).frames.map(past))
    expect(Math.abs(km - truthKm)).toBeLessThan(errorKm)
  })
  test.each(drives)('$id: by positions, where frames carry no odometer', ({ rows, truthKm }) => {
    const { frames } = driveOnboard(rows)
    const { km, errorKm, source } = mileageOf(frames.map((frame) => ({ ...past(frame), odometerKm: null })))
    expect(source).toBe('positions')
    expect(Math.abs(km - truthKm)).toBeLessThan(errorKm)
  })
})
