import type { StreamId } from '#contract/ids.ts'
import { type Millis, millis } from '#contract/instant.ts'

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
  heard(stream: StreamId, through: number, at: Millis): void
  /** How long messages were on the line lately: the longest, and less of it with each that came. Undefined: none yet. */
  onLine(): Millis | undefined
  covered(stream: StreamId, through: number): void
  oldestAt(): Millis | undefined
}

/** What one slow message still counts for after the next. */
const FADING = 0.7

export function createSendWindow(): SendWindow {
  let flights: Flight[] = []
  const cursors = new Map<StreamId, number>()
  let onLine: Millis | undefined
  return {
    reset: () => {
      flights = []
      onLine = undefined
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
    heard: (stream, through, at) => {
      for (const flight of flights) {
        if (flight.stream !== stream || flight.through !== through || flight.isHeard) continue
        flight.isHeard = true
        onLine = millis(Math.max(at - flight.at, FADING * (onLine ?? 0)))
      }
    },
    onLine: () => onLine,
    covered: (stream, through) => {
      flights = flights.filter((flight) => flight.stream !== stream || flight.through > through)
    },
    oldestAt: () => flights[0]?.at,
  }
}
