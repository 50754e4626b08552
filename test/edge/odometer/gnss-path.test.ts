import { readFileSync } from 'node:fs'
import { Geodesic } from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import { parseSentence } from '../../../edge/nmea/nmea-sentence.ts'
import { followPath, type GnssPath, NO_PATH, type Step, segmentMetres } from '../../../edge/odometer/gnss-path.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const DATA = new URL('../../data/', import.meta.url)
const T0 = epochMs(1_795_000_000_000)
const HOUR_S = 3600

type Ignition = 'on' | 'off' | 'unknown'
/** Metres driven along the steps, and the path at their end. */
function walked(
  steps: readonly Step[],
  ignition: Ignition,
  from: GnssPath = NO_PATH,
): { metres: number; path: GnssPath } {
  let [path, metres] = [from, 0]
  for (const step of steps) {
    const followed = followPath(path, step, ignition)
    path = followed.path
    metres += followed.stretches.reduce((sum, stretch) => sum + stretch.metres, 0)
  }
  return { metres, path }
}

const north = (metres: number, seconds: number, more: Partial<Step> = {}): Step => ({
  lat: 55 + metres / 111_320,
  lon: 37,
  time: later(T0, seconds * 1000) as EpochMs,
  ...more,
})

/** The fixes of a log with their speeds, and accuracy as the NMEA profile makes it of HDOP. */
function loggedSteps(file: string): readonly Step[] {
  const steps: Step[] = []
  let accuracyM: number | undefined
  for (const line of readFileSync(new URL(`nmea/${file}`, DATA), 'latin1').split(/\r?\n/)) {
    if (parseSentence(line).kind !== 'sentence') continue
    const cells = line.split(/[,*]/)
    if (/^\$G[PN]GGA$/.test(cells[0] ?? '')) accuracyM = Number(cells[8]) * 5
    if (!/^\$G[PN]RMC$/.test(cells[0] ?? '') || cells[2] !== 'A') continue
    const [, clock = '', , lat = '', , lon = '', , knots, , date = ''] = cells
    const degrees = (text: string) => Math.floor(Number(text) / 100) + (Number(text) % 100) / 60
    const [day, month, year] = [date.slice(0, 2), date.slice(2, 4), date.slice(4)]
    const time = Date.parse(`20${year}-${month}-${day}T${clock.slice(0, 2)}:${clock.slice(2, 4)}:${clock.slice(4)}Z`)
    const place = { lat: degrees(lat), lon: degrees(lon), time: epochMs(time), speedKmh: Number(knots) * 1.852 }
    steps.push(accuracyM === undefined ? place : { ...place, accuracyM })
  }
  return steps
}

/** The log again and again until an hour of it has passed, its time going on. */
function looped(steps: readonly Step[]): readonly Step[] {
  const round = steps.filter((step, index) => index === 0 || step.time > (steps[index - 1]?.time ?? 0))
  const [first, last] = [round[0], round.at(-1)]
  if (first === undefined || last === undefined) return []
  const length = last.time - first.time + 1000
  return Array.from({ length: Math.ceil((HOUR_S * 1000) / length) }, (_, turn) =>
    round.map((step) => ({ ...step, time: later(step.time, turn * length) as EpochMs })),
  ).flat()
}

const gauss = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** A receiver that stands: its error wanders with the given memory, its speed shows noise. */
function wandering(sigmaM: number, memoryS: number, speedKmh: number | undefined): readonly Step[] {
  const random = seededRandom(7, `wander-${sigmaM}-${memoryS}`)
  const keep = Math.exp(-1 / memoryS)
  let [x, y] = [0, 0]
  return Array.from({ length: HOUR_S }, (_, second) => {
    x = keep * x + Math.sqrt(1 - keep * keep) * sigmaM * gauss(random)
    y = keep * y + Math.sqrt(1 - keep * keep) * sigmaM * gauss(random)
    const shown = speedKmh === undefined ? {} : { speedKmh: Math.abs(speedKmh * gauss(random)) }
    return { ...north(x, second), lon: 37 + y / 63_800, accuracyM: 2 * sigmaM, ...shown }
  })
}

