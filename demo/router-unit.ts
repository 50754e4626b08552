import type { GpsFix } from './gps-fix.ts'
import { floatWords, longWords, type ModbusUnit, textWords } from './modbus-unit.ts'

export type RouterUnit = ModbusUnit & {
  /** True state of the relay output: 1 energised, the start line open. */
  relay(): 0 | 1
}

/** What the router's Modbus server is fed with. */
export type RouterInside = {
  readonly serial: string
  fixNow(): GpsFix | undefined
  ignition(): boolean
  /** The vibration sensor on DIN1: closed while the car shakes. */
  motion(): boolean
  uptimeS(): number
  nowMs(): number
  switched(relay: 0 | 1): void
}

/** Teltonika RUT955: the registers of its Modbus TCP map that the profile reads, and the relay output 202. */
export function createRouterUnit(inside: RouterInside, initial: 0 | 1): RouterUnit {
  let relay = initial
  let openCollector = 0
  return {
    relay: () => relay,
    holding: (address) => {
      if (address === 201) return openCollector
      if (address === 202) return relay
      return wordAt(blocksOf(inside), address)
    },
    writeHolding: (address, value) => {
      // Wi-Fi, mobile data, reboot, APN are real registers of this router: a write there is an accident, so refuse it.
      if (address !== 201 && address !== 202) return undefined
      if (value !== 0 && value !== 1) return false
      if (address === 201) openCollector = value
      else if (relay !== value) {
        relay = value
        inside.switched(relay)
      }
      return true
    },
  }
}

type Block = { readonly start: number; readonly words: readonly number[] }

const wordAt = (blocks: readonly Block[], address: number): number | undefined => {
  for (const block of blocks) {
    const word = block.words[address - block.start]
    if (word !== undefined) return word
  }
  // The map has no holes up to 205: what is not simulated reads as zero, as an absent modem value does.
  return address >= 1 && address <= 205 ? 0 : undefined
}

function blocksOf(inside: RouterInside): readonly Block[] {
  const fix = inside.fixNow()
  const { lat, lon } = fix?.position ?? { lat: 0, lon: 0 }
  const fixS = fix === undefined ? 0 : fix.at / 1000
  return [
    { start: 1, words: [...longWords(Math.floor(inside.uptimeS())), ...longWords(-71), ...longWords(412)] },
    { start: 7, words: textWords('Teltonika-RUT955', 16) },
    { start: 23, words: textWords('MTS', 16) },
    { start: 39, words: textWords(inside.serial, 16) },
    { start: 71, words: textWords('RUT955', 16) },
    { start: 87, words: textWords('sim1', 16) },
    { start: 135, words: [...longWords(inside.motion() ? 1 : 0), ...longWords(inside.ignition() ? 1 : 0)] },
    { start: 143, words: [...floatWords(lat), ...floatWords(lon)] },
    { start: 147, words: textWords(fix === undefined ? '0' : String(fix.at), 16) },
    { start: 163, words: textWords(dateText(fixS), 16) },
    { start: 179, words: longWords(Math.round(fix?.speedKmh ?? 0)) },
    { start: 181, words: longWords(fix?.satellites ?? 0) },
    { start: 183, words: floatWords((fix?.hdop ?? 0) * 2.5) },
    { start: 205, words: [1] },
    { start: 364, words: longWords(Math.floor(inside.nowMs() / 1000)) },
  ]
}

/** DDMMYYhhmmss. */
function dateText(atS: number): string {
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = new Date(atS * 1000)
    .toISOString()
    .split(/[-T:.]/)
  return `${day}${month}${year.slice(2)}${hour}${minute}${second}`
}
