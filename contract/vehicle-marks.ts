import { z } from 'zod'

/** Letters that both alphabets have; plates use only these. */
const LATIN = 'ABEKMHOPCTYX'
const CYRILLIC = 'АВЕКМНОРСТУХ'

/** Pure. As written on papers: spaces and small letters are nothing, Cyrillic look-alikes become what was meant. */
export const vinFrom = (written: string): string =>
  [...written.toUpperCase().replaceAll(/[\s-]/g, '')].map((one) => LATIN[CYRILLIC.indexOf(one)] ?? one).join('')

/** Pure. Seventeen characters without I, O and Q (ISO 3779). */
export const isVin = (vin: string): boolean => /^[A-HJ-NPR-Z0-9]{17}$/.test(vin)

/** Pure. Plates are typed with and without blanks, in either case, and in either alphabet. */
export const plainPlate = (plate: string): string =>
  plate
    .replaceAll(/\s/g, '')
    .toUpperCase()
    .replaceAll(/[A-Z]/g, (letter) => CYRILLIC[LATIN.indexOf(letter)] ?? letter)

/** What a technician reads off the very car he stands at. */
export const VehicleMarks = z.strictObject({
  vin: z.string().refine(isVin, 'a VIN is 17 of A-Z without I, O, Q, and digits').exactOptional(),
  plate: z.string().trim().min(2).max(16).exactOptional(),
})
export type VehicleMarks = z.infer<typeof VehicleMarks>
