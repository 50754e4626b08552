import { z } from 'zod'
import { DeviceId, VehicleId } from './ids.ts'
import { FixedByteOrder } from './profile.ts'

const UnitId = z.int().min(1).max(247)
const TcpPort = z.int().min(1).max(65_535)
const serial = {
  path: z.string().min(1),
  baud: z.int().min(1200).max(921_600).exactOptional(),
  parity: z.enum(['none', 'even', 'odd']).exactOptional(),
  stopBits: z.union([z.literal(1), z.literal(2)]).exactOptional(),
}

/** What stands before (or in) the topics of one unit's profile: its own name, never a wildcard. */
const UnitPrefix = z
  .string()
  .max(96)
  .regex(/^[^#+$\s/]+(\/[^#+$\s/]+){0,3}$/, 'a prefix is one to four names joined by /, without #, + and $')

/** How a device is reached in this vehicle; line settings left out come from the device's profile. */
export const DevicePort = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('modbusTcp'), host: z.string(), port: TcpPort, unitId: UnitId.exactOptional() }),
  /** RTU framing over a TCP socket: a transparent RS-485 converter. */
  z.strictObject({ kind: z.literal('modbusRtuTcp'), host: z.string(), port: TcpPort, unitId: UnitId.exactOptional() }),
  z.strictObject({ kind: z.literal('modbusRtu'), ...serial, unitId: UnitId.exactOptional() }),
  z.strictObject({ kind: z.literal('nmeaTcp'), host: z.string(), port: TcpPort }),
  z.strictObject({ kind: z.literal('nmeaSerial'), ...serial }),
  z.strictObject({ kind: z.literal('gpsdTcp'), host: z.string(), port: TcpPort }),
  /** A unit of the in-car broker, which it signs in to as `user`; the broker knows its password by the hash only. */
  z.strictObject({
    kind: z.literal('mqtt'),
    prefix: UnitPrefix,
    user: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a user is 1 to 64 letters, digits, dots and dashes'),
    passwordSha256: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the password, 64 hex digits'),
  }),
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
  devices: z
    .array(
      z.strictObject({
        id: DeviceId,
        profile: z.string(),
        port: DevicePort,
        /** Float order confirmed at pairing; goes before the one that the gateway has found out itself. */
        lockedByteOrder: FixedByteOrder.exactOptional(),
      }),
    )
    .min(1),
  /** Where the in-car broker listens; only loopback, on port 1883, when left out. */
  localBus: z.strictObject({ host: z.union([z.ipv4(), z.ipv6()]), port: TcpPort }).exactOptional(),
  /** A wired input; voltage-derived ignition is not accepted as evidence. */
  ignition: ReadingRef.exactOptional(),
  motion: ReadingRef.exactOptional(),
  /**
   * A counter of wheel or gearbox pulses, and how many of them this very car makes in a kilometre. It is the odometer
   * then: one that another device tells counts nothing beside it.
   */
  pulses: z.strictObject({ ...ReadingRef.shape, perKm: z.number().min(1).max(10_000_000) }).exactOptional(),
  immobilizer: z
    .strictObject({
      device: DeviceId,
      /** What the contact interrupts. A cut in the starter circuit cannot stop a running engine. */
      circuit: z.enum(['starter', 'ignition', 'fuel-pump']).default('starter'),
      /** Normally closed: without power the vehicle starts. The other is refused with a relay that falls off. */
      contact: z.enum(['normally-closed', 'normally-open']).default('normally-closed'),
      sense: ReadingRef.exactOptional(),
    })
    .exactOptional(),
  interlock: InterlockSettings.exactOptional(),
  /**
   * How often a frame is made: while the vehicle is in use, and while it is parked. `adaptive` keeps of these only what
   * a track within 10 m of the full one needs; every one of them when left out.
   */
  sampling: z
    .strictObject({
      movingMs: z.int().min(200),
      parkedMs: z.int().min(1000),
      mode: z.enum(['every-fix', 'adaptive']).exactOptional(),
    })
    .exactOptional(),
  /** The technician's sealed commissioning sheet; without it no order may block this vehicle. */
  sealed: z.strictObject({ at: z.iso.datetime({ offset: true }), by: z.string().min(1) }).exactOptional(),
})
export type Installation = z.infer<typeof Installation>
