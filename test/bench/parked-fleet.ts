import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DeviceId, type GatewayId, type VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { createGpsUnit } from '../../demo/gps-unit.ts'
import { createModbusDevice, type ModbusDevice } from '../../demo/modbus-device-client.ts'
import { createProvisionClient } from '../../demo/provision-client.ts'
import { createRelayUnit } from '../../demo/relay-unit.ts'
import { createGateway, type Gateway } from '../../edge/app.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'

/** A car that stands with its ignition off: a real gateway, a simulated relay board and GPS unit on Modbus. */
export type ParkedCar = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly gateway: Gateway
  coil(): 'open' | 'closed'
  /** Requests that the relay's line has answered so far. */
  exchanges(): number
}

export type ParkedFleet = { readonly cars: readonly ParkedCar[]; stop(): Promise<void> }

type Options = {
  readonly cloudUrl: string
  readonly count: number
  /** Where the numbers of the plates begin. */
  readonly from?: number
  /** Instead of the broker that the cloud names. */
  readonly brokerUrl?: string
  readonly caPem?: string
  /** From request to reply on the relay's line, for so many bytes. */
  readonly busMs: (bytes: number) => number
  /** Without a motion sensor the GNSS is the only witness of standstill, and a block waits for its next fix. */
  readonly witness?: 'gnss and motion sensor' | 'gnss alone'
}

const HOST = '127.0.0.1'
const [GPS, RELAY] = [DeviceId.parse('gps'), DeviceId.parse('relay')]
const PROFILES = new URL('../../device-profiles', import.meta.url).pathname

const [TRIES, PAUSE_MS] = [20, 3000]

/** A cloud that is asked for too much at once says so, and is asked again: setting the fleet up is not what is measured. */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (cause) {
      if (tries === TRIES || !(cause instanceof Error) || !cause.message.includes('service/unavailable')) throw cause
      await pause(PAUSE_MS)
    }
  }
}

/** Provisions and starts so many cars, one after another as a technician would. */
export async function startParkedFleet(options: Options): Promise<ParkedFleet> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-parked-'))
  const provisioning = createProvisionClient(options.cloudUrl)
  const stopping = new AbortController()
  const lines: ModbusDevice[] = []
  const running: Promise<void>[] = []
  const cars: ParkedCar[] = []
  const line = async (
    unit: Parameters<typeof createModbusDevice>[0]['units'] extends ReadonlyMap<number, infer Unit> ? Unit : never,
    answered: () => void,
  ) => {
    const device = createModbusDevice({
      units: new Map([[1, unit]]),
      clock: systemClock,
      host: HOST,
      port: 0,
      latencyMs: (bytes) => {
        answered()
        return options.busMs(bytes)
      },
    })
    lines.push(device)
    return device.listen()
  }
  for (let index = options.from ?? 0; index < (options.from ?? 0) + options.count; index += 1) {
    const granted = await patiently(() =>
      provisioning.provision({ plate: `Б${String(index).padStart(4, '0')}`, model: 'Bench' }, 'none'),
    )
    const board = createRelayUnit(
      Array.from({ length: 8 }, () => false),
      () => false,
      () => {},
    )
    const position = { lat: 55.75 + index / 1000, lon: 37.62 }
    const gps = createGpsUnit(() => ({
      at: systemClock.now(),
      position,
      speedKmh: 0,
      courseDeg: 0,
      satellites: 9,
      hdop: 1,
      altitudeM: 150,
    }))
    let exchanges = 0
    const relayPort = await line(board, () => {
      exchanges += 1
    })
    const gpsPort = await line(gps, () => {})
    const installation: Installation = {
      schema: 'kordon-installation/1',
      version: 1,
      vehicleId: granted.vehicleId,
      devices: [
        {
          id: RELAY,
          profile: 'waveshare-relay-8ch',
          port: { kind: 'modbusTcp', host: HOST, port: relayPort, unitId: 1 },
        },
        { id: GPS, profile: 'ebyte-e108-d01', port: { kind: 'modbusTcp', host: HOST, port: gpsPort, unitId: 1 } },
      ],
      ignition: { device: RELAY, reading: 'input1' },
      ...(options.witness === 'gnss alone' ? {} : { motion: { device: RELAY, reading: 'input2' } }),
      immobilizer: { device: RELAY, circuit: 'starter', contact: 'normally-closed' },
      interlock: { relayRestMs: 0, relayTogglesPerHour: 3600, ignitionOffMs: 30_000 },
      sealed: { at: '2026-11-01T09:00:00Z', by: 'technician' },
    }
    const own = join(dir, String(index))
    mkdirSync(own)
    const gateway = createGateway(
      {
        dir: own,
        profilesDir: PROFILES,
        installation,
        cloudUrl: options.cloudUrl,
        software: 'bench',
        ...(granted.claimCode === undefined ? {} : { claimCode: granted.claimCode }),
        ...(options.brokerUrl === undefined ? {} : { brokerUrl: options.brokerUrl }),
      },
      {
        clock: systemClock,
        log: silentLog,
        uuid: () => randomUUID(),
        randomBytes: (length) => randomBytes(length),
        timeQuality: () => 'ntp',
      },
    )
    const run = gateway.run(stopping.signal)
    running.push(run)
    const failed = run.then(
      () => undefined,
      (cause: unknown) => ({ cause }),
    )
    while (gateway.status().uplink !== 'connected') {
      const end = await Promise.race([failed, systemClock.sleep(20 as never, stopping.signal)])
      if (end !== undefined && 'cause' in end) throw end.cause
    }
    await patiently(() => provisioning.seal(granted.gatewayId))
    cars.push({
      vehicleId: granted.vehicleId,
      gatewayId: granted.gatewayId,
      gateway,
      coil: () => (board.coils[0] === true ? 'open' : 'closed'),
      exchanges: () => exchanges,
    })
  }
  return {
    cars,
    stop: async () => {
      stopping.abort()
      await Promise.allSettled(running)
      await Promise.all(lines.map((device) => device.close()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
