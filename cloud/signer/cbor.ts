/** What CBOR (RFC 8949) can say in an answer of an authenticator. */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap
export type CborMap = ReadonlyMap<CborValue, CborValue>

const DEEPEST = 8

/**
 * Pure. The item that begins at `from`, and where the next begins. Of definite length only, numbers up to 32 bits: all
 * that CTAP2 writes. Throws RangeError at anything else.
 */
export function readCbor(bytes: Uint8Array, from = 0, depth = 0): { readonly value: CborValue; readonly end: number } {
  if (depth > DEEPEST) throw new RangeError('nested too deep')
  const { major, argument, at } = headOf(bytes, from)
  const each = (count: number) => {
    const values: CborValue[] = []
    let end = at
    for (let index = 0; index < count; index += 1) {
      const item = readCbor(bytes, end, depth + 1)
      values.push(item.value)
      end = item.end
    }
    return { values, end }
  }
  switch (major) {
    case 0:
      return { value: argument, end: at }
    case 1:
      return { value: -1 - argument, end: at }
    case 2:
      return { value: cut(bytes, at, argument), end: at + argument }
    case 3:
      return { value: new TextDecoder().decode(cut(bytes, at, argument)), end: at + argument }
    case 4: {
      const { values, end } = each(argument)
      return { value: values, end }
    }
    case 5: {
      const { values, end } = each(argument * 2)
      const map = new Map<CborValue, CborValue>()
      for (let index = 0; index < values.length; index += 2) map.set(values[index] ?? null, values[index + 1] ?? null)
      return { value: map, end }
    }
    default:
      if (major === 7 && argument >= 20 && argument <= 22)
        return { value: argument === 22 ? null : argument === 21, end: at }
      throw new RangeError('a kind of item that no authenticator sends')
  }
}

function headOf(bytes: Uint8Array, from: number) {
  const [first = 0] = cut(bytes, from, 1)
  const [major, info] = [first >> 5, first & 31]
  if (info < 24) return { major, argument: info, at: from + 1 }
  const length = [1, 2, 4][info - 24]
  if (length === undefined) throw new RangeError('a length that no authenticator sends')
  const argument = cut(bytes, from + 1, length).reduce((sum, byte) => sum * 256 + byte, 0)
  return { major, argument, at: from + 1 + length }
}

function cut(bytes: Uint8Array, from: number, length: number): Uint8Array {
  if (from + length > bytes.length) throw new RangeError('cut short')
  return bytes.subarray(from, from + length)
}
