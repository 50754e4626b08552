import type { DevicePort, Installation } from '#contract/installation.ts'
import type { Clock } from '#contract/instant.ts'
import type { FixedByteOrder, Profile } from '#contract/profile.ts'
import { createGpsdDecoder, WATCH } from '../gpsd/gpsd-decoder.ts'
import type { WritesRelay } from '../immobilizer/relay-output.ts'
import { createLocalBus, type LocalBus } from '../local-bus/app.ts'
import type { Log } from '../log.ts'
import { type OpenLink, openSerialLink, openTcpLink } from '../modbus/byte-link-client.ts'
import { createByteOrderStore } from '../modbus/byte-order-store.ts'
import { lineSettings, silenceMs } from '../modbus/line-settings.ts'
import { createModbusLine, type LineDeps, type ModbusDevice, type ModbusLine } from '../modbus/modbus-client.ts'
import { createRelayClient } from '../modbus/relay-client.ts'
import { runNmeaLoop } from '../nmea/nmea-loop.ts'
import { runPollLoop } from '../poll/poll-loop.ts'
import type { Reading } from '../profile/reading.ts'
import { BUILT } from '../time/build-date.ts'

type Installed = Installation['devices'][number]

export type Devices = {
  /** The relay of this vehicle, or one that is always silent where none is installed. */
  readonly relay: WritesRelay
  /** Polls and listens to every device until told to stop, then closes every line. */
  run(
    onReadings: (readings: readonly Reading[]) => void,
    stop: AbortSignal,
    /** A block waits for a position: registers of a receiver are read faster. */
    isUrgent?: () => boolean,
  ): Promise<void>
}

type Deps = {
  readonly installation: Installation
  readonly profiles: readonly Profile[]
  readonly clock: Clock
  readonly log: Log
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly randomBytes: (length: number) => Uint8Array
  /** The gateway's folder, made by the time it runs: float orders that were found out are kept there. */
  readonly dir: string
}

/** Wires the devices of one installation. Throws naming every device whose profile or port does not fit. */
export function createDevices(deps: Deps): Devices {
  const { installation, clock, log, random } = deps
  const mistakes = installation.devices.flatMap((device) => misfit(device, deps))
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
  const lines = new Map<string, ModbusLine>()
  const modbus = new Map<string, ModbusDevice>()

  for (const device of installation.devices) {
    const profile = profileOf(device, deps)
    const settings = profile && lineSettings(profile, device.port)
    if (profile === undefined || settings === undefined || device.port.kind === 'mqtt') continue
    const key = lineName(device.port)
    const line = lines.get(key) ?? createModbusLine({ ...lineOf(device.port, profile), name: key, clock, random, log })
    lines.set(key, line)
    modbus.set(device.id, line.device(profile, settings))
  }

  const localBus = localBusOf(deps)
  const orders = createByteOrderStore(deps.dir)

  const run = (
    device: Installed,
    onReadings: (readings: readonly Reading[]) => void,
    stop: AbortSignal,
    isUrgent: () => boolean,
  ) => {
    const profile = profileOf(device, deps)
    const port = modbus.get(device.id)
    if (profile === undefined || device.port.kind === 'mqtt') return Promise.resolve()
    const common = { device: device.id, profile, clock, random, log, notBefore: BUILT, onReadings }
    if (port === undefined) {
      const speech = device.port.kind === 'gpsdTcp' ? { decoder: createGpsdDecoder, greeting: WATCH } : undefined
      const open = linkOf(device.port, profile)
      return runNmeaLoop({ ...common, open, ...(speech === undefined ? {} : { speech }) }, stop)
    }
    const locked = device.lockedByteOrder ?? orders.find(device.id, profile.id)
    const onByteOrderLocked = (order: FixedByteOrder): void => {
      try {
        orders.save(device.id, profile.id, order)
      } catch (cause) {
        log.warn({ device: device.id, err: cause }, 'device.byte-order-unwritable')
      }
    }
    return runPollLoop(
      {
        ...common,
        modbus: port,
        isUrgent,
        onByteOrderLocked,
        ...(locked === undefined ? {} : { lockedByteOrder: locked }),
      },
      stop,
    )
  }

  return {
    relay: localBus?.relay ?? relayOf(deps, modbus),
    run: async (onReadings, stop, isUrgent = () => false) => {
      await Promise.all([
        ...installation.devices.map((device) => run(device, onReadings, stop, isUrgent)),
        localBus?.run(onReadings, stop),
      ])
      for (const line of lines.values()) line.close()
    },
  }
}

