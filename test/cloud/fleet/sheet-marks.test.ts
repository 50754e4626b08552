import { expect, test } from 'vitest'
import { otherCar } from '../../../cloud/fleet/sheet-marks.ts'

const OWN = { plate: 'А123ВС77', vin: 'XZ8LM2C49P1234567' }
const OTHER = 'XZ8LM2C49P7654321'

test.each([
  { name: 'nothing was read', read: undefined, own: OWN, elsewhere: false, refused: false },
  { name: 'the same VIN', read: { vin: OWN.vin }, own: OWN, elsewhere: false, refused: false },
  {
    name: 'the same plate in other letters',
    read: { plate: 'a 123 bc 77' },
    own: OWN,
    elsewhere: false,
    refused: false,
  },
  { name: 'another VIN', read: { vin: OTHER }, own: OWN, elsewhere: false, refused: true },
  {
    name: 'another plate, though the VIN is right',
    read: { vin: OWN.vin, plate: 'А321ВС77' },
    own: OWN,
    elsewhere: false,
    refused: true,
  },
  {
    name: 'a VIN where the office knows none',
    read: { vin: OTHER },
    own: { ...OWN, vin: null },
    elsewhere: false,
    refused: false,
  },
  {
    name: 'a VIN that is another vehicle’s here',
    read: { vin: OTHER },
    own: { ...OWN, vin: null },
    elsewhere: true,
    refused: true,
  },
])('$name: refused is $refused', ({ read, own, elsewhere, refused }) => {
  const why = otherCar(read, own, elsewhere)
  expect(why !== undefined).toBe(refused)
  if (refused) expect(why).toContain(own.plate)
})