describe('an hour of standing adds less than 20 m', () => {
  const stories = [
    { name: 'a receiver that wanders over 42 m (signalk)', steps: looped(loggedSteps('signalk-gps.log')) },
    { name: 'a Moscow receiver (bu353)', steps: looped(loggedSteps('bu353-glonass.log')) },
    ...[
      { sigmaM: 2, memoryS: 30, speedKmh: 0.3 },
      { sigmaM: 4, memoryS: 60, speedKmh: 1 },
      { sigmaM: 8, memoryS: 300, speedKmh: 1.5 },
    ].map((noise) => ({
      name: `noise of ${noise.sigmaM} m, remembered for ${noise.memoryS} s`,
      steps: wandering(noise.sigmaM, noise.memoryS, noise.speedKmh),
    })),
  ]
  test.each(stories)('$name', ({ steps }) => {
    expect(steps.length).toBeGreaterThan(1000)
    expect((steps.at(-1)?.time ?? 0) - (steps[0]?.time ?? 0)).toBeGreaterThanOrEqual((HOUR_S - 60) * 1000)
    for (const ignition of ['on', 'unknown'] as const) expect(walked(steps, ignition).metres).toBeLessThan(20)
  })
})

describe('a receiver that tells no speed', () => {
  const bare = (steps: readonly Step[]): readonly Step[] => steps.map(({ speedKmh: _speed, ...step }) => step)
  test.each([
    { name: 'the log that wanders over 42 m', steps: bare(looped(loggedSteps('signalk-gps.log'))) },
    { name: 'noise of 2 m, remembered for half a minute', steps: wandering(2, 30, undefined) },
    { name: 'noise of 4 m, remembered for a minute', steps: wandering(4, 60, undefined) },
  ])('$name: an hour of standing adds less than 20 m', ({ steps }) => {
    expect(walked(steps, 'on').metres).toBeLessThan(20)
  })
  test('a slow drive is counted all the same, and so is one that begins after standing', () => {
    const stood = Array.from({ length: 60 }, (_, second) => north(0, second))
    const crawl = Array.from({ length: 101 }, (_, second) => north(second * 1.5, 60 + second))
    expect(walked([...stood, ...crawl], 'on').metres).toBeGreaterThan(145)
    expect(walked([...stood, ...crawl], 'on').metres).toBeLessThan(155)
  })
})

test('nothing is counted with the ignition off, and counting starts where the car then is', () => {
  const off = walked([north(0, 0), north(500, 60), north(1000, 120)], 'off')
  expect(off.metres).toBe(0)
  expect(walked([north(1100, 130, { speedKmh: 40, accuracyM: 3 })], 'on', off.path).metres).toBeCloseTo(100, 0)
})

test('a hop no car makes is left out, and counting goes on from its end', () => {
  expect(walked([north(0, 0), north(20, 1), north(5000, 2), north(5020, 3)], 'on').metres).toBeCloseTo(40, 0)
})

test('a tunnel counts as the straight way through it, as unseen', () => {
  const { path } = walked([north(0, 0, { speedKmh: 60 })], 'on')
  expect(followPath(path, north(1200, 72, { speedKmh: 60 }), 'on').stretches).toEqual([
    { metres: expect.closeTo(1200, -1), measure: 'straight' },
  ])
})

test('the speed is believed before places that jitter, and places before a speed that is far off', () => {
  const jitter = [0, 1, 2, 3, 4].map((second) => north(second * 10 + (second % 2) * 4, second, { speedKmh: 36 }))
  expect(walked(jitter, 'on').metres).toBeCloseTo(40, 6)
  const absurd = [north(0, 0, { speedKmh: 300 }), north(10, 1, { speedKmh: 300 })]
  expect(walked(absurd, 'on').metres).toBeCloseTo(10, 0)
})

test('a crawl in a jam counts once the car sets off', () => {
  const crawl = Array.from({ length: 40 }, (_, second) => north(second, second, { speedKmh: 3.6, accuracyM: 4 }))
  expect(walked(crawl, 'on').metres).toBe(0)
  expect(walked([...crawl, north(42, 40, { speedKmh: 12, accuracyM: 4 })], 'on').metres).toBeCloseTo(41, 0)
})

test('a position from before the last one changes nothing', () => {
  const { path } = walked([north(0, 10), north(50, 14)], 'on')
  expect(followPath(path, north(300, 5), 'on')).toEqual({ path, stretches: [] })
})

test.each([
  { from: { lat: 55.75, lon: 37.62 }, to: { lat: 55.751, lon: 37.63 } },
  { from: { lat: 0, lon: 179.9999 }, to: { lat: 0.0001, lon: -179.9999 } },
  { from: { lat: -52.6, lon: -8.6 }, to: { lat: -52.61, lon: -8.7 } },
])('a short distance from $from to $to agrees with the geodesic within 0.01 %', ({ from, to }) => {
  const truth = Geodesic.WGS84.Inverse(from.lat, from.lon, to.lat, to.lon).s12 ?? 0
  expect(Math.abs(segmentMetres(from, to) / truth - 1)).toBeLessThan(1e-4)
})
