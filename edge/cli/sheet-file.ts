import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SheetPhotos, StepResult } from '#contract/commissioning.ts'
import { VehicleMarks } from '#contract/vehicle-marks.ts'

const SheetFile = z.strictObject({
  schema: z.literal('kordon-technician/1'),
  results: z.array(StepResult),
  vehicle: VehicleMarks.exactOptional(),
  /** Their pictures lie in the folder `photos`, each by its digest. */
  photos: SheetPhotos.exactOptional(),
  /** The signed sheet, and whether the cloud has it. */
  sheet: z.string().exactOptional(),
  upload: z.enum(['pending', 'done']).exactOptional(),
})
export type SheetFile = z.infer<typeof SheetFile>

const EMPTY: SheetFile = { schema: 'kordon-technician/1', results: [] }

/** Where the work stands, step by step, in the gateway's folder: what was done without a network is not done twice. */
export function readSheetFile(dir: string): SheetFile {
  const file = join(dir, 'commissioning.json')
  return existsSync(file) ? SheetFile.parse(JSON.parse(readFileSync(file, 'utf8'))) : EMPTY
}

export function writeSheetFile(dir: string, sheet: SheetFile): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'commissioning.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(sheet, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}

/** The newest result of a step takes the place of an older one. */
export function keepResult(dir: string, result: StepResult): void {
  const work = unsigned(readSheetFile(dir))
  const results = [...work.results.filter(({ step }) => step !== result.step), result]
  writeSheetFile(dir, { ...work, results })
}

/** What was read off the car; a sheet signed before says something else by now. */
export function keepMarks(dir: string, vehicle: VehicleMarks): void {
  writeSheetFile(dir, { ...unsigned(readSheetFile(dir)), vehicle })
}

/** Pure. The work so far without what was signed of it. */
export function unsigned({ sheet: _sheet, upload: _upload, ...work }: SheetFile): SheetFile {
  return work
}
