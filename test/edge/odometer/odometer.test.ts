import { describe, expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import {
  engineHours,
  furthest,
  type Odometer,
  odometerAt,
  readDashboard,
  readDoubted,
  readEngine,
  readPlace,
  readWheel,
  restarted,
} from '../../../edge/odometer/odometer.ts'

const WALL = 1_795_000_000_000
const step = (metres: number, second: number, speedKmh = 36) => ({
  lat: 55 + metres / 111_320,
  lon: 37,
  time: epochMs(WALL + second * 1000),
  speedKmh,
  accuracyM: 4,
})
const s = (second: number) => millis(second * 1000)
const seconds = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
/** Ten metres a second by the receiver alone. */
const byReceiver = (odometer: Odometer, from: number, to: number): Odometer =>
  seconds(from, to).reduce((seen, second) => readPlace(seen, step(second * 10, second), 'on', s(second)), odometer)
const byWheel = (odometer: Odometer, from: number, to: number, kmh = 36): Odometer =>
  seconds(from, to).reduce((seen, second) => readWheel(seen, kmh, s(second)), odometer)

describe('which source counts', () => {
  test('the receiver, while there is nothing better', () => {
    expect(byReceiver(odometerAt(0), 0, 100)).toMatchObject({ metres: 1000, by: { doppler: 1000 } })
  })
  test('wheels silence the receiver, and it takes over when they are silent', () => {
    let both = odometerAt(0)
    for (const second of seconds(0, 100)) {
      both = readWheel(both, 37, s(second))
      both = readPlace(both, step(second * 10, second), 'on', s(second))
    }
    expect(both.by.doppler).toBe(0)
    expect(both.metres).toBeCloseTo(1027.8, 1)
    expect(byReceiver(both, 101, 200).by.doppler).toBeGreaterThan(900)
  })
  test('wheels that were silent on the way do not silence the stretch that only positions know', () => {
    let odometer = byWheel(readPlace(odometerAt(0), step(0, 0), 'on', s(0)), 0, 10)
    odometer = readPlace(odometer, step(100, 10), 'on', s(10))
    odometer = readPlace(byWheel(odometer, 60, 60), step(600, 60), 'on', s(60))
    expect(odometer.metres).toBeCloseTo(600, 0)
  })
  test('the dashboard is adopted at first, then counted; others only fill its steps', () => {
    let odometer = readDashboard(odometerAt(0), 45_000, s(0))
    expect(odometer.metres).toBe(45_000_000)
    odometer = byReceiver(odometer, 1, 95)
    expect(odometer.metres).toBeLessThan(45_001_000)
    odometer = byReceiver(odometer, 96, 115)
    expect(odometer.metres).toBe(45_000_990)
    odometer = readDashboard(odometer, 45_001, s(116))
    expect(odometer.metres).toBe(45_001_000)
    expect(odometer.by.odometer).toBe(10)
  })
  test('a dashboard that falls or leaps is another one: ours goes on from where it is', () => {
    const known = readDashboard(readDashboard(odometerAt(0), 45_000, s(0)), 45_001, s(100))
    const fallen = readDashboard(known, 12, s(110))
    expect(fallen.metres).toBe(45_001_000)
    expect(readDashboard(fallen, 13, s(200)).metres).toBe(45_002_000)
    expect(readDashboard(known, 99_000, s(110)).metres).toBe(45_001_000)
  })
  test('a dashboard fitted late that shows less takes nothing back', () => {
    const late = readDashboard(byReceiver(odometerAt(500_000_000), 0, 100), 45_000, s(101))
    expect(late.metres).toBe(500_001_000)
    expect(readDashboard(late, 45_001, s(200)).metres).toBe(500_002_000)
  })
})

describe('positions that are not believed', () => {
  const before = byReceiver(odometerAt(0), 0, 50)
  const doubt = (odometer: Odometer, from: number, to: number, shiftM: number): Odometer =>
    seconds(from, to).reduce((seen, second) => readDoubted(seen, step(second * 10 + shiftM, second), 'on'), odometer)
  test('count nothing while they are not', () => {
    expect(doubt(before, 51, 300, 28_000).metres).toBe(500)
  })
  test('are forgotten when the receiver leaps back, and the way between is bridged', () => {
    const back = readPlace(doubt(before, 51, 300, 28_000), step(3010, 301), 'on', s(301))
    expect(back.metres).toBeCloseTo(3010, 0)
    expect(back.by.straight).toBeGreaterThan(2000)
    expect(back.errorM).toBeGreaterThan(800)
  })
  test('count in full, but for the hop, when they prove true', () => {
    const proved = readPlace(doubt(before, 51, 100, 400), step(1410, 101), 'on', s(101))
    expect(proved.metres).toBeCloseTo(1000, 0)
  })
})

describe('a counter of pulses', () => {
  const counted = (odometer: Odometer, km: number, second: number, counter = 'io input 5000') =>
    readDashboard(odometer, km, s(second), counter)
  /** Ten metres a second, told in steps of 0.2 m. */
  const drive = (from: Odometer, start: number, second: number, length: number): Odometer =>
    seconds(0, length).reduce((seen, more) => counted(seen, start + more / 100, second + more), from)

  test('counts every metre from where ours is; what it had counted before means nothing', () => {
    const driven = drive(odometerAt(7000), 812, 0, 600)
    expect(driven.metres).toBeCloseTo(13_000, 3)
    expect(driven.by.odometer).toBeCloseTo(6000, 3)
    expect(driven.errorM).toBeCloseTo(60, 3)
  })
  test('that lost its power or ran over begins anew, and takes nothing back', () => {
    const before = drive(odometerAt(0), 812, 0, 100)
    expect(drive(before, 0, 101, 100).metres).toBeCloseTo(2000, 0)
  })
  test('goes on after a restart with what it counted meanwhile', () => {
    const woken = restarted(drive(odometerAt(0), 1, 0, 100))
    expect(counted(woken, 2.5, 5).metres).toBeCloseTo(1500, 3)
  })
  test('of another car, or with another meaning of a pulse, adds nothing by the change', () => {
    const before = drive(odometerAt(0), 100, 0, 100)
    const changed = counted(restarted(before), 125, 5, 'io input 4000')
    expect(changed.metres).toBeCloseTo(1000, 3)
    expect(counted(changed, 125.01, 6, 'io input 4000').metres).toBeCloseTo(1010, 3)
    expect(readDashboard(changed, 45_000, s(7)).metres).toBeCloseTo(1000, 3)
  })
})

describe('across a restart', () => {
  test('the dashboard makes up for what was driven in the dark', () => {
    const dark = restarted(readDashboard(odometerAt(0), 45_000, s(900)))
    expect(readDashboard(dark, 45_120, s(1)).metres).toBe(45_120_000)
  })
  test('what the wheels or the engine said belongs to another clock', () => {
    const woken = restarted(readEngine(byWheel(odometerAt(0), 0, 100), 'running', s(100)))
    expect(byWheel(woken, 103, 103).metres).toBe(woken.metres)
    expect(readEngine(woken, 'running', s(103)).engineMs).toBe(woken.engineMs)
  })
  test('of two memories the one that counted further holds', () => {
    expect(furthest(odometerAt(5), odometerAt(7)).metres).toBe(7)
    expect(furthest(odometerAt(7), odometerAt(5)).metres).toBe(7)
  })
})

test('engine hours count what two looks saw running, not a silence between them', () => {
  const ran = seconds(0, 3600).reduce((seen, second) => readEngine(seen, 'running', s(second)), odometerAt(0))
  expect(engineHours(ran)).toBe(1)
  expect(engineHours(readEngine(ran, 'running', s(7200)))).toBe(1)
  const off = readEngine(ran, 'off', s(3601))
  expect(engineHours(readEngine(off, 'running', s(3602)))).toBe(1)
  expect(readEngine(off, 'unknown', s(3603))).toBe(off)
})

test('metres and their error never fall, whatever the order of the sources', () => {
  let odometer = odometerAt(0)
  for (const second of seconds(0, 300)) {
    const before = odometer
    odometer = readWheel(odometer, second % 7 === 0 ? 0 : 30, s(second))
    odometer = readPlace(odometer, step(second % 13 === 0 ? -4000 : second * 9, second), 'on', s(second))
    if (second % 40 === 0) odometer = readDashboard(odometer, 100 - (second % 3), s(second))
    expect(odometer.metres).toBeGreaterThanOrEqual(before.metres)
    expect(odometer.errorM).toBeGreaterThanOrEqual(before.errorM)
  }
})
