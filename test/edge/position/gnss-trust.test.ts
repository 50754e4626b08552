import { describe, expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import {
  type Beside,
  followPosition,
  type GnssTrustState,
  gnssTrust,
  heedReceiver,
  type Position,
  suspicionOf,
  UNTRIED,
} from '../../../edge/position/gnss-trust.ts'
import { isZeroPosition, metresBetween } from '../../../edge/position/place.ts'
import { SPOOF_PLACES, spoofPlaceAt } from '../../../edge/position/spoof-places.ts'

const WALL = 1_795_000_000_000
const place = (northM: number, atMs: number, more: Partial<Position> & { timeMs?: number } = {}): Position => {
  const { timeMs = atMs, ...rest } = more
  return { lat: 55.75 + northM / 111_195, lon: 37.62, time: epochMs(WALL + timeMs), at: millis(atMs), ...rest }
}
const lived = (positions: readonly Position[], beside: Beside = {}, from: GnssTrustState = UNTRIED): GnssTrustState =>
  positions.reduce((state, next) => followPosition(state, next, beside), from)
/** Standing at a place, a fix a second, from a second on and for so many seconds. */
const standing = (northM: number, fromS: number, seconds: number, more: Partial<Position> = {}): readonly Position[] =>
  Array.from({ length: seconds }, (_, index) => place(northM, (fromS + index) * 1000, more))

test.each([
  { name: 'a car at 150 km/h', next: place(42, 1000), expected: 'ok' },
  { name: 'a kilometre in a second', next: place(1000, 1000), expected: 'suspect' },
  { name: 'a kilometre in a minute', next: place(1000, 60_000), expected: 'ok' },
  { name: 'time leaps ahead by a minute', next: place(0, 1000, { timeMs: 61_000 }), expected: 'suspect' },
  { name: 'time falls back by a minute', next: place(0, 1000, { timeMs: -59_000 }), expected: 'suspect' },
  { name: 'a backlog: eight seconds in one moment', next: place(300, 100, { timeMs: 8000 }), expected: 'ok' },
])('gnss trust: $name → $expected, and believed again after a minute without contradiction', ({ next, expected }) => {
  const state = lived([place(0, 0), next])
  expect(gnssTrust(state)).toBe(expected)
  const shift = next.time - WALL - next.at
  const later = (s: number) => ({
    ...next,
    at: millis(next.at + s * 1000),
    time: epochMs(WALL + next.at + s * 1000 + shift),
  })
  const minute = Array.from({ length: 59 }, (_, index) => later(index + 1))
  // Twenty drives of a kilometre at the fastest speed take four minutes.
  const patience =
    next.lat > 55.755 && expected === 'suspect' ? Array.from({ length: 300 }, (_, i) => later(60 + i)) : []
  const waited = lived(minute, {}, state)
  expect(gnssTrust(waited)).toBe(expected)
  expect(gnssTrust(lived([...patience, later(400)], {}, waited))).toBe('ok')
})

test('the position 0, 0 is refused and leaves trust as it was', () => {
  expect(isZeroPosition({ lat: 0, lon: 0.5 })).toBe(false)
  const known = followPosition(UNTRIED, place(0, 0))
  expect(followPosition(known, { ...place(0, 1000), lat: 0, lon: 0 })).toBe(known)
  expect(metresBetween({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(20_015_115, -3)
})

test.each([
  { name: 'repeated', next: place(5000, 1000, { timeMs: 0 }) },
  { name: 'two seconds older', next: place(5000, 1000, { timeMs: -2000 }) },
])('a fix that is $name changes nothing', ({ next }) => {
  const known = lived([place(0, 0)])
  expect(followPosition(known, next)).toBe(known)
})

test('a silent receiver is not believed again by the passing of time', () => {
  const doubted = lived([place(0, 0), place(30_000, 1000)])
  expect(gnssTrust(doubted)).toBe('suspect')
  expect(gnssTrust(lived([place(30_000, 1_500_000)], {}, doubted))).toBe('suspect')
})

describe('a jump and back', () => {
  const away = lived([...standing(0, 0, 30), ...standing(30_000, 30, 100)])
  test('stays suspect for as long as it is away', () => {
    expect(suspicionOf(away)).toMatchObject({ reasons: ['jump'], jumpM: 30_000 })
  })
  test('is believed ten seconds after it has come back, not sooner', () => {
    const back = lived(standing(200, 130, 10), {}, away)
    expect(suspicionOf(back)?.reasons).toEqual(['recovering'])
    expect(gnssTrust(lived(standing(200, 140, 1), {}, back))).toBe('ok')
  })
  test('a third place, then the false one again, is no return', () => {
    const third = lived(standing(-60_000, 130, 20), {}, away)
    const again = lived(standing(30_100, 150, 30), {}, third)
    expect(suspicionOf(again)?.reasons).toEqual(['jump'])
  })
  test('the false place is no return even when it could have been driven to meanwhile', () => {
    const peeked = lived(standing(200, 130, 3), {}, away)
    const again = lived(standing(30_050, 1200, 60), {}, peeked)
    expect(suspicionOf(again)?.reasons[0]).not.toBe('recovering')
  })
})

test.each(SPOOF_PLACES)('whoever lands at $name by a jump is told so; whoever drives there is not doubted', (known) => {
  const apron = { lat: known.lat, lon: known.lon }
  const jumped = lived([place(0, 0), { ...place(0, 1000), ...apron }])
  expect(suspicionOf(jumped)).toMatchObject({ reasons: ['jump', 'place'], place: known.name })
  const road = Array.from({ length: 101 }, (_, index) => ({
    lat: apron.lat + (100 - index) * 0.0005,
    lon: apron.lon,
    time: epochMs(WALL + index * 4000),
    at: millis(index * 4000),
  }))
  expect(gnssTrust(lived(road))).toBe('ok')
  expect(spoofPlaceAt(apron)?.name).toBe(known.name)
})

test('coming out of a loss of the fix at an airport that is too far for the time is a jump', () => {
  const vnukovo = { lat: 55.596, lon: 37.267 }
  const after = (minutes: number) =>
    suspicionOf(lived([place(0, 0), { ...place(0, minutes * 60_000), ...vnukovo }]))?.reasons
  expect(after(8)).toEqual(['jump', 'void', 'place'])
  expect(after(30)).toBeUndefined()
})

test('a hop beyond what its own speed allows is doubted; a car that sets off is not', () => {
  const still = [place(0, 0, { speedKmh: 0 }), place(0, 1000, { speedKmh: 0 })]
  expect(suspicionOf(lived([...still, place(100, 2000, { speedKmh: 1 })]))?.reasons).toEqual(['jump', 'speed'])
  expect(suspicionOf(lived([...still, place(8, 2000, { speedKmh: 30 })]))).toBeUndefined()
})

describe('against the rest of the vehicle', () => {
  const cruise = (kmh: number, fromS: number, seconds: number) =>
    Array.from({ length: seconds }, (_, index) =>
      place((fromS + index) * (kmh / 3.6), (fromS + index) * 1000, { speedKmh: kmh }),
    )
  test('wheels that stand while the receiver drives convict it within five seconds', () => {
    const seen = lived(cruise(50, 0, 60), { wheelKmh: 50 })
    expect(gnssTrust(lived(cruise(50, 60, 5), { wheelKmh: 0 }, seen))).toBe('suspect')
    expect(suspicionOf(lived(cruise(50, 60, 5), { wheelKmh: 0 }, seen))?.reasons).toEqual(['wheel'])
  })
  test('wheels that turn while the receiver stands convict it too', () => {
    expect(suspicionOf(lived(standing(0, 0, 10, { speedKmh: 0 }), { wheelKmh: 40 }))?.reasons).toEqual(['wheel'])
  })
  test('tyres that are four per cent off convict nobody', () => {
    expect(gnssTrust(lived(cruise(90, 0, 1200), { wheelKmh: 90 * 1.04 }))).toBe('ok')
  })
  test('driving with the ignition off is doubted; a tow that the motion sensor feels is not', () => {
    const off = { ignitionOffSince: millis(0) }
    const parked = lived(standing(0, 0, 70), off)
    const carried = cruise(40, 0, 60).map((one, index) => ({ ...one, ...place(index * 11, (70 + index) * 1000) }))
    expect(suspicionOf(lived(carried, off, parked))?.reasons).toEqual(['ignition'])
    expect(gnssTrust(lived(carried, { ...off, motion: 'moving' }, parked))).toBe('ok')
    expect(gnssTrust(lived(carried, {}, parked))).toBe('ok')
  })
})

test("the receiver's own word goes first", () => {
  expect(gnssTrust(heedReceiver(UNTRIED, 'jammed'))).toBe('jammed')
  expect(suspicionOf(heedReceiver(UNTRIED, 'suspect'))).toEqual({ reasons: ['receiver'] })
  expect(suspicionOf(heedReceiver(UNTRIED, 'ok'))).toBeUndefined()
})
