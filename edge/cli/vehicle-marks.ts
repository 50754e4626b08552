import { VehicleMarks, vinFrom } from '#contract/vehicle-marks.ts'
import { UsageError } from './profile-files.ts'
import { keepMarks } from './sheet-file.ts'
import type { Task } from './step.ts'

export type MarkOptions = { readonly vin?: string; readonly plate?: string }

/** Pure. VIN and plate as they were typed at the car; undefined when neither was. Throws UsageError for what is no VIN. */
export function marksOf({ vin, plate }: MarkOptions): VehicleMarks | undefined {
  if (vin === undefined && plate === undefined) return undefined
  const marks = VehicleMarks.safeParse({
    ...(vin === undefined ? {} : { vin: vinFrom(vin) }),
    ...(plate === undefined ? {} : { plate }),
  })
  if (!marks.success) throw new UsageError(marks.error.issues.map(({ message }) => message).join('; '))
  return marks.data
}

/** Pure. */
export const markWords = (marks: VehicleMarks | undefined): string =>
  [marks?.vin && `VIN ${marks.vin}`, marks?.plate && `plate ${marks.plate}`].filter(Boolean).join(', ')

/** Puts them on the sheet. Whether they are those of the office's vehicle is asked at the upload. */
export const markTask = (dir: string, marks: VehicleMarks): Task => ({
  title: 'car',
  run: async () => {
    keepMarks(dir, marks)
    return [{ name: 'car', state: 'good', fact: markWords(marks) }]
  },
})
