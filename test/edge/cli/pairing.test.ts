import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OpenLine, scanLine } from '../../../edge/cli/line-scan.ts'
import { PairingMistake, readInstallation, withDevice, writeInstallation } from '../../../edge/cli/pairing.ts'
import { inRussian } from '../../../edge/cli/russian.ts'
import { marksOf } from '../../../edge/cli/vehicle-marks.ts'
import { planBus } from '../../../edge/local-bus/bus-access.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import { VEHICLE } from '../../support/edge-rig.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const profileOf = (id: string) => {
  const found = profiles.find((one) => one.id === id)
  if (found === undefined) throw new Error(id)
  return found
}
const OTHER = '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a99'
const sha256 = (text: string | undefined): string => createHash('sha256').update(String(text)).digest('hex')

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-pairing-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Pairs a unit on MQTT and gives what the in-car broker will know of it. */
function paired(model: string, prefix: string, options: Parameters<typeof withDevice>[3]) {
  const { installation, password } = withDevice(dir, `mqtt:${prefix}`, profileOf(model), options)
  writeInstallation(dir, installation)
  const { plan, mistakes } = planBus(
    installation.devices.flatMap(({ id, profile, port }) =>
      port.kind === 'mqtt'
        ? [{ profile: profileOf(profile), port, drivesRelay: installation.immobilizer?.device === id }]
        : [],
    ),
  )
  expect(mistakes).toEqual([])
  return { password, plan, installation }
}

test('a unit on MQTT gets a name and a password of its own; the file holds only its hash, for its owner', () => {
  const { password, plan, installation } = paired('shelly-gen2', 'shellyplus1-a8032abe', {
    vehicle: VEHICLE,
    drives: 'starter',
    contact: 'normally-closed',
  })
  expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/)
  expect(plan.units).toMatchObject([{ user: 'relay', passwordSha256: sha256(password) }])
  expect(plan.commands.map(({ topic }) => topic)).toEqual(['shellyplus1-a8032abe/command/switch:0'])
  expect(JSON.stringify(installation)).not.toContain(password)
  expect(statSync(join(dir, 'installation.yaml')).mode & 0o777).toBe(0o600)
  expect(readInstallation(dir)).toEqual(installation)
})

test('a second unit has another password, and pairing the first anew makes its old one worthless', () => {
  const first = paired('shelly-gen2', 'shellyplus1-a8032abe', { vehicle: VEHICLE, drives: 'starter' })
  const second = paired('owntracks-phone', 'owntracks/kordon/phone', { id: 'phone' })
  expect(second.password).not.toBe(first.password)
  expect(second.plan.units.map(({ user }) => user)).toEqual(['relay', 'phone'])
  const again = paired('shelly-gen2', 'shellyplus1-a8032abe', { drives: 'starter' })
  expect(again.installation.version).toBe(3)
  const hashes = again.plan.units.map(({ passwordSha256 }) => passwordSha256)
  expect(hashes).toContain(sha256(again.password))
  expect(hashes).not.toContain(sha256(first.password))
  expect(hashes).toContain(sha256(second.password))
})

test('a counter of pulses is bound with what a pulse means in this car, and not without', () => {
  const pair = (perKm?: string) =>
    withDevice(dir, 'tcp:10.0.0.2:502', profileOf('victron-gx-input'), {
      ...{ vehicle: VEHICLE, id: 'io', pulses: 'count' },
      ...(perKm === undefined ? {} : { perKm }),
    }).installation
  expect(pair('4971.5').pulses).toEqual({ device: 'io', reading: 'count', perKm: 4971.5 })
  for (const wrong of [undefined, 'many', '0']) expect(() => pair(wrong)).toThrow(PairingMistake)
})

test('a device on a wire needs no password', () => {
  const { password } = withDevice(dir, 'tcp:10.0.0.2:502', profileOf('ebyte-e108-d01'), { vehicle: VEHICLE })
  expect(password).toBeUndefined()
})

test('the vehicle is the one said; else the one of before; else nobody knows, and that is said', () => {
  const gps = () => withDevice(dir, 'tcp:10.0.0.2:502', profileOf('ebyte-e108-d01'), {}).installation
  expect(gps).toThrow(PairingMistake)
  const said = withDevice(dir, 'tcp:10.0.0.2:502', profileOf('ebyte-e108-d01'), { vehicle: OTHER }).installation
  expect(said.vehicleId).toBe(OTHER)
  writeInstallation(dir, said)
  expect(gps().vehicleId).toBe(OTHER)
})

test.each([
  { name: 'no vehicle’s id', options: { vehicle: 'Х259АВ' } },
  { name: 'a reading that the unit does not have', options: { vehicle: VEHICLE, ignition: 'key' } },
])('$name is refused', ({ options }) => {
  expect(() => withDevice(dir, 'mqtt:shellyplus1-a8032abe', profileOf('shelly-gen2'), options)).toThrow()
})

