const text = new TextDecoder()

/**
 * Pure. One value of MessagePack, as InfluxDB 1.x answers with it: several times faster to make and to read than its JSON.
 * Throws when the bytes are cut short or hold a form that no answer of a query has (extensions).
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
    for (let index = 0; index < length; index += 1) entries.push([String(value()), value()])
    return Object.fromEntries(entries)
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
      case 0xcf:
        return Number(view.getBigUint64(take(8)))
      case 0xd0:
        return view.getInt8(take(1))
      case 0xd1:
        return view.getInt16(take(2))
      case 0xd2:
        return view.getInt32(take(4))
      case 0xd3:
        return Number(view.getBigInt64(take(8)))
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
