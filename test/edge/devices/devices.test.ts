import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DeviceId, VehicleId } from '#contract/ids.ts'
import { Installation } from '#contract/installation.ts'
import { createDevices } from '../../../edge/devices/app.ts'
import { createByteOrderStore } from '../../../edge/modbus/byte-order-store.ts'
import { mbapFrame } from '../../../edge/modbus/modbus-frame.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { listenTcp } from '../../support/fake-modbus-line.ts'
import { createFastClock } from '../../support/fast-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { until } from '../../support/until.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const folder = mkdtempSync(join(tmpdir(), 'kordon-devices-'))
afterAll(() => rmSync(folder, { recursive: true }))
const gps = DeviceId.parse('gps')

const installed = (devices: readonly object[], more: object = {}): Installation =>
  Installation.parse({
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
    devices,
    ...more,
  })
const wire = (installation: Installation, dir = folder) =>
  createDevices({
    installation,
    profiles,
    clock: createFastClock(20),
    log: silentLog,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length).fill(7),
    dir,
  })

const mqtt = { kind: 'mqtt', prefix: 'a', user: 'a', passwordSha256: '0'.repeat(64) }

describe('what does not fit is named before anything starts', () => {
  test.each([
    {
      name: 'a receiver on the bus',
      devices: [{ id: 'gps', profile: 'generic-nmea-0183', port: mqtt }],
      says: 'device gps: profile generic-nmea-0183 cannot be spoken to over mqtt',
    },
    {
      name: 'gpsd for a serial receiver',
      devices: [{ id: 'gps', profile: 'generic-nmea-0183', port: { kind: 'gpsdTcp', host: 'h', port: 2947 } }],
      says: 'device gps: profile generic-nmea-0183 cannot be spoken to over gpsdTcp',
    },
    {
      name: 'two units of one name',
      devices: [
        { id: 'a', profile: 'shelly-gen2', port: mqtt },
        { id: 'b', profile: 'shelly-gen2', port: mqtt },
      ],
      says: 'two MQTT units sign in as a',
    },
    {
      name: 'a relay that cannot be one',
      devices: [{ id: 'a', profile: 'owntracks-phone', port: mqtt }],
      immobilizer: 'a',
      says: 'profile owntracks-phone has no immobilizer action over MQTT',
    },
    {
      name: 'an experimental relay',
      devices: [{ id: 'a', profile: '485io-ryn4', port: { kind: 'modbusTcp', host: 'h', port: 502 } }],
      immobilizer: 'a',
      says: 'profile 485io-ryn4 is experimental and drives no relay',
    },
  ])('$name', ({ devices, says, ...rest }) => {
    const drives =
      'immobilizer' in rest
        ? { immobilizer: { device: rest.immobilizer, circuit: 'starter', contact: 'normally-closed' } }
        : {}
    expect(() => wire(installed(devices, drives))).toThrow(says)
  })

  test.each([
    { name: 'a wildcard in a prefix', port: { ...mqtt, prefix: 'a/+' } },
    { name: 'a prefix that begins with $', port: { ...mqtt, prefix: '$SYS' } },
    { name: 'an empty level', port: { ...mqtt, prefix: 'a//b' } },
    { name: 'a password in clear', port: { ...mqtt, passwordSha256: 'secret' } },
  ])('$name is no installation', ({ port }) => {
    expect(() => installed([{ id: 'a', profile: 'shelly-gen2', port }])).toThrow()
  })
})

