/** One Modbus unit as its register map: an absent answer is an address the device does not have. */
export type ModbusUnit = {
  holding?(address: number): number | undefined
  coil?(address: number): boolean | undefined
  discrete?(address: number): boolean | undefined
  /** False: the device refuses this value here (exception 3). Undefined: no such address (exception 2). */
  writeHolding?(address: number, value: number): boolean | undefined
  writeCoil?(address: number, raw: number): boolean | undefined
}

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3

const exception = (functionCode: number, code: number): Uint8Array => Uint8Array.of(functionCode | 0x80, code)

/** Answers one request PDU (Modbus Application Protocol 1.1b3 §6) as the device would. */
export function replyTo(unit: ModbusUnit, request: Uint8Array): Uint8Array {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength)
  const functionCode = request[0] ?? 0
  if (request.length < 5) return exception(functionCode, ILLEGAL_VALUE)
  const address = view.getUint16(1)
  const value = view.getUint16(3)
  switch (functionCode) {
    case 1:
      return readBits(functionCode, unit.coil, address, value)
    case 2:
      return readBits(functionCode, unit.discrete, address, value)
    case 3:
      return readWords(functionCode, unit.holding, address, value)
    case 5:
      return write(request, unit.writeCoil?.(address, value))
    case 6:
      return write(request, unit.writeHolding?.(address, value))
    default:
      return exception(functionCode, ILLEGAL_FUNCTION)
  }
}

const write = (request: Uint8Array, outcome: boolean | undefined): Uint8Array => {
  if (outcome === undefined) return exception(request[0] ?? 0, ILLEGAL_ADDRESS)
  return outcome ? request.slice(0, 5) : exception(request[0] ?? 0, ILLEGAL_VALUE)
}

function readBits(functionCode: number, read: ModbusUnit['coil'], address: number, count: number): Uint8Array {
  if (read === undefined) return exception(functionCode, ILLEGAL_FUNCTION)
  if (count < 1 || count > 2000) return exception(functionCode, ILLEGAL_VALUE)
  const reply = new Uint8Array(2 + Math.ceil(count / 8))
  reply.set([functionCode, reply.length - 2])
  for (let index = 0; index < count; index += 1) {
    const bit = read(address + index)
    if (bit === undefined) return exception(functionCode, ILLEGAL_ADDRESS)
    const byte = 2 + (index >> 3)
    if (bit) reply[byte] = (reply[byte] ?? 0) | (1 << (index & 7))
  }
  return reply
}

function readWords(functionCode: number, read: ModbusUnit['holding'], address: number, count: number): Uint8Array {
  if (read === undefined) return exception(functionCode, ILLEGAL_FUNCTION)
  if (count < 1 || count > 125) return exception(functionCode, ILLEGAL_VALUE)
  const reply = new Uint8Array(2 + count * 2)
  reply.set([functionCode, count * 2])
  const view = new DataView(reply.buffer)
  for (let index = 0; index < count; index += 1) {
    const word = read(address + index)
    if (word === undefined) return exception(functionCode, ILLEGAL_ADDRESS)
    view.setUint16(2 + index * 2, word)
  }
  return reply
}

/** Pure. The two words of a float32, high word first (ABCD). */
export function floatWords(value: number): readonly [number, number] {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return [view.getUint16(0), view.getUint16(2)]
}

/** Pure. The two words of an int32 or uint32, high word first. */
export const longWords = (value: number): readonly [number, number] => [(value >>> 16) & 0xffff, value & 0xffff]

/** Pure. Text in `count` words, two characters each, NUL-padded. */
export function textWords(text: string, count: number): readonly number[] {
  const code = (index: number): number => (index < text.length ? text.charCodeAt(index) : 0)
  return Array.from({ length: count }, (_, word) => (code(word * 2) << 8) | code(word * 2 + 1))
}
