import type { ByteOrder, FixedByteOrder, RegisterReading, RegisterTable, RegisterType } from '#contract/profile.ts'

/** A value as the device means it, before map, scale and unit. */
export type RawValue = number | string | boolean

const WIDTHS: Readonly<Record<RegisterType, number | undefined>> = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
  ascii: undefined,
  asciiNumber: undefined,
}

/** Pure. Registers that a type takes; undefined for texts, whose `count` says it. */
export const widthOf = (type: RegisterType): number | undefined => WIDTHS[type]

/** Pure. The table and type of a reading, with the profile's and the format's defaults. */
export function shapeOf(
  reading: RegisterReading,
  defaults: { readonly table?: RegisterTable; readonly byteOrder?: ByteOrder } = {},
): { readonly table: RegisterTable; readonly type: RegisterType; readonly order: ByteOrder; readonly count: number } {
  const table = reading.table ?? defaults.table ?? 'holding'
  const type = reading.type ?? (table === 'coil' || table === 'discrete' ? 'bool' : 'uint16')
  const width = Array.isArray(reading.dateTime) ? 6 : widthOf(type)
  return { table, type, order: reading.byteOrder ?? defaults.byteOrder ?? 'ABCD', count: width ?? reading.count ?? 1 }
}

const swapBytes = (word: number): number => ((word & 0xff) << 8) | (word >> 8)

/** Pure. Words in reading order: high word first, high byte first. */
export function arrange(words: readonly number[], order: FixedByteOrder): readonly number[] {
  switch (order) {
    case 'ABCD':
      return words
    case 'CDAB':
      return words.toReversed()
    case 'BADC':
      return words.map(swapBytes)
    case 'DCBA':
      return words.toReversed().map(swapBytes)
    default:
      return order satisfies never
  }
}

/** Pure. Two characters a register, up to the first NUL, trimmed. */
export function asciiOf(words: readonly number[]): string {
  const text = words.map((word) => String.fromCharCode(word >> 8, word & 0xff)).join('')
  const end = text.indexOf('\0')
  return (end < 0 ? text : text.slice(0, end)).trim()
}

/**
 * Pure. Words to a raw value; undefined when they are no text of a number. NaN stays NaN: whether that is a missing
 * value is decided with the reading's meaning. 64-bit integers beyond 2^53 lose their last digits.
 */
export function decodeWords(words: readonly number[], type: RegisterType, order: FixedByteOrder): RawValue | undefined {
  if (type === 'ascii' || type === 'asciiNumber') {
    // Texts have no high and low word: only the bytes of each register may be swapped.
    const text = asciiOf(order === 'BADC' || order === 'DCBA' ? words.map(swapBytes) : words)
    if (type === 'ascii' || text === '') return text
    return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  }
  const view = new DataView(new ArrayBuffer(8))
  for (const [index, word] of arrange(words, order).entries()) view.setUint16(index * 2, word)
  switch (type) {
    case 'bool':
      return view.getUint16(0) !== 0
    case 'uint16':
      return view.getUint16(0)
    case 'int16':
      return view.getInt16(0)
    case 'uint32':
      return view.getUint32(0)
    case 'int32':
      return view.getInt32(0)
    case 'float32':
      return view.getFloat32(0)
    case 'uint64':
      return Number(view.getBigUint64(0))
    case 'int64':
      return Number(view.getBigInt64(0))
    case 'float64':
      return view.getFloat64(0)
    default:
      return type satisfies never
  }
}
