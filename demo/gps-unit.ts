import type { GpsFix } from './gps-fix.ts'
import { floatWords, type ModbusUnit } from './modbus-unit.ts'

/** Ebyte E108-D01, an RS-485 GPS unit: read-only registers at 0x00C8, floats ABCD, speed in knots. */
export function createGpsUnit(fixNow: () => GpsFix | undefined): ModbusUnit {
  return {
    holding: (address) => {
      if (address === 0x0001) return 0x0010
      if (address === 0x0002) return 1
      if (address === 0x0003) return 3
      if (address === 0x0004) return 0
      return address >= 0x00c8 && address <= 0x00d8 ? gpsWords(fixNow())[address - 0x00c8] : undefined
    },
  }
}

/** Pure. The 17 words from 0x00C8; without a fix the unit says so and leaves the rest zero. */
export function gpsWords(fix: GpsFix | undefined): readonly number[] {
  if (fix === undefined) return Array.from({ length: 17 }, () => 0)
  const date = new Date(fix.at)
  const { lat, lon } = fix.position
  return [
    1,
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    lon < 0 ? 0x57 : 0x45,
    ...floatWords(Math.abs(lon)),
    lat < 0 ? 0x53 : 0x4e,
    ...floatWords(Math.abs(lat)),
    ...floatWords((fix.speedKmh ?? 0) / 1.852),
    ...floatWords(fix.courseDeg ?? 0),
  ]
}
