import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { DeviceId, VehicleId } from '#contract/ids.ts'
import { DevicePort, Installation } from '#contract/installation.ts'
import type { Profile } from '#contract/profile.ts'
import { mistakesOfIssues } from '../profile/issue-text.ts'
import { mistakeLine, readYaml } from '../profile/yaml-text.ts'

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
    return portFor(profile, text, { kind, path, ...speed, ...(kind === 'modbusRtu' ? unitId : {}) })
  }
  const [scheme = ''] = text.split(':', 1)
  const rest = text.slice(scheme.length + 1)
  if (scheme === 'mqtt')
    return portFor(profile, text, { kind: 'mqtt', prefix: rest, user: secret.user, passwordSha256: secret.sha256 })
  const [host, port] = [rest.slice(0, rest.lastIndexOf(':')), rest.slice(rest.lastIndexOf(':') + 1)]
  const kind = { tcp: 'modbusTcp', rtu: 'modbusRtuTcp', nmea: 'nmeaTcp', gpsd: 'gpsdTcp' }[scheme]
  if (kind === undefined || !rest.includes(':') || host === '' || port === '') throw noPort(text)
  return portFor(profile, text, { kind, host, port: Number(port), ...(kind.startsWith('modbus') ? unitId : {}) })
}

const noPort = (text: string): PairingMistake =>
  new PairingMistake(
    `a port reads /dev/ttyUSB0@9600, tcp:host:502, rtu:host:4001, nmea:host:10110, gpsd:host:2947 or mqtt:prefix, not ${text}`,
  )

/** What a profile must speak for each kind of port; Modbus RTU travels in TCP too. */
const SPOKEN: Readonly<Record<string, readonly (keyof Profile['transport'])[]>> = {
  modbusTcp: ['modbusTcp', 'modbusRtu'],
  modbusRtuTcp: ['modbusTcp', 'modbusRtu'],
  modbusRtu: ['modbusTcp', 'modbusRtu'],
  nmeaTcp: ['nmea'],
  nmeaSerial: ['nmea'],
  gpsdTcp: ['gpsd'],
  mqtt: ['mqtt'],
}

function portFor(profile: Profile, text: string, port: object): DevicePort {
  const parsed = DevicePort.safeParse(port)
  if (!parsed.success) throw noPort(text)
  if (SPOKEN[parsed.data.kind]?.some((transport) => profile.transport[transport] !== undefined) !== true)
    throw new PairingMistake(
      `profile ${profile.id} is not for such a port: it speaks ${Object.keys(profile.transport).join(', ')}`,
    )
  return parsed.data
}

const Identity = z.looseObject({ grant: z.looseObject({ vehicleId: VehicleId }) })

/** The vehicle this gateway was claimed for; undefined before it was. */
export function vehicleIn(dir: string): VehicleId | undefined {
  const file = join(dir, 'identity.json')
  return existsSync(file) ? Identity.parse(JSON.parse(readFileSync(file, 'utf8'))).grant.vehicleId : undefined
}

export function readInstallation(dir: string): Installation | undefined {
  const file = join(dir, 'installation.yaml')
  return existsSync(file) ? inFile(file) : undefined
}

function inFile(file: string): Installation {
  const yaml = readYaml(readFileSync(file, 'utf8'), file)
  const parsed = yaml.kind === 'value' ? Installation.safeParse(yaml.value) : undefined
  if (parsed?.success === true) return parsed.data
  const mistakes =
    yaml.kind === 'broken' ? yaml.mistakes : yaml.place(mistakesOfIssues(parsed?.error.issues ?? [], Installation))
  throw new PairingMistake(`${file} cannot be read, mend or remove it: ${mistakes.map(mistakeLine).join('; ')}`)
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
  const id = deviceNamed(options.id ?? (profile.actions === undefined ? 'gps' : 'relay'))
  const password = randomBytes(18).toString('base64url')
  const secret = { user: id, sha256: createHash('sha256').update(password).digest('hex') }
  const unit = unitOf(options.unit)
  const device = { id, profile: profile.id, port: portOf(port, profile, unit, secret) }
  if (options.drives !== undefined && profile.status === 'experimental')
    throw new PairingMistake(`profile ${profile.id} is experimental and drives no relay`)
  if (options.drives !== undefined && profile.actions === undefined)
    throw new PairingMistake(`profile ${profile.id} drives no relay`)
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
  const inputs = [options.ignition, options.motion, options.sense].filter((name) => name !== undefined)
  const again = inputs.find((name, index) => inputs.indexOf(name) !== index)
  if (again !== undefined)
    throw new PairingMistake(`ignition, motion and sense are wires of their own: ${again} is named twice`)
  const own = inputs.find((name) => profile.readings[name]?.capability === 'relay.drive')
  if (own !== undefined) throw new PairingMistake(`reading ${own} is what the relay itself says, not an input`)
  // What the service would refuse to run is refused here, where the cable is still in the hand.
  if (options.drives !== undefined && profile.relay?.kind === 'latching')
    throw new PairingMistake('a latching relay keeps the car blocked without power: fit a monostable one')
  if (options.drives !== undefined && options.contact === 'normally-open')
    throw new PairingMistake('a dead gateway would open this contact and block the car: wire the normally-closed one')
  return { installation, ...(device.port.kind === 'mqtt' ? { password } : {}) }
}

function deviceNamed(name: string): DeviceId {
  const id = DeviceId.safeParse(name)
  if (!id.success) throw new PairingMistake(`--id is 1 to 32 of a-z, 0-9 and -, first a letter, not ${name}`)
  return id.data
}

function unitOf(said: string | undefined): number | undefined {
  const unit = Number(said)
  if (said !== undefined && !(Number.isInteger(unit) && unit >= 1 && unit <= 255))
    throw new PairingMistake(`--unit is a number from 1 to 255, not ${said}`)
  return said === undefined ? undefined : unit
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
