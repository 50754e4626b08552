import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import { carOf, moveTo, nowhere, pageOf } from '../../../cloud/history/fleet-page.ts'
import { T0 } from './history-support.ts'

const [first, second] = [1, 2].map((last) => VehicleId.parse(`aa112233-4455-4677-8899-00000000000${last}`))
if (first === undefined || second === undefined) throw new Error('two ids')
const now = later(T0, 61_400)
const readAt = new Date(T0).toISOString()

/** A car and where it is, by the cells of its row. */
const told = (vehicleId: VehicleId, line: string, plate = 'А001"АА\\77') => {
  const place = nowhere()
  moveTo(place, line.split(','))
  return { ...carOf(vehicleId, 'park', plate), place }
}
const read = (page: Buffer) => JSON.parse(page.toString())

test('a page is JSON to the letter, what is not known null, and ages are of the moment', () => {
  const here = told(first, `gw-fleet0001,${T0},${T0},55.751244,-1e-06,,0,271.5,false,3d,ok`)
  const tracker = told(second, `gw-tracker0001,${T0},,,,,,,,,`)
  const common = { plate: 'А001"АА\\77', readAt, ageS: 61 }
  expect(read(pageOf([here, tracker], second, now))).toEqual({
    items: [
      {
        ...{ ...common, vehicleId: first, source: 'gw-fleet0001', seenBy: 'gateway', fix: '3d', trust: 'ok' },
        ...{ position: { lat: 55.751244, lon: -0.000001, accuracyM: null }, positionAt: readAt },
        ...{ speedKmh: 0, headingDeg: 271.5, ignition: false },
      },
      {
        ...{ ...common, vehicleId: second, source: 'gw-tracker0001', seenBy: 'tracker', fix: 'none', trust: 'suspect' },
        ...{ position: null, positionAt: null, speedKmh: null, headingDeg: null, ignition: null },
      },
    ],
    nextCursor: second,
  })
  expect(read(pageOf([here], null, epochMs(T0 + 66_400))).items[0].ageS).toBe(66)
})

test('nobody is told as nobody', () => {
  expect(read(pageOf([], null, now))).toEqual({ items: [], nextCursor: null })
})

test('a place may take more room than the one before, and less', () => {
  const one = told(first, `gw-fleet0001,${T0},${T0},${'1'.padEnd(600, '0')},1,,,,,3d,ok`)
  expect(pageOf([one], null, now).length).toBeGreaterThan(600)
  moveTo(one.place, `gw-fleet0001,${T0},,,,,7,,,3d,ok`.split(','))
  expect(read(pageOf([one], null, now)).items).toMatchObject([{ speedKmh: 7, position: null }])
})
