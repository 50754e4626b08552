import { z } from 'zod'
import { DeviceId, VehicleId } from './ids.ts'

const UnitId = z.int().min(1).max(247)
const TcpPort = z.int().min(1).max(65_535)
const serial = {
  path: z.string().min(1),
  baud: z.int().min(1200).max(921_600).exactOptional(),
  parity: z.enum(['none', 'even', 'odd']).exactOptional(),
  stopBits: z.union([z.literal(1), z.literal(2)]).exactOptional(),
}

/** How a device is reached in this vehicle; line settings left out come from the device's profile. */
export const DevicePort = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('modbusTcp'), host: z.string(), port: TcpPort, unitId: UnitId.exactOptional() }),
  /** RTU framing over a TCP socket: a transparent RS-485 converter. */
  z.strictObject({ kind: z.literal('modbusRtuTcp'), host: z.string(), port: TcpPort, unitId: UnitId.exactOptional() }),
  z.strictObject({ kind: z.literal('modbusRtu'), ...serial, unitId: UnitId.exactOptional() }),
  z.strictObject({ kind: z.literal('nmeaTcp'), host: z.string(), port: TcpPort }),
  z.strictObject({ kind: z.literal('nmeaSerial'), ...serial }),
])
export type DevicePort = z.infer<typeof DevicePort>

const ReadingRef = z.strictObject({ device: DeviceId, reading: z.string() })
export type ReadingRef = z.infer<typeof ReadingRef>

/** Numbers of the interlock that an installation may tighten or relax between hard limits (see edge/interlock). */
export const InterlockSettings = z.strictObject({
  ignitionOffMs: z.int().exactOptional(),
  standstillKmh: z.number().exactOptional(),
  standstillMs: z.int().exactOptional(),
  relayRestMs: z.int().exactOptional(),
  relayTogglesPerHour: z.int().exactOptional(),
})
export type InterlockSettings = z.infer<typeof InterlockSettings>

/**
 * What one vehicle's installation decides: devices and their ports, which reading is the ignition, which relay and
 * circuit. Versioned and applied whole or not at all. It never says whether the vehicle is to be blocked.
 */
export const Installation = z.strictObject({
  schema: z.literal('kordon-installation/1'),
  version: z.int().min(1),
  vehicleId: VehicleId,
  devices: z.array(z.strictObject({ id: DeviceId, profile: z.string(), port: DevicePort })).min(1),
  /** A wired input; voltage-derived ignition is not accepted as evidence. */
  ignition: ReadingRef.exactOptional(),
  motion: ReadingRef.exactOptional(),
  immobilizer: z
    .strictObject({
      device: DeviceId,
      circuit: z.enum(['starter', 'ignition', 'fuel-pump']),
      contact: z.enum(['normally-closed', 'normally-open']),
      sense: ReadingRef.exactOptional(),
    })
    .exactOptional(),
  interlock: InterlockSettings.exactOptional(),
  /** How often a frame is made: while the vehicle is in use, and while it is parked. */
  sampling: z.strictObject({ movingMs: z.int().min(200), parkedMs: z.int().min(1000) }).exactOptional(),
  /** The technician's sealed commissioning sheet; without it no order may block this vehicle. */
  sealed: z.strictObject({ at: z.iso.datetime({ offset: true }), by: z.string().min(1) }).exactOptional(),
})
export type Installation = z.infer<typeof Installation>
