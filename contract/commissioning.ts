import { z } from 'zod'
import { DocumentHash } from './configuration.ts'
import { GatewayId, VehicleId } from './ids.ts'
import { EpochMs } from './instant.ts'
import { VehicleMarks } from './vehicle-marks.ts'

/** `typ` in the header of a sheet's JWS: ES256 by the gateway's own key, its certificate in `x5c`. */
export const SHEET_TYP = 'kordon-commissioning'

export const CommissioningStep = z.enum(['doctor', 'gateway', 'vehicle', 'scan', 'device', 'gps', 'ignition', 'relay'])
export type CommissioningStep = z.infer<typeof CommissioningStep>
/** Of these no note takes the place: the interlock stands on their wires. */
export const PROVED_STEPS: readonly CommissioningStep[] = ['ignition', 'relay']
/** Without these no sheet is sealed. */
export const REQUIRED_STEPS = ['doctor', 'gps', 'ignition', 'relay'] as const satisfies readonly CommissioningStep[]

export const StepResult = z.strictObject({
  step: CommissioningStep,
  outcome: z.enum(['passed', 'accepted', 'failed']),
  at: EpochMs,
  /** What was seen; for `accepted`, the technician's own words too. */
  facts: z.array(z.string().max(300)).max(40),
  note: z.string().max(500).exactOptional(),
  /** Wiring under which this was seen; a result of other wiring proves nothing. */
  wiring: DocumentHash.exactOptional(),
})
export type StepResult = z.infer<typeof StepResult>

/** A sheet has this many photos at most, none of them larger. */
export const MOST_PHOTOS = 8
export const MOST_PHOTO_BYTES = 8 * 1024 * 1024

/** A photo that the technician took at the car: the sheet carries its digest, the picture travels beside it. */
export const SheetPhoto = z.strictObject({
  name: z.string().min(1).max(120),
  type: z.enum(['image/jpeg', 'image/png']),
  bytes: z.int().min(1).max(MOST_PHOTO_BYTES),
  /** SHA-256 of the picture as it is uploaded, hex. */
  sha256: DocumentHash,
  /** Does the picture itself say where it was taken: it never did, it was removed, or it was left in by choice. */
  location: z.enum(['none', 'removed', 'kept']),
})
export type SheetPhoto = z.infer<typeof SheetPhoto>
export const SheetPhotos = z.array(SheetPhoto).max(MOST_PHOTOS)

/** What the technician found and the gateway signed: the claims of a commissioning sheet. */
export const CommissioningSheet = z.strictObject({
  schema: z.literal('kordon-commissioning/1'),
  gatewayId: GatewayId,
  vehicleId: VehicleId,
  /** What was read off the car; the office compares it with the vehicle that the gateway is meant for. */
  vehicle: VehicleMarks.exactOptional(),
  at: EpochMs,
  by: z.string().min(1).max(128),
  note: z.string().max(500),
  software: z.string().max(64),
  configuration: z.strictObject({ version: z.int().min(0), hash: DocumentHash }),
  /** Hash of relay, ignition, motion and sense: devices, ports, circuit, contact. Another one breaks the seal. */
  wiring: DocumentHash,
  /** The profiles that speak for the interlock. */
  profiles: z.array(
    z.strictObject({
      device: z.string(),
      profile: z.string(),
      revision: z.int(),
      status: z.string(),
      hash: DocumentHash,
    }),
  ),
  results: z.array(StepResult).min(1).max(16),
  photos: SheetPhotos.exactOptional(),
})
export type CommissioningSheet = z.infer<typeof CommissioningSheet>
