import { readFileSync } from 'node:fs'
import { Geodesic } from 'geographiclib-geodesic'
import { expect, test } from 'vitest'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import { parseSentence } from '../../../edge/nmea/nmea-sentence.ts'
import { drive, odometerAt, type Step, segmentMetres } from '../../../edge/odometer/odometer.ts'

const DATA = new URL('../../data/', import.meta.url)
const START = odometerAt(0)
const T0 = epochMs(1_795_000_000_000)

const geodesic = (from: Step, to: Step): number =>
  Geodesic.WGS84.Inverse(from.lat, from.lon, to.lat, to.lon).s12 ?? Number.NaN

function recorded(file: string, id: string): readonly Step[] {
  return readFileSync(new URL(`../../../demo/data/${file}.csv`, import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter(([name]) => name === id)
    .map(([, time = '', lat, lon]) => ({ time: epochMs(Date.parse(time)), lat: Number(lat), lon: Number(lon) }))
}

/** Speed as a receiver shows it: the mean from the fix before to the fix after. */
const withSpeed = (steps: readonly Step[], accuracyM: number): readonly Step[] =>
  steps.map((step, index) => {
    const [before, after] = [steps[index - 1] ?? step, steps[index + 1] ?? step]
    const metres = geodesic(before, step) + geodesic(step, after)
    return { ...step, accuracyM, speedKmh: (metres / Math.max(1, after.time - before.time)) * 3600 }
  })

/** Cleaned: without hops that no car makes. */
const cleanedMetres = (steps: readonly Step[]): number =>
  steps.reduce((sum, step, index) => {
    const before = steps[index - 1] ?? step
    const metres = geodesic(before, step)
    return metres / Math.max(1, step.time - before.time) > 200 / 3600 ? sum : sum + metres
  }, 0)

const driven = (steps: readonly Step[], ignition: 'on' | 'unknown'): number =>
  steps.reduce((odometer, step) => drive(odometer, step, ignition), START).metres

test.each([
  { file: 'car-munich', id: 'x0001-001' },
  { file: 'car-munich', id: 'x0001-015' },
  { file: 'bus-limerick', id: 'bus304' },
])('the recorded drive $id counts within 1 % of its geodesic length, with and without speeds', ({ file, id }) => {
  const steps = recorded(file, id)
  const truth = cleanedMetres(steps)
  expect(steps.length).toBeGreaterThan(50)
  for (const told of [steps, withSpeed(steps, 4.5)]) {
    const error = driven(told, 'on') / truth - 1
    expect(Math.abs(error)).toBeLessThan(0.01)
  }
})

function nmeaSteps(): readonly Step[] {
  const steps: Step[] = []
  let accuracyM: number | undefined
  for (const line of readFileSync(new URL('nmea/signalk-gps.log', DATA), 'latin1').split(/\r?\n/)) {
    if (parseSentence(line).kind !== 'sentence') continue
    const cells = line.split(/[,*]/)
    if (cells[0] === '$GPGGA') accuracyM = Number(cells[8]) * 5
    if (cells[0] !== '$GPRMC' || cells[2] !== 'A') continue
    const [, clock = '', , lat = '', , lon = '', , knots, , date = ''] = cells
    const degrees = (text: string) => Math.floor(Number(text) / 100) + (Number(text) % 100) / 60
    const [day, month, year] = [date.slice(0, 2), date.slice(2, 4), date.slice(4)]
    const time = Date.parse(`20${year}-${month}-${day}T${clock.slice(0, 2)}:${clock.slice(2, 4)}:${clock.slice(4)}Z`)
    const place = { lat: degrees(lat), lon: degrees(lon), time: epochMs(time), speedKmh: Number(knots) * 1.852 }
    steps.push(accuracyM === undefined ? place : { ...place, accuracyM })
  }
  return steps
}

test('twenty minutes of standing with a wandering receiver stay under 20 m, even with the ignition on', () => {
  const steps = nmeaSteps()
  expect(steps.length).toBeGreaterThan(1100)
  expect(driven(steps, 'unknown')).toBeLessThan(20)
  expect(driven(steps, 'on')).toBeLessThan(20)
})

const north = (metres: number, seconds: number, more: Partial<Step> = {}): Step => ({
  lat: 55 + metres / 111_320,
  lon: 37,
  time: later(T0, seconds * 1000) as EpochMs,
  ...more,
})

test('nothing is counted with the ignition off, and counting starts where the car then is', () => {
  const off = [north(0, 0), north(500, 60), north(1000, 120)].reduce((seen, step) => drive(seen, step, 'off'), START)
  expect(off.metres).toBe(0)
  expect(drive(off, north(1100, 130, { speedKmh: 40, accuracyM: 3 }), 'on').metres).toBeCloseTo(100, 0)
})

test('a hop no car makes is left out, and counting goes on from its end', () => {
  const hop = [north(0, 0), north(20, 1), north(5000, 2), north(5020, 3)]
  expect(hop.reduce((seen, step) => drive(seen, step, 'on'), START).metres).toBeCloseTo(40, 0)
})

test('a tunnel counts as the straight way through it', () => {
  const tunnel = [north(0, 0, { speedKmh: 60 }), north(1000, 60, { speedKmh: 60 })]
  expect(tunnel.reduce((seen, step) => drive(seen, step, 'on'), START).metres).toBeCloseTo(1000, -1)
})

test('a position from before the last one changes nothing', () => {
  const here = drive(drive(START, north(0, 10), 'on'), north(50, 14), 'on')
  expect(drive(here, north(300, 5), 'on')).toBe(here)
})

test.each([
  { from: { lat: 55.75, lon: 37.62 }, to: { lat: 55.751, lon: 37.63 } },
  { from: { lat: 0, lon: 179.9999 }, to: { lat: 0.0001, lon: -179.9999 } },
  { from: { lat: -52.6, lon: -8.6 }, to: { lat: -52.61, lon: -8.7 } },
])('a short distance from $from to $to agrees with the geodesic within 0.01 %', ({ from, to }) => {
  const truth = Geodesic.WGS84.Inverse(from.lat, from.lon, to.lat, to.lon).s12 ?? 0
  expect(Math.abs(segmentMetres(from, to) / truth - 1)).toBeLessThan(1e-4)
})
