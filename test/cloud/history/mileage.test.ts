import { describe, expect, test } from 'vitest'
import { metresBetween, planeOf, squareFromSegment } from '../../../cloud/history/distance.ts'
import type { PastFrame } from '../../../cloud/history/history.ts'
import { countMileage, mileageOf, NO_MILEAGE_STATE } from '../../../cloud/history/mileage.ts'
import { pastFrame, T0 } from './history-support.ts'

const DEGREE_M = (6_371_008.8 * Math.PI) / 180
const north = (metres: number) => ({ lat: 55 + metres / DEGREE_M, lon: 37, accuracyM: 3 })
const at = (second: number, more: Partial<PastFrame>) => pastFrame(T0 + second * 1000, more)
/** A drive straight north at a steady speed, a fix a second. */
const drive = (seconds: number, kmh: number, from = 0, fromM = 0): readonly PastFrame[] =>
  Array.from({ length: seconds + 1 }, (_, second) =>
    at(from + second, { position: north(fromM + (second * kmh) / 3.6), speedKmh: kmh }),
  )
/** Standing, with fixes that wander around in a circle. */
const wander = (seconds: number, radiusM: number, more: Partial<PastFrame> = {}): readonly PastFrame[] =>
  Array.from({ length: seconds }, (_, second) =>
    at(second, { position: north(radiusM * Math.sin(second / 7)), ...more }),
  )

describe('mileage by odometer', () => {
  test.each([
    {
      name: 'the difference',
      readings: [
        [0, 100],
        [600, 108.4],
      ],
      km: 8.4,
      gaps: 0,
    },
    {
      name: 'also across hours nobody saw',
      readings: [
        [0, 100],
        [36_000, 350],
      ],
      km: 250,
      gaps: 0,
    },
    {
      name: 'no stretch where it fell back',
      readings: [
        [0, 100],
        [60, 101],
        [120, 5],
        [180, 6],
      ],
      km: 2,
      gaps: 1,
    },
    {
      name: 'nothing twice where a frame of the clock stands behind a fix that came late',
      readings: [
        [0, 100],
        [1, 100.02],
        [1.02, 100.01],
        [2, 100.03],
      ],
      km: 0.03,
      gaps: 0,
    },
    {
      name: 'no stretch where it leapt',
      readings: [
        [0, 100],
        [60, 101],
        [120, 901],
        [180, 902],
      ],
      km: 2,
      gaps: 1,
    },
  ])('counts $name', ({ readings, km, gaps }) => {
    const mileage = mileageOf(readings.map(([second = 0, odometerKm = 0]) => at(second, { odometerKm })))
    expect(mileage).toMatchObject({ km, source: 'odometer' })
    expect(mileage.gaps).toHaveLength(gaps)
  })

  test('wins over positions, and needs two readings', () => {
    const frames = drive(360, 60)
    const [first, ...rest] = frames
    if (first === undefined) throw new Error('no frames')
    expect(mileageOf([{ ...first, odometerKm: 10 }, ...rest, at(361, { odometerKm: 16.5 })])).toMatchObject({
      km: 6.5,
      source: 'odometer',
    })
    expect(mileageOf([{ ...first, odometerKm: 10 }, ...rest])).toMatchObject({ source: 'positions' })
  })
})

