import { createServer, type Server, type Socket } from 'node:net'
import type { LinkListener, OpenLink } from '../../edge/modbus/byte-link-client.ts'

/** What one request is answered with: bytes now, or nothing. */
export type Answer = (request: Uint8Array) => Uint8Array | undefined

/** A line in memory whose far end is a function; the test may also send bytes on its own, or cut the line. */
export type FakeLine = {
  readonly open: OpenLink
  readonly sent: Uint8Array[]
  readonly openings: () => number
  answer(next: Answer): void
  refuseOpening(cause: Error | undefined): void
  say(bytes: Uint8Array): void
  cut(): void
}

export function createFakeLine(): FakeLine {
  const sent: Uint8Array[] = []
  let listener: LinkListener | undefined
  let answer: Answer = () => undefined
  let refusal: Error | undefined
  let openings = 0
  const cut = (): void => {
    const closed = listener
    listener = undefined
    closed?.closed(undefined)
  }
  return {
    sent,
    openings: () => openings,
    answer: (next) => {
      answer = next
    },
    refuseOpening: (cause) => {
      refusal = cause
    },
    say: (bytes) => listener?.bytes(bytes),
    cut,
    open: async (to) => {
      openings += 1
      if (refusal !== undefined) throw refusal
      listener = to
      return {
        write: (bytes) => {
          sent.push(bytes)
          const reply = answer(bytes)
          if (reply !== undefined) listener?.bytes(reply)
        },
        close: cut,
      }
    },
  }
}

/** A TCP server on a free port whose connections are handed to `serve`. */
export async function listenTcp(
  serve: (socket: Socket) => void,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    serve(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
}

/** Waits, in real time, until something is so. */
export async function until(isSo: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('waited in vain')
    await new Promise((done) => setTimeout(done, 5))
  }
}
