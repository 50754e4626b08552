import { setTimeout as pause } from 'node:timers/promises'
import { type ModbusUnit, replyTo } from '../../demo/modbus-unit.ts'
import { crc16 } from '../../edge/modbus/modbus-frame.ts'
import { listenTcp } from './fake-modbus-line.ts'

/** Requests are 8 bytes for everything that is read, and for the writes of the shipped relays. */
const REQUEST_BYTES = 8

/**
 * A transparent RS-485 converter on a free port: RTU frames over TCP, several units on one line, one answer after
 * another, each after the time that its bytes take.
 */
export async function startRtuLine(units: ReadonlyMap<number, ModbusUnit>, latencyMs: (bytes: number) => number) {
  let line: Promise<void> = Promise.resolve()
  let requests = 0
  const server = await listenTcp((socket) => {
    let input = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => {
      input = Buffer.concat([input, bytes])
      while (input.length >= REQUEST_BYTES) {
        const frame = input.subarray(0, REQUEST_BYTES)
        input = input.subarray(REQUEST_BYTES)
        const unit = units.get(frame[0] ?? 0)
        if (unit === undefined || crc16(frame.subarray(0, 6)) !== frame.readUInt16LE(6)) continue
        requests += 1
        const body = Buffer.from([frame[0] ?? 0, ...replyTo(unit, frame.subarray(1, 6))])
        const crc = crc16(body)
        const reply = Buffer.from([...body, crc & 0xff, crc >> 8])
        line = line.then(() => pause(latencyMs(frame.length + reply.length))).then(() => void socket.write(reply))
      }
    })
  })
  return { port: server.port, close: server.close, requests: () => requests }
}