describe('mileage by positions', () => {
  test('follows a drive within its error band', () => {
    const { km, errorKm, gaps } = mileageOf(drive(600, 60))
    expect(Math.abs(km - 10)).toBeLessThan(0.01)
    expect(errorKm).toBeLessThan(0.35)
    expect(gaps).toEqual([])
  })

  test.each([
    { name: 'speed near zero', more: { speedKmh: 0.4 } },
    { name: 'ignition off', more: { ignition: false } },
    { name: 'a motion sensor at rest', more: { motion: false } },
  ])('a standing car stays at zero: 40 m of wander with $name', ({ more }) => {
    expect(mileageOf(wander(1200, 40, more)).km).toBe(0)
  })

  test('without any word on movement a small wander is still no mileage', () => {
    expect(mileageOf(wander(1200, 8)).km).toBe(0)
  })

  test('a stretch nobody saw counts its straight line, as a gap, with a wide band', () => {
    const { km, errorKm, gaps } = mileageOf([...drive(60, 60), ...drive(60, 60, 1860, 21_000)])
    expect(km).toBeCloseTo(22, 1)
    expect(gaps).toEqual([{ from: T0 + 60_000, to: T0 + 1_860_000, km: 20 }])
    expect(errorKm).toBeGreaterThan(8)
  })

  test('a long stop with the receiver off is no gap', () => {
    expect(mileageOf([...drive(60, 60), ...drive(60, 60, 7200, 1000)]).gaps).toEqual([])
  })

  test('what is jammed, suspect or without fix is not believed', () => {
    const spoofed = Array.from({ length: 100 }, (_, second) =>
      at(100 + second, { position: north(40_000 + second * 300), speedKmh: 90, trust: 'suspect' }),
    )
    expect(mileageOf([...drive(60, 60), ...spoofed, ...drive(60, 60, 250, 1000)]).km).toBeCloseTo(2, 1)
  })

  test('one fix at an impossible place is skipped', () => {
    const frames = [...drive(60, 60), at(61, { position: north(30_000), speedKmh: 60 }), ...drive(60, 60, 62, 1000)]
    expect(mileageOf(frames).km).toBeCloseTo(2, 1)
  })

  test.each([
    { name: 'no frame', frames: [] },
    { name: 'one frame', frames: drive(0, 0) },
    { name: 'frames without a place', frames: [at(0, {}), at(1, {})] },
  ])('$name is zero kilometres', ({ frames }) => {
    expect(mileageOf(frames)).toMatchObject({ km: 0, gaps: [] })
  })
})

test('distances: a degree, and from a segment', () => {
  expect(metresBetween({ lat: 55, lon: 37 }, { lat: 56, lon: 37 })).toBeCloseTo(DEGREE_M, 3)
  expect(metresBetween({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 })).toBeCloseTo(DEGREE_M, 3)
  const plane = planeOf([
    { lat: 0, lon: 179.9 },
    { lat: 0, lon: -179.9 },
    { lat: 0.01, lon: 180 },
    { lat: 0, lon: -179.8 },
  ])
  const away = (index: number, a: number, b: number) => Math.sqrt(squareFromSegment(plane, a, b)(index))
  expect(away(2, 0, 1)).toBeCloseTo(DEGREE_M / 100, 0)
  expect(away(3, 0, 1)).toBeCloseTo(DEGREE_M / 10, 0)
  expect(away(1, 0, 0)).toBeCloseTo(DEGREE_M / 5, 0)
})

describe('an odometer that is told late while the car drives', () => {
  /** As a gateway tells it: the last value again until 300 m have gathered; exact at the ends. */
  const late = drive(240, 60).map((frame, second, all) => {
    const km = (second * 60) / 3600
    const told = second === 0 || second === all.length - 1 ? km : Math.floor(km / 0.3) * 0.3
    return { ...frame, odometerKm: 100 + told }
  })

  test('a stretch cut off in the middle of the drive has what is held back, from the way', () => {
    const { km, errorKm } = mileageOf(late.slice(0, 108))
    expect(km).toBeCloseTo((107 * 60) / 3600, 2)
    expect(errorKm).toBeGreaterThan(0.3)
  })

  test.each([1, 17, 107, 200, 239])('stretches cut after %d s add up to the whole', (cut) => {
    const first = countMileage(late.slice(0, cut), NO_MILEAGE_STATE)
    const second = countMileage(late.slice(cut), first.after)
    expect(first.mileage.km + second.mileage.km).toBeCloseTo(4, 2)
  })
})
