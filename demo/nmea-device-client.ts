import { createServer, type Socket } from 'node:net'

export type NmeaDevice = {
  /** Starts listening and answers with the port. */
  listen(): Promise<number>
  /** Gateways that listen now: a receiver talks whether or not anyone hears it. */
  listeners(): number
  send(sentences: readonly string[]): void
  close(): Promise<void>
}

/** A TCP server that says NMEA 0183 sentences to everyone connected, as a serial-to-network converter does. */
export function createNmeaDevice(deps: { readonly host: string; readonly port: number }): NmeaDevice {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.resume()
    socket.on('close', () => sockets.delete(socket))
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
    listeners: () => sockets.size,
    send: (sentences) => {
      const text = sentences.map((sentence) => `${sentence}\r\n`).join('')
      for (const socket of sockets) socket.write(text)
    },
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
}
