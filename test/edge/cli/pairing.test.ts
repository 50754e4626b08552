import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PairingMistake, readInstallation, withDevice, writeInstallation } from '../../../edge/cli/pairing.ts'
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
