import { describe, expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import { type Contact, cellOf, outageChanges } from '../../../cloud/zones/area-outage.ts'
import { commonPlaces, isClaimedByMany, LEAP_COUNTS } from '../../../cloud/zones/fleet-disagreement.ts'

const id = (n: number) => VehicleId.parse(`0a0e7b1c-8f5e-4a63-9d9a-${String(n).padStart(12, '0')}`)
const NOW = epochMs(1_795_289_000_000)
const ago = (min: number) => epochMs(NOW - min * 60_000)
const car = (n: number, more: Partial<Contact> = {}): Contact => ({
  vehicleId: id(n),
  lat: 55.76 + n * 0.001,
  lon: 37.61,
  online: true,
  changedAt: ago(300),
  ...more,
})
const gone = (n: number, min = 3, more: Partial<Contact> = {}) =>
  car(n, { online: false, changedAt: ago(min), ...more })
const cars = (count: number, make: (n: number) => Contact, from = 0) =>
  Array.from({ length: count }, (_, n) => make(from + n))

describe('an outage of a district', () => {
  test.each([
    { name: 'four of six silent within minutes', contacts: [...cars(4, gone), ...cars(2, car, 4)], found: 1 },
    { name: 'three of three: too few', contacts: cars(3, gone), found: 0 },
    { name: 'four of ten: too small a share', contacts: [...cars(4, gone), ...cars(6, car, 4)], found: 0 },
    { name: 'four that went over hours', contacts: [gone(1, 3), gone(2, 40), gone(3, 90), gone(4, 200)], found: 0 },
    { name: 'four in four districts', contacts: cars(4, (n) => gone(n, 3, { lat: 55 + n * 0.2 })), found: 0 },
    {
      name: 'parked cars, silent for long, do not dilute it',
      contacts: [...cars(4, gone), ...cars(9, (n) => gone(n, 600), 4)],
      found: 1,
    },
  ])('$name', ({ contacts, found }) => {
    const changes = outageChanges(contacts, [], NOW)
    expect(changes.found).toHaveLength(found)
    if (found > 0) expect(changes.found[0]).toMatchObject({ cell: cellOf(car(1)), beganAt: ago(3) })
  })

  test('takes in who falls silent later, and ends when half of its cars are heard', () => {
    const open = [{ id: 'one', cell: cellOf(car(1)), vehicles: [id(0), id(1), id(2), id(3)] }]
    const later = outageChanges([...cars(4, gone), gone(9, 1)], open, NOW)
    expect(later).toMatchObject({ found: [], joined: [{ id: 'one', vehicleId: id(9) }], back: [], ended: [] })
    const half = outageChanges([car(0), car(1), gone(2), gone(3)], open, NOW)
    expect(half.back.map(({ vehicleId }) => vehicleId)).toEqual([id(0), id(1)])
    expect(half.ended).toEqual(['one'])
  })
})

describe('a place that many claim at once', () => {
  const leap = (n: number, min: number, lat = 55.596) => ({ vehicleId: id(n), at: ago(min), lat, lon: 37.267 })
  const claim = { vehicleId: id(1), at: NOW, lat: 55.6, lon: 37.27 }
  test.each([
    { name: 'it leapt there with two others', leaps: [leap(1, 1), leap(2, 2), leap(3, 1)], many: true },
    { name: 'it leapt there with one other', leaps: [leap(1, 1), leap(2, 2)], many: false },
    { name: 'it drove there, two others leapt', leaps: [leap(2, 1), leap(3, 2)], many: false },
    { name: 'it drove there, five others leapt', leaps: [2, 3, 4, 5, 6].map((n) => leap(n, 1)), many: true },
    { name: 'the others leapt an hour ago', leaps: [leap(1, 1), leap(2, 60), leap(3, 60)], many: false },
    { name: 'the others leapt elsewhere', leaps: [leap(1, 1), leap(2, 1, 55.9), leap(3, 1, 55.9)], many: false },
  ])('$name', ({ leaps, many }) => {
    expect(isClaimedByMany(claim, leaps)).toBe(many)
  })

  test('is named with its cars while their leaps count', () => {
    const leaps = [leap(1, 1), leap(2, 2), leap(3, 3), leap(4, 3, 56.5)]
    expect(commonPlaces(leaps, NOW)).toMatchObject([{ since: ago(3), vehicles: [id(3), id(2), id(1)] }])
    expect(commonPlaces(leaps, epochMs(NOW + LEAP_COUNTS + minutes(1)))).toEqual([])
  })
})
