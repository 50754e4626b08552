import { DeviceId, type VehicleId } from '#contract/ids.ts'
import type { Installation, InterlockSettings } from '#contract/installation.ts'
import type { Fitting } from './fleet.ts'

/** Where the simulated hardware listens. A fitting uses one or two of them. */
export type HardwarePorts = { readonly gps?: number; readonly relay: number }

const HOST = '127.0.0.1'
const GPS = DeviceId.parse('gps')
const RELAY = DeviceId.parse('relay')
const ROUTER = DeviceId.parse('router')

/** Pure. The technician's sheet of a virtual car: which device hangs where, and what its relay interrupts. */
export function installationOf(
  vehicleId: VehicleId,
  fitting: Fitting,
  ports: HardwarePorts,
  sealedAt: string,
  interlock: InterlockSettings | undefined,
): Installation {
  return {
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId,
    ...devicesOf(fitting, ports),
    ...(interlock === undefined ? {} : { interlock }),
    sampling: { movingMs: 1000, parkedMs: 60_000 },
    sealed: { at: sealedAt, by: 'technician' },
  }
}

function devicesOf(
  fitting: Fitting,
  ports: HardwarePorts,
): Pick<Installation, 'devices' | 'ignition' | 'motion' | 'immobilizer'> {
  if (fitting === 'router') {
    const port = { kind: 'modbusTcp', host: HOST, port: ports.relay, unitId: 1 } as const
    return {
      devices: [{ id: ROUTER, profile: 'teltonika-rut955', port }],
      ignition: { device: ROUTER, reading: 'ignition' },
      // Its speed is no evidence until confirmed on a bench, so standstill is proved by a vibration sensor on DIN1.
      motion: { device: ROUTER, reading: 'input1' },
      immobilizer: { device: ROUTER, circuit: 'starter', contact: 'normally-closed' },
    }
  }
  const gpsPort = ports.gps ?? 0
  const relay = {
    id: RELAY,
    profile: 'waveshare-relay-8ch',
    port: { kind: 'modbusTcp', host: HOST, port: ports.relay, unitId: 1 },
  } as const
  const gps =
    fitting === 'nmea-and-relay'
      ? ({ id: GPS, profile: 'generic-nmea-0183', port: { kind: 'nmeaTcp', host: HOST, port: gpsPort } } as const)
      : ({
          id: GPS,
          profile: 'ebyte-e108-d01',
          port: { kind: 'modbusTcp', host: HOST, port: gpsPort, unitId: 1 },
        } as const)
  return {
    devices: [gps, relay],
    ignition: { device: RELAY, reading: 'input1' },
    // A GPS that is polled hides the age of its fix: the car's standstill has a second witness at the moment of the block.
    ...(fitting === 'gps-unit-and-relay' ? { motion: { device: RELAY, reading: 'input2' } } : {}),
    immobilizer: { device: RELAY, circuit: 'starter', contact: 'normally-closed' },
  }
}
