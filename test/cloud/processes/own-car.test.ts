import { expect, test } from 'vitest'
import { expectedDriving } from '../../../cloud/processes/own-car.ts'

const DAY = 86_400_000
const car = { firstKm: 10_000, firstOn: 0, odometerKm: 16_000, odometerOn: 100 * DAY }

test.each([
  ['two visits: it drives on as it did between them', car, 150 * DAY, { kmPerDay: 60, expectedKm: 19_000 }],
  ['at the moment of the last visit', car, 100 * DAY, { kmPerDay: 60, expectedKm: 16_000 }],
  ['one visit alone tells no pace', { ...car, odometerOn: 0, odometerKm: 10_000 }, 50 * DAY, { expectedKm: 10_000 }],
  ['an odometer that was put back tells no pace', { ...car, odometerKm: 9000 }, 150 * DAY, { expectedKm: 9000 }],
  ['no first visit is known', { odometerKm: 5, odometerOn: 0 }, DAY, { expectedKm: 5 }],
  ['nothing is known', { plate: 'А123ВС77' }, DAY, {}],
])('%s', (_name, known, now, expected) => {
  expect(expectedDriving(known, now)).toEqual(expected)
})
