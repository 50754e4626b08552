import type { StreamId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'

type Flight = { readonly stream: StreamId; readonly through: number; readonly at: Millis; isHeard: boolean }

/** What has been sent on this connection and not yet been receipted. Only a receipt makes room: a PUBACK proves nothing. */
export type SendWindow = {
  /** A new connection, or silence: everything above the last receipt is sent again. */
  reset(): void
  /** The number after which the next batch of the stream begins. */
  sentThrough(stream: StreamId): number
  /** Messages of these streams, or of all, that wait for a receipt. */
  inFlight(streams?: ReadonlySet<StreamId>): number
  /** Of these, the ones that the broker has not even acknowledged: they are on the line now. */
  underway(streams: ReadonlySet<StreamId>): number
  sent(stream: StreamId, through: number, at: Millis): void
  /** The broker has acknowledged the message that ends with this number. */
  heard(stream: StreamId, through: number): void
  covered(stream: StreamId, through: number): void
  oldestAt(): Millis | undefined
}

export function createSendWindow(): SendWindow {
  let flights: Flight[] = []
  const cursors = new Map<StreamId, number>()
  return {
    reset: () => {
      flights = []
      cursors.clear()
    },
    sentThrough: (stream) => cursors.get(stream) ?? 0,
    inFlight: (streams) =>
      streams === undefined ? flights.length : flights.filter(({ stream }) => streams.has(stream)).length,
    underway: (streams) => flights.filter(({ stream, isHeard }) => streams.has(stream) && !isHeard).length,
    sent: (stream, through, at) => {
      cursors.set(stream, through)
      flights.push({ stream, through, at, isHeard: false })
    },
    heard: (stream, through) => {
      for (const flight of flights) if (flight.stream === stream && flight.through === through) flight.isHeard = true
    },
    covered: (stream, through) => {
      flights = flights.filter((flight) => flight.stream !== stream || flight.through > through)
    },
    oldestAt: () => flights[0]?.at,
  }
}
