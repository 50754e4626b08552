import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { DeviceId, VehicleId } from '../../contract/ids.ts'
import { type Clock, epochMs, millis } from '../../contract/instant.ts'
import type { Fitting } from '../../demo/fleet.ts'
import type { GpsFix } from '../../demo/gps-fix.ts'
import { createHardware } from '../../demo/hardware.ts'
import { installationOf } from '../../demo/installation.ts'
import { createModbusDevice } from '../../demo/modbus-device-client.ts'
import type { ModbusUnit } from '../../demo/modbus-unit.ts'
import { createNmeaDevice } from '../../demo/nmea-device-client.ts'
import { sentencesOf } from '../../demo/nmea-text.ts'
import { openTcpLink } from '../../edge/modbus/byte-link-client.ts'
import { lineSettings } from '../../edge/modbus/line-settings.ts'
import { createModbusLine } from '../../edge/modbus/modbus-client.ts'
import { runNmeaLoop } from '../../edge/nmea/nmea-loop.ts'
import { runPollLoop } from '../../edge/poll/poll-loop.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'
import type { Reading } from '../../edge/profile/reading.ts'

const profiles = loadProfiles(new URL('../../device-profiles', import.meta.url).pathname)
const profileOf = (id: string) => {
  const found = profiles.find((profile) => profile.id === id)
  if (found === undefined) throw new Error(`no profile ${id}`)
  return found
}
const clock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: async (length, stop) => {
    await wait(length, undefined, { signal: stop }).catch(() => undefined)
  },
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const POSITION = { lat: 55.7558264, lon: 37.6173 }
const fixNow = (): GpsFix => ({
  at: epochMs(Math.floor(Date.now() / 1000) * 1000),
  position: POSITION,
  speedKmh: 42,
  courseDeg: 187,
  satellites: 9,
  hdop: 0.9,
  altitudeM: 150,
})
const sensors = { fixNow, ignition: () => true, motion: () => true }
const hardwareOf = (fitting: Fitting) =>
  createHardware({ fitting, serial: '1106100003', coils: [true], sensors, clock, switched: () => {} })

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Lets the real edge poll one simulated unit by its shipped profile until `enough` readings are good. */
async function polled(unit: ModbusUnit, profileId: string, enough: (good: ReadonlyMap<string, Reading>) => boolean) {
  const device = createModbusDevice({
    units: new Map([[1, unit]]),
    clock,
    host: '127.0.0.1',
    port: 0,
    latencyMs: () => 1,
  })
  const port = { kind: 'modbusTcp', host: '127.0.0.1', port: await device.listen(), unitId: 1 } as const
  const profile = profileOf(profileId)
  const settings = lineSettings(profile, port)
  if (settings === undefined) throw new Error('no settings')
  const line = createModbusLine({
    name: 'test',
    open: openTcpLink({ host: port.host, port: port.port }),
    framing: 'mbap',
    silenceMs: 0,
    clock,
    random: () => 0.5,
    log,
  })
  const stopping = new AbortController()
  closing.push(
    () => stopping.abort(),
    () => line.close(),
    () => device.close(),
  )
  const good = new Map<string, Reading>()
  await new Promise<void>((done) => {
    void runPollLoop(
      {
        device: DeviceId.parse('unit'),
        profile,
        modbus: line.device(profile, settings),
        clock,
        random: () => 0.5,
        log,
        notBefore: epochMs(0),
        lockedByteOrder: 'ABCD',
        onReadings: (readings) => {
          for (const reading of readings) if (reading.quality === 'good') good.set(reading.name, reading)
          if (enough(good)) done()
        },
      },
      stopping.signal,
    )
  })
  return Object.fromEntries([...good].map(([name, reading]) => [name, reading.value]))
}

test('the GPS unit is read by its shipped profile', async () => {
  const unit = hardwareOf('gps-unit-and-relay').gpsUnit
  if (unit === undefined) throw new Error('no GPS unit')
  const values = await polled(unit, 'ebyte-e108-d01', (good) => good.size === 6)
  expect(values).toMatchObject({ fix: '3d', course: 187 })
  expect(values['lat']).toBeCloseTo(POSITION.lat, 5)
  expect(values['lon']).toBeCloseTo(POSITION.lon, 5)
  expect(values['speed']).toBeCloseTo(42, 3)
})

test('the relay board is read by its shipped profile: the open start line, the ignition, the channel modes', async () => {
  const values = await polled(hardwareOf('nmea-and-relay').relayUnit, 'waveshare-relay-8ch', (good) => good.size === 24)
  expect(values).toMatchObject({ drive: 'blocked', relay2: false, input1: true, input2: false, mode1: 'normal' })
})

test('the router is read by its shipped profile, all groups', async () => {
  const { relayUnit } = hardwareOf('router')
  const values = await polled(
    relayUnit,
    'teltonika-rut955',
    (good) => good.has('clock') && good.has('ignition') && good.has('lat') && good.has('uptime'),
  )
  expect(values).toMatchObject({
    drive: 'blocked',
    ignition: true,
    input1: true,
    speed: 42,
    satellites: 9,
    signal: -71,
  })
  expect(values['lat']).toBeCloseTo(POSITION.lat, 5)
})

test('the receiver is read by its shipped profile, coordinates within 1e-7 degree', async () => {
  const receiver = createNmeaDevice({ host: '127.0.0.1', port: 0 })
  const port = await receiver.listen()
  const stopping = new AbortController()
  const speaking = setInterval(() => receiver.send(sentencesOf(fixNow())), 500)
  closing.push(
    () => stopping.abort(),
    () => clearInterval(speaking),
    () => receiver.close(),
  )
  const readings = await new Promise<readonly Reading[]>((done) => {
    void runNmeaLoop(
      {
        device: DeviceId.parse('gps'),
        profile: profileOf('generic-nmea-0183'),
        open: openTcpLink({ host: '127.0.0.1', port }),
        clock,
        random: () => 0.5,
        log,
        notBefore: epochMs(0),
        onReadings: (all) => {
          if (all.every((reading) => reading.quality === 'good')) done(all)
        },
      },
      stopping.signal,
    )
  })
  const values = Object.fromEntries(readings.map((reading) => [reading.name, reading.value]))
  expect(values).toMatchObject({ fix: '3d', satellites: 9, course: 187, altitude: 150 })
  expect(Math.abs(Number(values['lat']) - POSITION.lat)).toBeLessThan(1e-7)
  expect(Math.abs(Number(values['lon']) - POSITION.lon)).toBeLessThan(1e-7)
})

const VEHICLE = VehicleId.parse('00000000-0000-4000-8000-000000000001')

test.each([{ fitting: 'router' }, { fitting: 'nmea-and-relay' }, { fitting: 'gps-unit-and-relay' }] as const)(
  'every reading that the sheet of a $fitting car refers to is in a shipped profile',
  ({ fitting }) => {
    const sheet = installationOf(VEHICLE, fitting, { relay: 1502, gps: 1503 }, '2026-11-01T09:00:00Z', undefined)
    const readingsOf = (id: DeviceId | undefined): readonly string[] => {
      const device = sheet.devices.find((each) => each.id === id)
      return device === undefined ? [] : Object.keys(profileOf(device.profile).readings)
    }
    expect(readingsOf(sheet.ignition?.device)).toContain(sheet.ignition?.reading)
    if (sheet.motion !== undefined) expect(readingsOf(sheet.motion.device)).toContain(sheet.motion.reading)
    expect(readingsOf(sheet.immobilizer?.device)).toContain('drive')
  },
)