const profileOf = (device: Installed, { profiles }: Deps): Profile | undefined =>
  profiles.find(({ id }) => id === device.profile)

function localBusOf(deps: Deps): LocalBus | undefined {
  const { installation, clock, log } = deps
  const devices = installation.devices.flatMap((device) => {
    const profile = profileOf(device, deps)
    return profile === undefined || device.port.kind !== 'mqtt'
      ? []
      : [{ device: device.id, profile, port: device.port }]
  })
  if (devices.length === 0) return undefined
  const newSecret = (): string => Buffer.from(deps.randomBytes(32)).toString('hex')
  const { localBus, immobilizer } = installation
  return createLocalBus({ devices, drives: immobilizer?.device, localBus, clock, log, notBefore: BUILT, newSecret })
}

function speaksOver(profile: Profile, port: DevicePort): boolean {
  switch (port.kind) {
    case 'nmeaTcp':
    case 'nmeaSerial':
      return profile.transport.nmea !== undefined
    case 'gpsdTcp':
      return profile.transport.gpsd !== undefined
    case 'mqtt':
      return profile.transport.mqtt !== undefined
    case 'modbusTcp':
    case 'modbusRtu':
    case 'modbusRtuTcp':
      return lineSettings(profile, port) !== undefined
    default:
      return port satisfies never
  }
}

function misfit(device: Installed, deps: Deps): readonly string[] {
  const profile = profileOf(device, deps)
  if (profile === undefined) return [`device ${device.id}: there is no profile ${device.profile}`]
  return speaksOver(profile, device.port)
    ? []
    : [`device ${device.id}: profile ${profile.id} cannot be spoken to over ${device.port.kind}`]
}

/** Two requests of three attempts each: a device that is merely off is asked as often before its turn comes. */
const HALF_OPEN_AFTER = 6

type LinePort = Exclude<DevicePort, { kind: 'mqtt' }>

const lineName = (port: LinePort): string => ('path' in port ? port.path : `${port.host}:${port.port}`)

function linkOf(port: LinePort, profile: Profile): OpenLink {
  if (!('path' in port)) return openTcpLink(port)
  const { modbusRtu, nmea } = profile.transport
  const line = port.kind === 'nmeaSerial' ? nmea : modbusRtu
  return openSerialLink({
    path: port.path,
    baud: port.baud ?? line?.baud ?? 9600,
    parity: port.parity ?? line?.parity ?? 'none',
    stopBits: port.stopBits ?? line?.stopBits ?? 1,
  })
}

function lineOf(port: LinePort, profile: Profile): Pick<LineDeps, 'open' | 'framing' | 'silenceMs' | 'halfOpenAfter'> {
  const open = linkOf(port, profile)
  const halfOpenAfter = HALF_OPEN_AFTER
  if (port.kind === 'modbusTcp') return { open, framing: 'mbap', silenceMs: 0, halfOpenAfter }
  const baud = ('path' in port ? port.baud : undefined) ?? profile.transport.modbusRtu?.baud ?? 9600
  return { open, framing: 'rtu', silenceMs: silenceMs(baud), ...('path' in port ? {} : { halfOpenAfter }) }
}

function relayOf({ installation, profiles, clock }: Deps, modbus: ReadonlyMap<string, ModbusDevice>): WritesRelay {
  const device = installation.devices.find(({ id }) => id === installation.immobilizer?.device)
  const profile = profiles.find(({ id }) => id === device?.profile)
  const port = device && modbus.get(device.id)
  if (profile !== undefined && port !== undefined) return createRelayClient({ modbus: port, profile, clock })
  if (installation.immobilizer !== undefined)
    throw new Error(`immobilizer: there is no Modbus device ${installation.immobilizer.device}`)
  return {
    readDrive: () => Promise.resolve({ drive: 'unknown', cause: 'no relay installed', steadyAt: clock.steady() }),
    writeDrive: () => Promise.reject(new Error('no relay installed')),
  }
}
