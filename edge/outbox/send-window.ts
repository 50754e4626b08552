import type { StreamId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'

type Flight = { readonly stream: StreamId; readonly through: number; readonly at: Millis }

/** What has been sent on this connection and not yet been receipted. Only a receipt makes room: a PUBACK proves nothing. */
export type SendWindow = {
  /** A new connection, or silence: everything above the last receipt is sent again. */
  reset(): void
  /** The number after which the next batch of the stream begins. */
  sentThrough(stream: StreamId): number
  /** Messages of these streams, or of all, that wait for a receipt. */
  inFlight(streams?: ReadonlySet<StreamId>): number
  sent(stream: StreamId, through: number, at: Millis): void
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
    sent: (stream, through, at) => {
      cursors.set(stream, through)
      flights.push({ stream, through, at })
    },
    covered: (stream, through) => {
      flights = flights.filter((flight) => flight.stream !== stream || flight.through > through)
    },
    oldestAt: () => flights[0]?.at,
  }
}
