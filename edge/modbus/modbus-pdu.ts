import type { RegisterTable } from '#contract/profile.ts'

/** A read of `count` registers or bits, or a write of one value. Addresses are wire (0-based) addresses. */
export type ModbusRequest =
  | { readonly kind: 'read'; readonly fc: 1 | 2 | 3 | 4; readonly address: number; readonly count: number }
  | { readonly kind: 'write'; readonly fc: 5 | 6 | 16; readonly address: number; readonly value: number }
export type ReadRequest = Extract<ModbusRequest, { kind: 'read' }>
export type WriteRequest = Extract<ModbusRequest, { kind: 'write' }>

export type ModbusReply =
  /** Registers as 16-bit words, bits as 0 and 1; empty after a write. */
  | { readonly kind: 'values'; readonly values: readonly number[] }
  | { readonly kind: 'exception'; readonly code: number }
  /** Not an answer to this request: another function, length, address or value. */
  | { readonly kind: 'stranger' }

const READ_CODES: Readonly<Record<RegisterTable, 1 | 2 | 3 | 4>> = { coil: 1, discrete: 2, holding: 3, input: 4 }

/** Pure. The read of `count` cells of a table. */
export const readOf = (table: RegisterTable, address: number, count: number): ReadRequest => ({
  kind: 'read',
  fc: READ_CODES[table],
  address,
  count,
})

const high = (word: number): number => (word >> 8) & 0xff
const low = (word: number): number => word & 0xff

/** Pure. The protocol data unit of a request (Modbus application protocol V1.1b3, §6). */
export function encodeRequest(request: ModbusRequest): Uint8Array {
  const head = [request.fc, high(request.address), low(request.address)]
  if (request.kind === 'read') return Uint8Array.from([...head, high(request.count), low(request.count)])
  const value = [high(request.value), low(request.value)]
  return Uint8Array.from(request.fc === 16 ? [...head, 0, 1, 2, ...value] : [...head, ...value])
}

/** Pure. Length of the data unit that a positive reply must have. */
export function replyLength(request: ModbusRequest): number {
  if (request.kind === 'write') return 5
  return 2 + (request.fc <= 2 ? Math.ceil(request.count / 8) : request.count * 2)
}

/** Pure. Reads a reply against its request; a write's echo must repeat address and value. */
export function decodeReply(request: ModbusRequest, pdu: Uint8Array): ModbusReply {
  if (pdu[0] === (request.fc | 0x80)) {
    return pdu.length === 2 ? { kind: 'exception', code: pdu[1] ?? 0 } : { kind: 'stranger' }
  }
  if (pdu[0] !== request.fc || pdu.length !== replyLength(request)) return { kind: 'stranger' }
  if (request.kind === 'write') return decodeEcho(request, pdu)
  if (pdu[1] !== pdu.length - 2) return { kind: 'stranger' }
  const bytes = pdu.subarray(2)
  return { kind: 'values', values: request.fc <= 2 ? bitsOf(bytes, request.count) : wordsOf(bytes) }
}

function decodeEcho(request: WriteRequest, pdu: Uint8Array): ModbusReply {
  const [address, tail] = wordsOf(pdu.subarray(1))
  const expected = request.fc === 16 ? 1 : request.value
  return address === request.address && tail === expected ? { kind: 'values', values: [] } : { kind: 'stranger' }
}

/** Pure. Big-endian 16-bit words of an even number of bytes. */
export const wordsOf = (bytes: Uint8Array): readonly number[] =>
  Array.from({ length: bytes.length >> 1 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0))

const bitsOf = (bytes: Uint8Array, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1)
