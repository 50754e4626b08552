import type { ModbusUnit } from './modbus-unit.ts'

export type RelayUnit = ModbusUnit & {
  /** The true coils, for the car and for tests. */
  readonly coils: readonly boolean[]
}

/**
 * Waveshare Modbus RTU Relay 8CH (D): eight coils, eight inputs. Coil on = contact of the start line open.
 * `inputs` tells the level of each input now; `switched` hears of every write that changed a coil.
 */
export function createRelayUnit(
  coils: boolean[],
  inputs: (channel: number) => boolean,
  switched: (coils: readonly boolean[]) => void,
): RelayUnit {
  const set = (channel: number, level: boolean): true => {
    const changed = coils[channel] !== level
    coils[channel] = level
    if (changed) switched(coils)
    return true
  }
  return {
    coils,
    coil: (address) => (address < 8 ? coils[address] === true : undefined),
    discrete: (address) => (address < 8 ? inputs(address) : undefined),
    holding: (address) => {
      if (address >= 0x1000 && address < 0x1008) return 0
      if (address === 0x4000) return 1
      return address === 0x8000 ? 200 : undefined
    },
    writeCoil: (address, raw) => {
      if (address > 7) return undefined
      if (raw === 0x5500) return set(address, coils[address] !== true)
      return raw === 0xff00 || raw === 0x0000 ? set(address, raw === 0xff00) : false
    },
  }
}
