import type { Socket } from 'node:net'
import type { Clock, Millis } from '#contract/instant.ts'
import { BROKER_LIMITS } from './broker-limits.ts'
import { createRecordSieve, type SievedRecords } from './record-sieve.ts'

type Done = (settled: readonly SievedRecords[], error?: Error) => void
/** What begins when the sender is known: his topic, and where his records go. */
export type BehindTheDoor = {
  readonly topic: Uint8Array
  /** Messages that came together. Calls `done` once for each of them, alone or with others, when it is durable, or with an error. */
  accept(messages: readonly SievedRecords[], done: Done, now: Millis): void
}

export type RecordDoor = {
  /** The sender is known from now on. */
  open(to: BehindTheDoor): void
}

/** So often one message goes the broker's way, so that it knows that the connection is alive. */
const BROKER_HEARS_MS = 10_000

/**
 * A way for records past the broker's general machinery, which costs more for a message than all that is done with it.
 * Reads no further while too many are on their way to the disk, and acknowledges together what was committed together.
 * Everything else on the connection is the broker's; so are records, until `open` is called. Records keep their order.
 */
export function createRecordDoor(socket: Socket, clock: Pick<Clock, 'steady'>): RecordDoor {
  const sieve = createRecordSieve()
  const read = socket.read.bind(socket)
  let behind: BehindTheDoor | undefined
  let inFlight = 0
  let reading: 'on' | 'held' = 'on'
  let toldAt = Number.NEGATIVE_INFINITY
  let durable: number[] = []

  const acknowledge = (): void => {
    const packets = Buffer.allocUnsafe(4 * durable.length)
    for (const [index, id] of durable.entries()) packets.writeUInt32BE(0x40020000 + id, 4 * index)
    durable = []
    if (!socket.destroyed) socket.write(packets)
  }
  const settle: Done = (settled, error) => {
    inFlight -= settled.length
    if (error !== undefined) return void socket.destroy(error)
    // All that one commit settles is settled in one turn.
    if (durable.length === 0) queueMicrotask(acknowledge)
    for (const { messageId } of settled) durable.push(messageId)
    if (reading === 'on' || inFlight >= BROKER_LIMITS.publishesAtOnce) return
    reading = 'on'
    socket.emit('readable')
  }
  const isFull = (): boolean => inFlight >= BROKER_LIMITS.publishesAtOnce || socket.writableNeedDrain
  const hold = (): null => {
    reading = 'held'
    if (socket.writableNeedDrain) socket.once('drain', () => socket.emit('readable'))
    return null
  }
  /** What one read has brought goes on together: that is nearly all of a fast sender's window. */
  const sift = (chunk: Buffer): Buffer | null => {
    const now = clock.steady()
    const came: SievedRecords[] = []
    const rest = sieve.sift(chunk, (message) => {
      if (behind === undefined || now - toldAt >= BROKER_HEARS_MS) {
        toldAt = now
        return 'left'
      }
      came.push(message)
      return 'taken'
    })
    inFlight += came.length
    for (let from = 0; from < came.length; from += BROKER_LIMITS.publishesAtOnce)
      behind?.accept(came.slice(from, from + BROKER_LIMITS.publishesAtOnce), settle, now)
    return rest
  }
  socket.read = (size?: number) => {
    if (size === 0) return read(0)
    for (;;) {
      if (behind !== undefined && isFull()) return hold()
      const chunk: unknown = read(size)
      if (!Buffer.isBuffer(chunk)) return chunk
      const rest = sift(chunk)
      // The broker takes null for "no more", and would never ask for what is still in the socket's buffer.
      if (rest !== null) return rest
    }
  }
  return {
    open: (to) => {
      behind = to
      sieve.know(to.topic)
    },
  }
}
