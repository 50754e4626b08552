import { expect, test } from 'vitest'
import { placesOf, regionOf } from '../../../cloud/expressions/place.ts'
import { REGION } from '../../../cloud/zones/app.ts'
import { polygonsOf } from '../../../cloud/zones/polygon.ts'
import { createZoneShape } from '../../../cloud/zones/zone.ts'
import { readZoneGeometry } from '../../../cloud/zones/zone-store.ts'

const zone = createZoneShape(polygonsOf(readZoneGeometry('moscow-region')))
const area: readonly string[] = placesOf(REGION.regions)

/** Town halls, by the map; latitude and longitude. */
const TOWNS = [
  ['Москва', 55.7558, 37.6173],
  ['Зеленоград', 55.9825, 37.1814],
  ['Балашиха', 55.7963, 37.9382],
  ['Коломна', 55.0938, 38.7688],
  ['Серпухов', 54.9226, 37.4033],
  ['Дубна', 56.7333, 37.1667],
  ['Можайск', 55.5069, 36.0219],
  ['Шатура', 55.5778, 39.5445],
  ['Зарайск', 54.7622, 38.8847],
  ['Клин', 56.3333, 36.7333],
  ['Тверь', 56.8587, 35.9176],
  ['Калуга', 54.5136, 36.2614],
  ['Обнинск', 55.0968, 36.6101],
  ['Тула', 54.1931, 37.6173],
  ['Рязань', 54.6296, 39.7368],
  ['Владимир', 56.129, 40.4066],
  ['Александров', 56.3953, 38.7111],
  ['Ярославль', 57.6261, 39.8845],
  ['Казань', 55.7963, 49.1064],
  ['Санкт-Петербург', 59.9386, 30.3141],
] as const

test.each(TOWNS)('A-14: an application from %s is taken if and only if a car may work there', (town, lat, lon) => {
  const isTaken = area.includes(regionOf(town))
  expect(isTaken).toBe(zone.inside(lon, lat))
})

test('a place that is not known refuses nobody', () => {
  expect(regionOf('у метро')).toBe('')
})
