import { type NumberRows, numberOf } from './number-rows.ts'

const text = new TextDecoder()
/** The name of the rows in an answer of InfluxDB. */
const ROWS = 'values'

/**
 * Pure. One value of MessagePack, as InfluxDB 1.x answers with it: several times faster to make and to read than its JSON.
 * Lists of rows named `values` are read as `NumberRows`. Throws when the bytes are cut short or hold a form that no answer
 * of a query has (extensions).
 */
export function readMessagePack(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw new RangeError('the answer is cut short')
    return from
  }
  const string = (length: number): string => text.decode(bytes.subarray(take(length), at))
  const array = (length: number): unknown[] => {
    const items: unknown[] = []
    for (let index = 0; index < length; index += 1) items.push(value())
    return items
  }
  const map = (length: number): { [key: string]: unknown } => {
    const entries: [string, unknown][] = []
    for (let index = 0; index < length; index += 1) {
      const key = String(value())
      entries.push([key, key === ROWS ? rows() : value()])
    }
    return Object.fromEntries(entries)
  }
  /** Exact to 2^53, like every number here. */
  const wide = (high: number, from: number): number => high * 2 ** 32 + view.getUint32(from + 4)
  const lengthOfArray = (): number => {
    const head = view.getUint8(take(1))
    if (head >= 0x90 && head < 0xa0) return head & 0x0f
    if (head === 0xdc) return view.getUint16(take(2))
    if (head === 0xdd) return view.getUint32(take(4))
    throw new TypeError(`no list of rows: 0x${head.toString(16)}`)
  }
  const rows = (): NumberRows => {
    const count = lengthOfArray()
    let width = 0
    let cells = new Float64Array(0)
    for (let row = 0; row < count; row += 1) {
      const length = lengthOfArray()
      if (row === 0) {
        width = length
        // Each cell takes a byte at least: a length that lies gets no memory.
        if (count * width > bytes.length) throw new RangeError('the answer is cut short')
        cells = new Float64Array(count * width)
      }
      if (length !== width) throw new TypeError('rows of different lengths')
      for (let column = row * width; column < (row + 1) * width; column += 1) cells[column] = number()
    }
    return { width, cells }
  }
  /** One cell: NaN for what is no number. */
  const number = (): number => {
    const head = view.getUint8(take(1))
    if (head < 0x80) return head
    if (head === 0xcb) return view.getFloat64(take(8))
    if (head === 0xc0) return Number.NaN
    at -= 1
    return numberOf(value())
  }
  const value = (): unknown => {
    const head = view.getUint8(take(1))
    if (head < 0x80) return head
    if (head < 0x90) return map(head & 0x0f)
    if (head < 0xa0) return array(head & 0x0f)
    if (head < 0xc0) return string(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xca:
        return view.getFloat32(take(4))
      case 0xcb:
        return view.getFloat64(take(8))
      case 0xcc:
        return view.getUint8(take(1))
      case 0xcd:
        return view.getUint16(take(2))
      case 0xce:
        return view.getUint32(take(4))
      case 0xcf: {
        const from = take(8)
        return wide(view.getUint32(from), from)
      }
      case 0xd0:
        return view.getInt8(take(1))
      case 0xd1:
        return view.getInt16(take(2))
      case 0xd2:
        return view.getInt32(take(4))
      case 0xd3: {
        const from = take(8)
        return wide(view.getInt32(from), from)
      }
      case 0xd9:
        return string(view.getUint8(take(1)))
      case 0xda:
        return string(view.getUint16(take(2)))
      case 0xdb:
        return string(view.getUint32(take(4)))
      case 0xdc:
        return array(view.getUint16(take(2)))
      case 0xdd:
        return array(view.getUint32(take(4)))
      case 0xde:
        return map(view.getUint16(take(2)))
      case 0xdf:
        return map(view.getUint32(take(4)))
      default:
        throw new TypeError(`no form of an answer: 0x${head.toString(16)}`)
    }
  }
  return value()
}
