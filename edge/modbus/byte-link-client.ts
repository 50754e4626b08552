import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { SerialPort } from 'serialport'

/** An open line that carries bytes. Closing twice is harmless. */
export type ByteLink = { write(bytes: Uint8Array): void; close(): void }

/** Told what happens on a line; `closed` comes exactly once after a successful opening, whoever closed it. */
export type LinkListener = { bytes(bytes: Uint8Array): void; closed(cause: Error | undefined): void }

/** Opens a line or rejects with the cause; gives up when `stop` fires. */
export type OpenLink = (listener: LinkListener, stop: AbortSignal) => Promise<ByteLink>

export type SerialSettings = {
  readonly path: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

/** A TCP connection without delay of small packets. */
export const openTcpLink =
  (address: { readonly host: string; readonly port: number }): OpenLink =>
  (listener, stop) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: address.host, port: address.port, noDelay: true })
      let isOpen = false
      let cause: Error | undefined
      const giveUp = (): void => {
        socket.destroy(new Error('opening was given up'))
      }
      stop.addEventListener('abort', giveUp, { once: true })
      socket.on('connect', () => {
        stop.removeEventListener('abort', giveUp)
        isOpen = true
        resolve({ write: (bytes) => socket.write(bytes), close: () => socket.destroy() })
      })
      socket.on('data', (bytes: Uint8Array | string) => {
        if (typeof bytes !== 'string') listener.bytes(bytes)
      })
      socket.on('error', (error) => {
        cause = error
      })
      socket.on('close', () => {
        stop.removeEventListener('abort', giveUp)
        if (isOpen) listener.closed(cause)
        else reject(cause ?? new Error('connection closed'))
      })
      if (stop.aborted) giveUp()
    })

/** A serial port, eight data bits; input left over from before is discarded. */
export const openSerialLink =
  (settings: SerialSettings): OpenLink =>
  (listener, stop) =>
    new Promise((resolve, reject) => {
      const { path, baud: baudRate, parity, stopBits } = settings
      const port = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
      let cause: Error | undefined
      const close = (): void => {
        if (port.isOpen) port.close(() => undefined)
      }
      port.on('data', (bytes: Uint8Array) => listener.bytes(bytes))
      port.on('error', (error) => {
        cause = error
        close()
      })
      port.on('close', (error: Error | null | undefined) => listener.closed(error ?? cause))
      port.open((error) => {
        if (error !== null && error !== undefined) return reject(error)
        if (stop.aborted) {
          close()
          return reject(new Error('opening was given up'))
        }
        drainAfterEvents(port)
        port.flush(() => resolve({ write: (bytes) => port.write(bytes), close }))
      })
    })

/**
 * The native poller of serialport 13 calls into JavaScript without draining the promise queue, so that received bytes
 * lie unread until something else, at worst the timeout of the very request, turns the event loop. Any callback of the
 * loop's own drains it.
 */
function drainAfterEvents(port: SerialPort): void {
  const binding = port.port
  if (binding === undefined || !('poller' in binding) || !(binding.poller instanceof EventEmitter)) return
  for (const event of ['readable', 'writable']) binding.poller.on(event, () => setImmediate(() => undefined))
}
