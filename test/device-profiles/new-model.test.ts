import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DeviceId, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { checkFile } from '../../edge/cli/profile-files.ts'
import { createDevices } from '../../edge/devices/app.ts'
import { mbapFrame } from '../../edge/modbus/modbus-frame.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'
import type { Reading } from '../../edge/profile/reading.ts'
import { listenTcp } from '../support/fake-modbus-line.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'
import { until } from '../support/until.ts'

// A model that nobody has made, out of two texts: everything a new device needs.
const PROFILE = `schema: kordon-profile/1
id: imaginary-tachograph
revision: 1
status: documented
products: [{brand: Imaginary, model: Tachograph 9}]
sources: [{title: "Imaginary Tachograph 9, manual of a device that does not exist"}]
transport: {modbusTcp: {port: 502, unitId: 7, timeoutMs: 1000, addressBase: 1}}
groups: {fast: {everyMs: 100, maxHole: 4}}
readings:
  key: {group: fast, table: input, address: 101, bit: 3, map: {false: false, true: true}, capability: ignition}
  distance: {group: fast, table: input, address: 104, type: uint32, byteOrder: CDAB, scale: 5, unit: mi, range: [0, 9000000], capability: odometer}
deny: [{fc: [5, 6, 15, 16, 22, 23]}]
`
const SAMPLES = `schema: kordon-profile-samples/1
profile: imaginary-tachograph
notBefore: 2026-01-01
samples:
  - name: key in, then out, then silent
    steps:
      - afterMs: 0
        answers: [{table: input, address: 101, words: "0008 0000 0000 000A 0000"}]
        expect: {key: {value: true, quality: good}, distance: {value: 80.4672, quality: good}}
        later: [{afterMs: 3001, expect: {key: {value: true, quality: stale, reason: old}}}]
      - afterMs: 100
        answers: [{table: input, address: 101, words: "0007 0000 0000 000A 0000"}]
        expect: {key: {value: false, quality: good}}
      - afterMs: 100
        answers: [{table: input, address: 101, count: 5, fails: timeout}]
        expect: {key: {quality: bad, reason: timeout}}
reads: [{group: fast, mbap: ["00 01 00 00 00 06 07 04 00 64 00 05"]}]
`

const folder = mkdtempSync(join(tmpdir(), 'kordon-new-model-'))
mkdirSync(join(folder, 'samples'))
writeFileSync(join(folder, 'imaginary-tachograph.yaml'), PROFILE)
writeFileSync(join(folder, 'samples', 'imaginary-tachograph.yaml'), SAMPLES)
afterAll(() => rmSync(folder, { recursive: true }))

test('its samples hold', () => {
  expect(checkFile(join(folder, 'imaginary-tachograph.yaml'))).toEqual([])
})

test('the gateway polls it over TCP as it polls any other', async () => {
  const asked: string[] = []
  const server = await listenTcp((socket) =>
    socket.on('data', (bytes: Buffer) => {
      asked.push(bytes.subarray(6).toString('hex'))
      const answer = Uint8Array.from([4, 10, 0, 8, 0, 0, 0, 0, 0, 10, 0, 0])
      socket.write(mbapFrame(bytes.readUInt16BE(0), 7, answer))
    }),
  )
  const installation: Installation = {
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
    devices: [
      {
        id: DeviceId.parse('tacho'),
        profile: 'imaginary-tachograph',
        port: { kind: 'modbusTcp', host: '127.0.0.1', port: server.port },
      },
    ],
  }
  const devices = createDevices({
    installation,
    profiles: loadProfiles(folder),
    clock: systemClock,
    log: silentLog,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length),
    dir: folder,
  })
  const seen = new Map<string, Reading>()
  const stop = new AbortController()
  const done = devices.run((readings) => {
    for (const reading of readings) seen.set(reading.name, reading)
  }, stop.signal)
  await until('both readings are good', () => seen.get('distance')?.quality === 'good' && seen.has('key'))
  stop.abort()
  await done
  await server.close()
  expect(asked[0]).toBe('070400640005')
  expect(seen.get('key')).toMatchObject({ value: true, capability: 'ignition', quality: 'good', evidence: true })
  expect(seen.get('distance')?.value).toBeCloseTo(80.4672, 6)
})
