/** Unsigned LEB128 and its zigzag form, for integers up to 2⁵³ − 1 (32-bit operators would cut them). */
export type ByteWriter = {
  byte(value: number): void
  unsigned(value: number): void
  signed(value: number): void
  bytes(value: Uint8Array): void
  finish(): Uint8Array
}

export function createByteWriter(capacity = 1024): ByteWriter {
  let buffer = new Uint8Array(capacity)
  let length = 0
  const reserve = (more: number): void => {
    if (length + more <= buffer.length) return
    const grown = new Uint8Array(Math.max(buffer.length * 2, length + more))
    grown.set(buffer)
    buffer = grown
  }
  const unsigned = (value: number): void => {
    reserve(8)
    let rest = value
    while (rest >= 0x80) {
      buffer[length++] = (rest % 0x80) + 0x80
      rest = Math.floor(rest / 0x80)
    }
    buffer[length++] = rest
  }
  return {
    byte: (value) => {
      reserve(1)
      buffer[length++] = value
    },
    unsigned,
    signed: (value) => unsigned(value < 0 ? -2 * value - 1 : 2 * value),
    bytes: (value) => {
      reserve(value.length)
      buffer.set(value, length)
      length += value.length
    },
    finish: () => buffer.slice(0, length),
  }
}

/** Thrown by a reader on a short buffer or an over-long number; the message says which. */
export class MalformedBytes extends Error {}

export type ByteReader = {
  byte(): number
  unsigned(): number
  signed(): number
  bytes(count: number): Uint8Array
  left(): number
}

export function createByteReader(buffer: Uint8Array): ByteReader {
  let offset = 0
  const byte = (): number => {
    const value = buffer[offset]
    if (value === undefined) throw new MalformedBytes('the batch ends early')
    offset += 1
    return value
  }
  const unsigned = (): number => {
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const next = byte()
      value += (next % 0x80) * scale
      if (value > Number.MAX_SAFE_INTEGER) break
      if (next < 0x80) return value
    }
    throw new MalformedBytes('a number exceeds 2^53 - 1')
  }
  return {
    byte,
    unsigned,
    signed: () => {
      const value = unsigned()
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    },
    bytes: (count) => {
      if (offset + count > buffer.length) throw new MalformedBytes('the batch ends early')
      offset += count
      return buffer.subarray(offset - count, offset)
    },
    left: () => buffer.length - offset,
  }
}
