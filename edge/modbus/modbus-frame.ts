import type { ModbusRequest } from './modbus-pdu.ts'
import { replyLength } from './modbus-pdu.ts'

/** What the bytes received so far amount to. `rest` is kept for the next look. */
export type Unframed =
  | { readonly kind: 'more'; readonly rest: Uint8Array }
  | { readonly kind: 'pdu'; readonly pdu: Uint8Array; readonly rest: Uint8Array }
  /** Bytes that can be no reply to this request; `crc` when a reply of the right shape came damaged. */
  | { readonly kind: 'junk'; readonly cause: 'crc' | 'stranger' }

/** Pure. CRC-16/MODBUS of RTU frames; sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

/** Pure. Unit, data unit, CRC. */
export function rtuFrame(unitId: number, pdu: Uint8Array): Uint8Array {
  const body = Uint8Array.from([unitId, ...pdu])
  const crc = crc16(body)
  return Uint8Array.from([...body, crc & 0xff, crc >> 8])
}

/** Pure. MBAP header (transaction, protocol 0, length, unit) and data unit. */
export function mbapFrame(transaction: number, unitId: number, pdu: Uint8Array): Uint8Array {
  const length = pdu.length + 1
  return Uint8Array.from([transaction >> 8, transaction & 0xff, 0, 0, length >> 8, length & 0xff, unitId, ...pdu])
}

/** Pure. Looks for the reply to `request` in the bytes of an RTU line; the input was flushed before the request. */
export function unframeRtu(bytes: Uint8Array, unitId: number, request: ModbusRequest): Unframed {
  if (bytes.length < 2) return { kind: 'more', rest: bytes }
  const isException = bytes[1] === (request.fc | 0x80)
  if (bytes[0] !== unitId || (bytes[1] !== request.fc && !isException)) return { kind: 'junk', cause: 'stranger' }
  const length = 1 + (isException ? 2 : replyLength(request)) + 2
  if (bytes.length < length) return { kind: 'more', rest: bytes }
  const frame = bytes.subarray(0, length)
  if (crc16(frame.subarray(0, length - 2)) !== ((frame[length - 1] ?? 0) << 8) + (frame[length - 2] ?? 0)) {
    return { kind: 'junk', cause: 'crc' }
  }
  // More than one frame in answer to one request means that somebody else's bytes are on the line.
  if (bytes.length > length) return { kind: 'junk', cause: 'stranger' }
  return { kind: 'pdu', pdu: frame.subarray(1, length - 2), rest: new Uint8Array() }
}

/** Pure. Takes one MBAP frame off the stream; one with another transaction or unit is dropped as a late reply. */
export function unframeMbap(bytes: Uint8Array, transaction: number, unitId: number): Unframed {
  let rest = bytes
  while (rest.length >= 7) {
    const length = ((rest[4] ?? 0) << 8) | (rest[5] ?? 0)
    if (rest[2] !== 0 || rest[3] !== 0 || length < 3 || length > 254) return { kind: 'junk', cause: 'stranger' }
    if (rest.length < 6 + length) break
    const isOurs = (((rest[0] ?? 0) << 8) | (rest[1] ?? 0)) === transaction && rest[6] === unitId
    const pdu = rest.subarray(7, 6 + length)
    rest = rest.subarray(6 + length)
    if (isOurs) return { kind: 'pdu', pdu, rest }
  }
  return { kind: 'more', rest }
}
