import { expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { epochMs } from '#contract/instant.ts'
import { steadied } from '../../../edge/devices/dead-band.ts'
import { recordedDrives } from '../../support/recorded-frames.ts'

const HOUR = 1_795_003_200_000

const frame = (more: Partial<Frame>): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: true,
  ...more,
})

const driving = { speedKmh: 50, lat: 55, lon: 37 }

test.each([
  { name: 'hours a little later', last: { engineHours: 10 }, next: { engineHours: 10.09 }, told: { engineHours: 10 } },
  {
    name: 'hours six minutes later',
    last: { engineHours: 10 },
    next: { engineHours: 10.1 },
    told: { engineHours: 10.1 },
  },
  { name: 'one satellite less', last: { satellites: 9 }, next: { satellites: 8 }, told: { satellites: 9 } },
  { name: 'two satellites less', last: { satellites: 9 }, next: { satellites: 7 }, told: { satellites: 7 } },
  { name: 'too few satellites', last: { satellites: 6 }, next: { satellites: 5 }, told: { satellites: 5 } },
  { name: 'a metre of height', last: { altitudeM: 150 }, next: { altitudeM: 151 }, told: { altitudeM: 150 } },
  { name: 'a fix as good as before', last: { accuracyM: 4 }, next: { accuracyM: 5 }, told: { accuracyM: 4 } },
  { name: 'a fix that got bad', last: { accuracyM: 4 }, next: { accuracyM: 30 }, told: { accuracyM: 30 } },
  {
    name: 'a ripple of the supply',
    last: { supplyVolt: 12.6 },
    next: { supplyVolt: 12.4 },
    told: { supplyVolt: 12.6 },
  },
  { name: 'a starting engine', last: { supplyVolt: 12.6 }, next: { supplyVolt: 9.8 }, told: { supplyVolt: 9.8 } },
  {
    name: 'the end of a drive',
    last: { ...driving, engineHours: 10, satellites: 9, odometerKm: 1 },
    next: { ...driving, engineHours: 10.04, satellites: 8, odometerKm: 1.02, ignition: false },
    told: { engineHours: 10.04, satellites: 8, odometerKm: 1.02 },
  },
  {
    name: 'the first frame of an hour',
    last: { ...driving, readAt: epochMs(HOUR - 5000), odometerKm: 1 },
    next: { ...driving, readAt: epochMs(HOUR + 5000), odometerKm: 1.02 },
    told: { odometerKm: 1.02 },
  },
  {
    name: 'a few metres of a car seen driving',
    last: { ...driving, odometerKm: 1 },
    next: { ...driving, odometerKm: 1.01 },
    told: { odometerKm: 1.01 },
  },
  { name: 'place', last: { ...driving }, next: { ...driving, lat: 55.00001 }, told: { lat: 55.00001 } },
  {
    name: 'noise of a standing car',
    last: { headingDeg: 90 },
    next: { speedKmh: 0.9, headingDeg: 200 },
    told: { speedKmh: 0, headingDeg: 90 },
  },
  {
    name: 'a creeping car',
    last: { headingDeg: 90 },
    next: { speedKmh: 2, headingDeg: 200 },
    told: { speedKmh: 2, headingDeg: 90 },
  },
  {
    name: 'a driving car',
    last: { headingDeg: 90 },
    next: { speedKmh: 3, headingDeg: 200 },
    told: { speedKmh: 3, headingDeg: 200 },
  },
])('told as it was or as it is: $name', ({ last, next, told }) => {
  expect(steadied(frame(next), frame(last))).toMatchObject(told)
})

test('the odometer of a recorded drive is told as it is in every frame', () => {
  const [drive] = recordedDrives('car-munich', 1000)
  let last: Frame | undefined
  for (const fix of drive?.frames ?? []) {
    last = steadied(fix, last)
    expect(last.odometerKm).toBe(fix.odometerKm)
  }
})

test('a value that is gone is gone, and one that is new is told', () => {
  expect(steadied(frame({}), frame({ engineHours: 10 }))).not.toHaveProperty('engineHours')
  expect(steadied(frame({ engineHours: 10 }), frame({}))).toMatchObject({ engineHours: 10 })
})
