import { createServer, type Socket } from 'node:net'
import { type Clock, millis } from '#contract/instant.ts'
import { type ModbusUnit, replyTo } from './modbus-unit.ts'

export type ModbusDevice = {
  /** Starts listening and answers with the port. */
  listen(): Promise<number>
  close(): Promise<void>
}

export type ModbusDeviceDeps = {
  readonly units: ReadonlyMap<number, ModbusUnit>
  readonly clock: Clock
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** From request to reply for so many bytes on the wire: the device's own time and the serial line behind it. */
  latencyMs(bytes: number): number
}

const HEADER = 7

/**
 * A Modbus TCP server over simulated units: one line, so one request is answered after another. modbus-serial's own
 * server was set aside: it takes no port 0, swallows exceptions and may tear a float between two registers.
 */
export function createModbusDevice(deps: ModbusDeviceDeps): ModbusDevice {
  const closing = new AbortController()
  const sockets = new Set<Socket>()
  let line: Promise<void> = Promise.resolve()

  async function answer(socket: Socket, frame: Buffer): Promise<void> {
    const unit = deps.units.get(frame[6] ?? 0)
    // A unit that is not there stays silent, as on a real line.
    if (unit === undefined) return
    const reply = replyTo(unit, frame.subarray(HEADER))
    await deps.clock.sleep(millis(deps.latencyMs(frame.length + reply.length)), closing.signal)
    if (socket.destroyed || closing.signal.aborted) return
    const header = Buffer.from(frame.subarray(0, HEADER))
    header.writeUInt16BE(reply.length + 1, 4)
    socket.write(Buffer.concat([header, reply]))
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    let received = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      for (let frame = firstFrame(received); frame !== undefined; frame = firstFrame(received)) {
        const whole = frame
        received = received.subarray(whole.length)
        line = line.then(() => answer(socket, whole))
      }
    })
    socket.on('close', () => sockets.delete(socket))
    // A gateway that is killed resets the connection; the device just waits for the next one.
    socket.on('error', () => socket.destroy())
  })

  return {
    listen: () =>
      new Promise((done, failed) => {
        server.once('error', failed)
        server.listen(deps.port, deps.host, () => {
          const address = server.address()
          done(typeof address === 'object' && address !== null ? address.port : deps.port)
        })
      }),
    close: () =>
      new Promise((done) => {
        closing.abort()
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
}

/** One whole MBAP frame from the front of the bytes, or undefined while it is still coming. */
function firstFrame(received: Buffer): Buffer | undefined {
  if (received.length < HEADER + 1) return undefined
  const length = 6 + received.readUInt16BE(4)
  return received.length < length ? undefined : received.subarray(0, length)
}
