import { plainPlate, type VehicleMarks } from '#contract/vehicle-marks.ts'

/** What the office knows of the vehicle that the gateway is meant for; `vin` null: not known. */
export type OwnMarks = { readonly plate: string; readonly vin: string | null }

/**
 * Pure. Why a commissioning sheet is of another car than the gateway is meant for, by name; undefined when nothing says so.
 * `vinIsAnothers`: the VIN of the sheet belongs to another vehicle here.
 */
export function otherCar(read: VehicleMarks | undefined, own: OwnMarks, vinIsAnothers: boolean): string | undefined {
  if (read === undefined) return undefined
  const isOther =
    vinIsAnothers ||
    (read.vin !== undefined && own.vin !== null && read.vin !== own.vin) ||
    (read.plate !== undefined && plainPlate(read.plate) !== plainPlate(own.plate))
  return isOther
    ? `The sheet was made at ${said(read)}; this gateway is meant for ${said({ plate: own.plate, ...(own.vin === null ? {} : { vin: own.vin }) })}`
    : undefined
}

const said = ({ plate, vin }: VehicleMarks): string =>
  [plate, vin === undefined ? undefined : `VIN ${vin}`].filter((one) => one !== undefined).join(', ')
