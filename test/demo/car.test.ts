import { describe, expect, test } from 'vitest'
import { advanceCar, BRAKING, type Car, parkedAt, type Surroundings } from '../../demo/car.ts'
import { distanceM, moved } from '../../demo/position.ts'
import { createRandom } from '../../demo/random.ts'
import { type Route, routeOf } from '../../demo/route.ts'

const HOME = { lat: 55.75, lon: 37.62 }
const corner = moved(HOME, 800, 0)
const end = moved(corner, 0, 600)
/** 800 m at 60 km/h with a stop after 300 m, then a right angle into 600 m at 40 km/h. */
const ROUTE = routeOf(
  [
    { points: [HOME, corner], limitKmh: 60 },
    { points: [corner, end], limitKmh: 40 },
  ],
  [{ atM: 300, maxKmh: 0, waitS: 12 }],
)

const around = (start: Surroundings['start'], route: Route | 'none' = ROUTE): Surroundings => ({
  start,
  nextRoute: () => (route === 'none' ? undefined : route),
  parkingS: (tried) => (tried === 'tried' ? 60 : 300),
})

function drive(stepS: number, seconds: number, surroundings: Surroundings, from = parkedAt(HOME, 90, 1000, 2)): Car[] {
  const moments = [from]
  for (let elapsed = 0; elapsed < seconds; elapsed += stepS) {
    const last = moments.at(-1)
    if (last !== undefined) moments.push(advanceCar(last, stepS, surroundings))
  }
  return moments
}

const drivenM = (car: Car): number => (car.doing.kind === 'driving' ? car.doing.drivenM : 0)

describe.each([{ stepS: 0.1 }, { stepS: 0.25 }, { stepS: 1 }])('a drive in steps of $stepS s', ({ stepS }) => {
  const moments = drive(stepS, 260, around('permitted'))
  const driving = moments.filter((car) => car.doing.kind === 'driving')

  test('never goes faster than the road allows', () => {
    const over = driving.filter((car) => car.speedKmh > (drivenM(car) < 800 ? 60 : 40) + 3)
    expect(over).toEqual([])
    expect(Math.max(...driving.map((car) => car.speedKmh))).toBeGreaterThan(50)
  })

  test('takes the right angle at the speed of a turn', () => {
    const atCorner = driving.filter((car) => Math.abs(drivenM(car) - 800) < 1 + stepS * 5)
    expect(atCorner.length).toBeGreaterThan(0)
    expect(Math.min(...atCorner.map((car) => car.speedKmh))).toBeLessThanOrEqual(23)
  })

  test('pulls and brakes no harder than a taxi', () => {
    const changes = moments.slice(1).map((car, index) => {
      const before = moments[index]?.speedKmh ?? 0
      // Below walking pace a car simply stands: that last jolt is no braking.
      return before < 4.5 && car.speedKmh === 0 ? 0 : (car.speedKmh - before) / 3.6 / stepS
    })
    expect(Math.max(...changes)).toBeLessThanOrEqual(1.81)
    expect(Math.min(...changes)).toBeGreaterThanOrEqual(-BRAKING * 1.6)
  })

  test('stands at the stop for as long as it lasts, within two metres of the line', () => {
    const standing = driving.filter((car) => car.speedKmh === 0 && drivenM(car) > 0)
    expect(standing.length * stepS).toBeGreaterThanOrEqual(12)
    expect(standing.length * stepS).toBeLessThanOrEqual(12 + 3 * stepS)
    expect(Math.abs(drivenM(standing[0] ?? moments[0] ?? parkedAt(HOME, 0, 0, 0)) - 300)).toBeLessThan(2)
  })

  test('ends at the end, engine off, with the way on the odometer', () => {
    const last = moments.at(-1)
    expect(last?.doing.kind).toBe('parked')
    expect(last?.ignition).toBe('off')
    expect(distanceM(last?.position ?? HOME, end)).toBeLessThan(2)
    expect(last?.odometerM).toBeGreaterThan(1000 + ROUTE.lengthM - 2)
  })
})

test('with the start line open the engine does not start and the car stays where it is', () => {
  const moments = drive(0.5, 40, around('inhibited'))
  expect(moments.some((car) => car.doing.kind === 'starting')).toBe(true)
  expect(moments.at(-1)).toMatchObject({ speedKmh: 0, ignition: 'off', position: HOME, doing: { kind: 'parked' } })
})

test('a start line that opens while driving changes nothing until the next start', () => {
  const underWay = drive(0.5, 20, around('permitted')).at(-1)
  const after = drive(0.5, 260, around('inhibited'), underWay)
  expect(Math.max(...after.map((car) => car.speedKmh))).toBeGreaterThan(50)
  expect(distanceM(after.at(-1)?.position ?? HOME, end)).toBeLessThan(2)
})

test('without a way to go the driver lets the engine run and leaves', () => {
  const moments = drive(0.5, 60, around('permitted', 'none'))
  const running = moments.filter((car) => car.ignition === 'on').length * 0.5
  expect(running).toBeGreaterThan(20)
  expect(moments.at(-1)).toMatchObject({ ignition: 'off', position: HOME })
})

test('the same seed draws the same run, in [0, 1)', () => {
  const [first, second] = [createRandom(7), createRandom(7)]
  const run = Array.from({ length: 1000 }, first)
  expect(Array.from({ length: 1000 }, second)).toEqual(run)
  expect(run.every((value) => value >= 0 && value < 1)).toBe(true)
  expect(run.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(0.5, 1)
})
