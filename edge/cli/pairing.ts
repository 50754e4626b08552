import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { DeviceId, VehicleId } from '#contract/ids.ts'
import { DevicePort, Installation } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'

/** What was asked cannot be: the caller's mistake. */
export class PairingMistake extends Error {}

export type PairOptions = {
  readonly id?: string
  readonly unit?: string
  readonly drives?: 'starter' | 'ignition' | 'fuel-pump'
  readonly contact?: 'normally-closed' | 'normally-open'
  readonly ignition?: string
  readonly motion?: string
  readonly sense?: string
  readonly pulses?: string
  readonly perKm?: string
  readonly vehicle?: string | true
}

/** Pure. `/dev/ttyUSB0@9600`, `tcp:10.0.0.2:502`, `rtu:10.0.0.2:4001`, `nmea:…`, `gpsd:…`, `mqtt:<prefix>`. */
export function portOf(
  text: string,
  profile: Profile,
  unit: number | undefined,
  secret: { user: string; sha256: string },
): DevicePort {
  const unitId = unit === undefined ? {} : { unitId: unit }
  if (text.startsWith('/')) {
    const [path = '', baud] = text.split('@')
    const speed = baud === undefined ? {} : { baud: Number(baud) }
    const kind = profile.transport.nmea === undefined ? 'modbusRtu' : 'nmeaSerial'
    return DevicePort.parse({ kind, path, ...speed, ...(kind === 'modbusRtu' ? unitId : {}) })
  }
  const [scheme = ''] = text.split(':', 1)
  const rest = text.slice(scheme.length + 1)
  if (scheme === 'mqtt')
    return DevicePort.parse({ kind: 'mqtt', prefix: rest, user: secret.user, passwordSha256: secret.sha256 })
  const [host, port] = [rest.slice(0, rest.lastIndexOf(':')), rest.slice(rest.lastIndexOf(':') + 1)]
  const kind = { tcp: 'modbusTcp', rtu: 'modbusRtuTcp', nmea: 'nmeaTcp', gpsd: 'gpsdTcp' }[scheme]
  if (kind === undefined || host === '' || port === '')
    throw new PairingMistake(
      `a port reads /dev/ttyUSB0@9600, tcp:host:502, rtu:host:4001, nmea:host:10110, gpsd:host:2947 or mqtt:prefix, not ${text}`,
    )
  return DevicePort.parse({ kind, host, port: Number(port), ...(kind.startsWith('modbus') ? unitId : {}) })
}

const Identity = z.looseObject({ grant: z.looseObject({ vehicleId: VehicleId }) })

/** The vehicle this gateway was claimed for; undefined before it was. */
export function vehicleIn(dir: string): VehicleId | undefined {
  const file = join(dir, 'identity.json')
  return existsSync(file) ? Identity.parse(JSON.parse(readFileSync(file, 'utf8'))).grant.vehicleId : undefined
}

export function readInstallation(dir: string): Installation | undefined {
  const file = join(dir, 'installation.yaml')
  return existsSync(file) ? Installation.parse(parse(readFileSync(file, 'utf8'))) : undefined
}

export type Paired = { readonly installation: Installation; readonly password?: string }

/** The installation with this device in it, its version one higher and its seal gone: other wiring is not proved. */
export function withDevice(dir: string, port: string, profile: Profile, options: PairOptions): Paired {
  const before = readInstallation(dir)
  const vehicleId =
    options.vehicle === undefined || options.vehicle === true
      ? (before?.vehicleId ?? vehicleIn(dir))
      : VehicleId.parse(options.vehicle)
  if (vehicleId === undefined)
    throw new PairingMistake(
      'which vehicle is not known yet: claim the gateway first (kordon edge pair --gateway --code …)',
    )
  const id = DeviceId.parse(options.id ?? (profile.actions === undefined ? 'gps' : 'relay'))
  const password = randomBytes(18).toString('base64url')
  const secret = { user: id, sha256: createHash('sha256').update(password).digest('hex') }
  const unit = options.unit === undefined ? undefined : Number(options.unit)
  const device = { id, profile: profile.id, port: portOf(port, profile, unit, secret) }
  if (options.drives !== undefined && profile.status === 'experimental')
    throw new PairingMistake(`profile ${profile.id} is experimental and drives no relay`)
  const bound = (reading: string | undefined) => (reading === undefined ? undefined : { device: id, reading })
  const { sealed: _sealed, ...rest } = before ?? { devices: [] }
  const sense = bound(options.sense)
  const installation = Installation.parse({
    ...rest,
    schema: 'kordon-installation/1',
    version: (before?.version ?? 0) + 1,
    vehicleId,
    devices: [...rest.devices.filter((one) => one.id !== id), device],
    ...(options.ignition === undefined ? {} : { ignition: bound(options.ignition) }),
    ...(options.motion === undefined ? {} : { motion: bound(options.motion) }),
    ...(options.pulses === undefined ? {} : { pulses: { ...bound(options.pulses), perKm: perKm(options) } }),
    ...(options.drives === undefined
      ? {}
      : {
          immobilizer: {
            device: id,
            circuit: options.drives,
            contact: options.contact ?? 'normally-closed',
            ...(sense === undefined ? {} : { sense }),
          },
        }),
  })
  const readings = [options.ignition, options.motion, options.sense, options.pulses].filter(
    (name) => name !== undefined,
  )
  const strange = readings.filter((name) => !Object.hasOwn(profile.readings, name))
  if (strange.length > 0)
    throw new PairingMistake(
      `profile ${profile.id} has no reading ${strange.join(', ')}; it has ${Object.keys(profile.readings).join(', ')}`,
    )
  return { installation, ...(device.port.kind === 'mqtt' ? { password } : {}) }
}

function perKm({ perKm: said }: PairOptions): number {
  const pulses = Number(said)
  if (!(pulses >= 1 && pulses <= 10_000_000))
    throw new PairingMistake('--per-km is how many pulses this car makes in a kilometre: drive one and count')
  return pulses
}

export function writeInstallation(dir: string, installation: Installation): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'installation.yaml')
  writeFileSync(`${file}.new`, stringify(installation), { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}