/** A router that answers the fix registers with reversed floats and a fix time that goes on each second. */
async function router() {
  let second = 1_795_289_123
  const server = await listenTcp((socket) =>
    socket.on('data', (bytes: Buffer) => {
      const [start, count] = [bytes.readUInt16BE(8), bytes.readUInt16BE(10)]
      const words = Buffer.alloc(count * 2)
      const put = (address: number, hex: Buffer): void => {
        if (address >= start && address * 2 + hex.length <= (start + count) * 2) hex.copy(words, (address - start) * 2)
      }
      const float = (value: number): Buffer => {
        const four = Buffer.alloc(4)
        four.writeFloatLE(value)
        return four
      }
      put(143, float(55.751244))
      put(145, float(37.618423))
      put(147, Buffer.from(String(second)))
      put(183, float(3.5))
      put(181, Buffer.from([0, 0, 0, 9]))
      if (start === 143) second += 1
      socket.write(mbapFrame(bytes.readUInt16BE(0), 1, Uint8Array.from([3, count * 2, ...words])))
    }),
  )
  return server
}

async function firstLatitudes(installation: Installation, dir: string, enough: (seen: readonly Reading[]) => boolean) {
  const seen: Reading[] = []
  const stop = new AbortController()
  const done = wire(installation, dir).run((readings) => {
    const lat = readings.find(({ name }) => name === 'lat')
    if (lat !== undefined) seen.push(lat)
  }, stop.signal)
  await until('enough fixes', () => enough(seen))
  stop.abort()
  await done
  return seen
}

describe('the order of the float bytes', () => {
  test('is found out in twenty fixes, kept on disk, and used from the first fix of the next start', async () => {
    const server = await router()
    const dir = mkdtempSync(join(folder, 'found-'))
    const port = { kind: 'modbusTcp', host: '127.0.0.1', port: server.port }
    const installation = installed([{ id: 'gps', profile: 'teltonika-rut955', port }])
    const first = await firstLatitudes(installation, dir, (seen) => seen.some(({ quality }) => quality === 'good'))
    const untilGood = first.findIndex(({ quality }) => quality === 'good')
    expect(first.slice(1, untilGood).map(({ reason }) => reason)).toEqual(
      Array.from({ length: untilGood - 1 }, () => 'byte-order-unlocked'),
    )
    expect(untilGood).toBe(19)
    expect(first[untilGood]?.value).toBeCloseTo(55.751244, 5)
    expect(JSON.parse(readFileSync(join(dir, 'byte-orders.json'), 'utf8'))).toEqual({
      schema: 'kordon-byte-orders/1',
      devices: { gps: { profile: 'teltonika-rut955', order: 'DCBA' } },
    })
    const second = await firstLatitudes(installation, dir, (seen) => seen.length >= 2)
    // The router's position must still be seen to move on; its order is known.
    expect(second.slice(0, 2).map(({ quality, reason }) => reason ?? quality)).toEqual(['not-advancing', 'good'])
    await server.close()
  })

  test('of the installation goes before what was found out', async () => {
    const server = await router()
    const dir = mkdtempSync(join(folder, 'told-'))
    createByteOrderStore(dir).save(gps, 'teltonika-rut955', 'ABCD')
    const port = { kind: 'modbusTcp', host: '127.0.0.1', port: server.port }
    const installation = installed([{ id: 'gps', profile: 'teltonika-rut955', port, lockedByteOrder: 'DCBA' }])
    const seen = await firstLatitudes(installation, dir, (all) => all.length >= 2)
    expect(seen[1]).toMatchObject({ quality: 'good' })
    await server.close()
  })

  test('is forgotten when the device has become another model, and when its file is damaged', () => {
    const dir = mkdtempSync(join(folder, 'kept-'))
    const store = createByteOrderStore(dir)
    expect(store.find(gps, 'a-b')).toBeUndefined()
    store.save(gps, 'a-b', 'CDAB')
    store.save(DeviceId.parse('other'), 'a-b', 'BADC')
    expect([store.find(gps, 'a-b'), store.find(gps, 'c-d')]).toEqual(['CDAB', undefined])
    writeFileSync(join(dir, 'byte-orders.json'), '{"schema":"kordon-byte-orders/1","devi')
    expect(store.find(gps, 'a-b')).toBeUndefined()
    store.save(gps, 'a-b', 'DCBA')
    expect(store.find(gps, 'a-b')).toBe('DCBA')
  })
})
