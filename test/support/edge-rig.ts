import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeviceId, GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { type Clock, later } from '#contract/instant.ts'
import type { OrderAction, OrderReport } from '#contract/order.ts'
import { createPkiService } from '../../cloud/pki/pki-service.ts'
import type { GpsFix } from '../../demo/gps-fix.ts'
import { createHardware } from '../../demo/hardware.ts'
import { createModbusDevice } from '../../demo/modbus-device-client.ts'
import type { ModbusUnit } from '../../demo/modbus-unit.ts'
import { createGateway, type Gateway, type GatewayConfig } from '../../edge/app.ts'
import { createIdentityStore } from '../../edge/identity/identity-store.ts'
import { createGatewayKey } from '../../edge/identity/key-client.ts'
import { createFastClock } from './fast-clock.ts'
import { type CloudMock, createCloudMock } from './mqtt-mock.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

export const GATEWAY = GatewayId.parse('gw-testtest1')
export const VEHICLE = VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11')
const HOST = '127.0.0.1'

/** The world around one gateway: a car with simulated Modbus hardware, and a broker that plays the cloud. */
export type EdgeRig = {
  readonly cloud: CloudMock
  readonly clock: Clock
  readonly dir: string
  readonly installation: Installation
  /** The truth about the car, to be changed by the test. */
  readonly car: { speedKmh: number; ignition: boolean; hasFix: boolean; lat: number; lon: number }
  coils(): readonly boolean[]
  /** Every write that changed a coil, in order. */
  readonly switches: readonly boolean[]
  start(more?: Partial<GatewayConfig>): { readonly gateway: Gateway; stop(): Promise<void> }
  claims(action: OrderAction, seq: number, more?: object): { orderId: string } & Record<string, unknown>
  reports(orderId: string): readonly OrderReport[]
  close(): Promise<void>
}

export async function createEdgeRig(options: {
  readonly speed?: number
  /** How far the gateway's wall clock is behind the receiver's time, ms. */
  readonly clockBehind?: number
  readonly lying?: (unit: ModbusUnit) => ModbusUnit
  readonly change?: (installation: Installation) => Installation
  /** Signs in with a certificate of its own authority instead of a password. */
  readonly identity?: 'certificate'
}): Promise<EdgeRig> {
  const clock = createFastClock(options.speed ?? 20, options.clockBehind ?? 0)
  const own = options.identity === 'certificate' ? await certified() : undefined
  const cloud = await createCloudMock(0, own?.server)
  const dir = mkdtempSync(join(tmpdir(), 'kordon-edge-'))
  const car = { speedKmh: 0, ignition: false, hasFix: true, lat: 55.75, lon: 37.62 }
  const switches: boolean[] = []
  const fixNow = (): GpsFix | undefined =>
    car.hasFix
      ? {
          at: later(clock.now(), options.clockBehind ?? 0),
          position: { lat: car.lat, lon: car.lon },
          speedKmh: car.speedKmh,
          courseDeg: 0,
          satellites: 9,
          hdop: 1,
          altitudeM: 150,
        }
      : undefined
  const hardware = createHardware({
    fitting: 'gps-unit-and-relay',
    serial: '1106100000',
    coils: [],
    sensors: { fixNow, ignition: () => car.ignition, motion: () => car.speedKmh > 0 },
    clock,
    switched: () => {
      switches.push(hardware.coils()[0] === true)
    },
  })
  const device = (unit: ModbusUnit) =>
    createModbusDevice({ units: new Map([[1, unit]]), clock, host: HOST, port: 0, latencyMs: () => 5 })
  const relayUnit = options.lying?.(hardware.relayUnit) ?? hardware.relayUnit
  const [relayLine, gpsLine] = [device(relayUnit), device(hardware.gpsUnit ?? hardware.relayUnit)]
  const [relayPort, gpsPort] = [await relayLine.listen(), await gpsLine.listen()]
  const [gps, relay] = [DeviceId.parse('gps'), DeviceId.parse('relay')]
  const plain: Installation = {
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId: VEHICLE,
    devices: [
      { id: gps, profile: 'ebyte-e108-d01', port: { kind: 'modbusTcp', host: HOST, port: gpsPort, unitId: 1 } },
      {
        id: relay,
        profile: 'waveshare-relay-8ch',
        port: { kind: 'modbusTcp', host: HOST, port: relayPort, unitId: 1 },
      },
    ],
    ignition: { device: relay, reading: 'input1' },
    immobilizer: { device: relay, circuit: 'starter', contact: 'normally-closed' },
    interlock: { ignitionOffMs: 30_000, relayRestMs: 0, relayTogglesPerHour: 3600 },
    sealed: { at: '2026-11-01T09:00:00Z', by: 'technician' },
  }
  const installation = options.change?.(plain) ?? plain
  createIdentityStore(dir).save({
    schema: 'kordon-identity/1',
    keyPem: own?.keyPem ?? '',
    grant: {
      ...(own === undefined
        ? { by: 'password', password: 'secret' }
        : { by: 'certificate', certificatePem: own.certificatePem }),
      gatewayId: GATEWAY,
      vehicleId: VEHICLE,
      signerKeys: [...cloud.signerKeys],
      caPem: own?.server.ca ?? '',
      brokerUrl: cloud.brokerUrl,
    },
  })
  const running = new Set<() => Promise<void>>()

  return {
    cloud,
    clock,
    dir,
    installation,
    car,
    coils: hardware.coils,
    switches,
    start: (more = {}) => {
      const stopping = new AbortController()
      const gateway = createGateway(
        {
          dir,
          profilesDir: new URL('../../device-profiles', import.meta.url).pathname,
          installation,
          software: 'test',
          ...more,
        },
        { clock, log: silentLog, uuid: randomUUID, randomBytes: (length) => randomBytes(length) },
      )
      const done = gateway.run(stopping.signal)
      const stop = async (): Promise<void> => {
        stopping.abort()
        running.delete(stop)
        await done
      }
      running.add(stop)
      return { gateway, stop }
    },
    claims: (action, seq, more = {}) => {
      const iat = clock.now()
      return {
        orderId: OrderId.parse(randomUUID()),
        seq: OrderSeq.parse(seq),
        aud: GATEWAY,
        vehicleId: VEHICLE,
        action,
        reasons: action === 'block' ? ['manual'] : [],
        iat,
        by: 'user:test',
        ...(action === 'block' ? { notAfter: later(iat, 15 * 60_000) } : {}),
        ...more,
      }
    },
    reports: (orderId) =>
      cloud.delivered.flatMap(({ record }) => (record.kind === 'report' && record.orderId === orderId ? [record] : [])),
    close: async () => {
      await Promise.all([...running].map((stop) => stop()))
      await Promise.all([relayLine.close(), gpsLine.close(), cloud.close()])
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A key of this gateway and a certificate for it, as the cloud would grant. */
export async function certified() {
  const files = new Map<string, string>()
  const pki = createPkiService({
    store: { read: (name) => files.get(name), write: (name, text) => void files.set(name, text) },
    hosts: [],
    clock: systemClock,
    randomBytes: (length) => randomBytes(length),
  })
  const server = await pki.open()
  const { keyPem, csrPem } = await createGatewayKey()
  const csr = await pki.readCsr(csrPem)
  if (csr === undefined) throw new Error('the request was not understood')
  return { server, keyPem, certificatePem: (await pki.sign(csr, GATEWAY)).certificatePem }
}
