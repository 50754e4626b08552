import { describe, expect, test } from 'vitest'
import type { Vehicle } from '../../../cloud/console/api/vehicle.ts'
import { countFleet, EVERYTHING, type FleetFilter, filterFleet } from '../../../cloud/console/vehicles/fleet-filter.ts'
import { matchesSearch, plateWords } from '../../../cloud/console/vehicles/plate.ts'
import { isWordStale, motionOf, positionTrust, presenceOf } from '../../../cloud/console/vehicles/presence.ts'
import { fakeFleet } from './support/fake-fleet.ts'

const NOW = Date.parse('2026-11-24T11:05:00Z')
const fleet = fakeFleet(NOW)
const plates = (list: readonly Vehicle[]): string[] => list.map((vehicle) => vehicle.plate)
const carOf = (plate: string): Vehicle => {
  const found = fleet.find((vehicle) => vehicle.plate === plate)
  if (found === undefined) throw new Error(`no car ${plate}`)
  return found
}

describe('plates', () => {
  test.each([
    { typed: 'а123вс777', plate: 'А123ВС777', found: true },
    { typed: 'a123bc', plate: 'А123ВС777', found: true },
    { typed: 'A 123 BC 777', plate: 'А123ВС777', found: true },
    { typed: '123', plate: 'А123ВС777', found: true },
    { typed: 'A123', plate: 'A123BC777', found: true },
    { typed: 'х259', plate: 'X259AB799', found: true },
    { typed: 'camry', plate: 'А123ВС777', found: true },
    { typed: '', plate: 'А123ВС777', found: true },
    { typed: 'в999', plate: 'А123ВС777', found: false },
  ])('«$typed» finds $plate: $found', ({ typed, plate, found }) => {
    expect(matchesSearch({ plate, model: 'Toyota Camry' }, typed)).toBe(found)
  })

  test.each([
    { plate: 'А123ВС777', words: 'А123ВС\u00a0777' },
    { plate: 'a123bc 77', words: 'А123ВС\u00a077' },
    { plate: 'АВ12377', words: 'АВ123\u00a077' },
    { plate: 'TEST', words: 'TEST' },
  ])('$plate is written $words', ({ plate, words }) => {
    expect(plateWords(plate)).toBe(words)
  })
})

describe('the filter', () => {
  const cases: readonly {
    readonly name: string
    readonly filter: Partial<FleetFilter>
    readonly expected: readonly string[]
  }[] = [
    { name: 'blocked', filter: { state: 'blocked' }, expected: ['К440МН797', 'Р815СТ799'] },
    { name: 'outside', filter: { zone: 'outside' }, expected: ['Р815СТ799'] },
    { name: 'offline', filter: { presence: 'offline' }, expected: ['О733РС777'] },
    { name: 'of unknown contact', filter: { presence: 'unknown' }, expected: ['Т036УХ797'] },
    { name: 'all of it together', filter: { state: 'blocked', zone: 'inside', search: 'k' }, expected: ['К440МН797'] },
    { name: 'none', filter: { state: 'blocked', zone: 'unknown' }, expected: [] },
  ]
  test.each(cases)('$name', ({ filter, expected }) => {
    expect(plates(filterFleet(fleet, { ...EVERYTHING, ...filter }))).toEqual(expected)
  })

  test('without a filter everything is there, by plate', () => {
    expect(filterFleet(fleet.toReversed(), EVERYTHING)).toHaveLength(12)
    expect(plates(filterFleet(fleet.toReversed(), EVERYTHING))[0]).toBe('А123ВС777')
  })

  test('counts say only what the cars confirmed', () => {
    expect(countFleet(fleet)).toEqual({ all: 12, online: 10, blocked: 2, outside: 1 })
  })
})

describe('what is known of a car', () => {
  test.each([
    { plate: 'А123ВС777', motion: 'moving', presence: 'online', trust: 'good', stale: false },
    { plate: 'Е317КМ777', motion: 'standing', presence: 'online', trust: 'good', stale: false },
    { plate: 'Н608ОР750', motion: 'standing', presence: 'online', trust: 'suspect', stale: false },
    { plate: 'О733РС777', motion: 'unknown', presence: 'offline', trust: 'good', stale: true },
    { plate: 'Т036УХ797', motion: 'unknown', presence: 'unknown', trust: 'good', stale: true },
  ])('$plate: $motion, $presence, position $trust', ({ plate, motion, presence, trust, stale }) => {
    const car = carOf(plate)
    expect([motionOf(car, NOW), presenceOf(car), positionTrust(car), isWordStale(car, NOW)]).toEqual([
      motion,
      presence,
      trust,
      stale,
    ])
  })

  test('a car that never said anything is unknown in every respect', () => {
    const silent = { ...carOf('А123ВС777'), lastKnown: null, gateway: null }
    expect([motionOf(silent, NOW), presenceOf(silent), positionTrust(silent)]).toEqual(['unknown', 'unknown', 'none'])
  })
})