test('a VIN is taken as it stands on papers, whatever the keyboard; what is none is refused', () => {
  expect(marksOf({ vin: 'хz8 lm2c49p-1234567', plate: ' А123ВС77 ' })).toEqual({
    vin: 'XZ8LM2C49P1234567',
    plate: 'А123ВС77',
  })
  expect(marksOf({})).toBeUndefined()
  for (const vin of ['XZ8LM2C49PO234567', 'XZ8LM2C49P123456', '']) expect(() => marksOf({ vin })).toThrow('a VIN is 17')
})

const waveshare = ['rtu:10.0.0.2:4001', 'waveshare-relay-8ch'] as const
test.each([
  {
    name: 'a unit number too high',
    from: waveshare,
    options: { unit: '999' },
    says: '--unit is a number from 1 to 255',
  },
  {
    name: 'a unit number in words',
    from: waveshare,
    options: { unit: 'two' },
    says: '--unit is a number from 1 to 255',
  },
  { name: 'a name in Russian', from: waveshare, options: { id: 'Реле 1' }, says: '--id is 1 to 32 of a-z' },
  {
    name: 'a speed misspelt',
    from: ['/dev/ttyUSB0@96oo', 'waveshare-relay-8ch'],
    options: {},
    says: 'a port reads /dev',
  },
  {
    name: 'a port number too high',
    from: ['tcp:10.0.0.2:70000', 'waveshare-relay-8ch'],
    options: {},
    says: 'a port reads',
  },
  { name: 'a port without a host', from: ['rtu:4001', 'waveshare-relay-8ch'], options: {}, says: 'a port reads' },
  {
    name: 'a receiver of sentences on Modbus',
    from: ['rtu:10.0.0.2:4001', 'generic-nmea-0183'],
    options: {},
    says: 'it speaks nmea',
  },
  {
    name: 'a Modbus board on the broker',
    from: ['mqtt:plug', 'waveshare-relay-8ch'],
    options: {},
    says: 'it speaks modbusRtu',
  },
  {
    name: 'a receiver for a relay',
    from: ['rtu:10.0.0.2:4001', 'ebyte-e108-d01'],
    options: { drives: 'starter' },
    says: 'drives no relay',
  },
  {
    name: 'an input that there is not',
    from: waveshare,
    options: { ignition: 'inputt1' },
    says: 'has no reading inputt1; it has',
  },
  {
    name: 'the relay for its own ignition',
    from: waveshare,
    options: { ignition: 'drive' },
    says: 'is what the relay itself says',
  },
  {
    name: 'one wire for two',
    from: waveshare,
    options: { ignition: 'input1', sense: 'input1' },
    says: 'input1 is named twice',
  },
  {
    name: 'a contact that a dead gateway opens',
    from: waveshare,
    options: { drives: 'starter', contact: 'normally-open' },
    says: 'wire the normally-closed one',
  },
] as const)('$name is refused, in both languages, and nothing is written', ({ from: [port, model], options, says }) => {
  let told = ''
  try {
    withDevice(dir, port, profileOf(model), { vehicle: VEHICLE, ...options })
  } catch (cause) {
    if (!(cause instanceof PairingMistake)) throw cause
    told = cause.message
  }
  expect(told).toContain(says)
  expect(inRussian(told)).toMatch(/[а-я]{4}/)
  expect(readInstallation(dir)).toBeUndefined()
})

test('an installation that cannot be read is named with its line', () => {
  writeFileSync(join(dir, 'installation.yaml'), 'schema: [')
  expect(() => withDevice(dir, ...waveshareOn(), { vehicle: VEHICLE })).toThrow(
    /installation\.yaml cannot be read.*yaml:1:/s,
  )
})
const waveshareOn = () => [waveshare[0], profileOf(waveshare[1])] as const

test.each([
  { reason: 'timeout', expected: [] },
  { reason: 'crc', expected: [{ unit: 2, profiles: [], damaged: true }] },
  { reason: 'exception-2', expected: [{ unit: 2, profiles: [] }] },
] as const)('a scan that hears $reason', async ({ reason, expected }) => {
  const open: OpenLine = () => ({
    device: (_profile, settings) => ({
      settings,
      read: async () => ({ kind: 'failed', reason }),
      write: () => Promise.reject(new Error('a scan only reads')),
    }),
    close: () => {},
  })
  const port = { kind: 'modbusRtuTcp', host: 'a', port: 1 } as const
  const found = await scanLine(open, port, profiles, { units: [2], bauds: [] }, () => {}, new AbortController().signal)
  expect(found).toEqual(expected)
})
