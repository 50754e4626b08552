import type { DevicePort } from '#contract/installation.ts'
import type { ModbusRtuTransport, ModbusTcpTransport, Profile } from '#contract/profile.ts'

/** How one device on a line is spoken to: the profile's numbers with the installation's unit. */
export type LineSettings = {
  readonly unitId: number
  readonly timeoutMs: number
  readonly minTimeoutMs: number
  readonly minGapMs: number
  readonly maxRegisters: number
  readonly addressBase: 0 | 1
  readonly closeAfterPoll: boolean
  readonly connectPauseMs: number
}

type Transport = ModbusTcpTransport | ModbusRtuTransport

function transportOf(profile: Profile, port: DevicePort): Transport | undefined {
  const { modbusTcp, modbusRtu } = profile.transport
  switch (port.kind) {
    case 'modbusTcp':
      // A serial device behind a Modbus TCP gateway keeps its own times.
      return modbusTcp ?? modbusRtu
    case 'modbusRtu':
    case 'modbusRtuTcp':
      return modbusRtu
    case 'nmeaTcp':
    case 'nmeaSerial':
    case 'gpsdTcp':
    case 'mqtt':
      return undefined
    default:
      return port satisfies never
  }
}

/** Pure. Undefined when the profile cannot be spoken to over such a port. */
export function lineSettings(profile: Profile, port: DevicePort): LineSettings | undefined {
  const transport = transportOf(profile, port)
  if (transport === undefined) return undefined
  const unitId = 'unitId' in port ? port.unitId : undefined
  return {
    unitId: unitId ?? transport.unitId,
    timeoutMs: transport.timeoutMs,
    minTimeoutMs: transport.minTimeoutMs ?? transport.timeoutMs,
    minGapMs: transport.minGapMs ?? 0,
    maxRegisters: transport.maxRegisters ?? 125,
    addressBase: transport.addressBase ?? 0,
    closeAfterPoll: transport.closeAfterPoll ?? false,
    connectPauseMs: transport.connectPauseMs ?? 0,
  }
}

/** Pure. The silence that ends an RTU frame: 3.5 characters of 11 bits, never less than 1.75 ms (serial line V1.02). */
export const silenceMs = (baud: number): number => Math.max(1.75, (3.5 * 11 * 1000) / baud)
