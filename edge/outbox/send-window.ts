import type { StreamId } from '#contract/ids.ts'
import { type Millis, millis, minutes, seconds } from '#contract/instant.ts'

/** When the cloud answers a message: a report at once, anything else when a few have come. */
export type ReceiptDue = 'at-once' | 'later'

type Flight = {
  readonly stream: StreamId
  readonly through: number
  readonly at: Millis
  readonly due: ReceiptDue
  /** When the broker acknowledged it. */
  heardAt?: Millis
}

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
  sent(stream: StreamId, through: number, at: Millis, due?: ReceiptDue): void
  /** The broker has acknowledged the message that ends with this number. */
  heard(stream: StreamId, through: number, at: Millis): void
  /** How long messages were on the line lately: the longest, and less of it with each that came. Undefined: none yet. */
  onLine(): Millis | undefined
  /**
   * A receipt. One that says the same as another before it, of a stream of which the broker had acknowledged more by then, means
   * that the cloud has a hole there: the stream is sent again from the hole on.
   */
  covered(stream: StreamId, through: number, at: Millis): void
  /**
   * Sends again what the broker has acknowledged and the cloud has owed a receipt for a minute: reports, and everything once the
   * window is full, since nothing more goes out then that could be answered. Each time in vain it waits twice as long. Answers
   * whether there was any.
   */
  repeatOwed(now: Millis, room: 'full' | 'some'): boolean
  oldestAt(): Millis | undefined
}

/** What one slow message still counts for after the next. */
const FADING = 0.7
/** Batches of a stream may pass one another on their way through the cloud's instances; so long they do not. */
const PASSING = seconds(10)
const FIRST_OWED = seconds(60)
const LONGEST_OWED = minutes(65)

export function createSendWindow(): SendWindow {
  let flights: Flight[] = []
  const cursors = new Map<StreamId, number>()
  /** What the last receipt of each stream said, and when it said so first. */
  const told = new Map<StreamId, { readonly through: number; readonly at: Millis }>()
  let onLine: Millis | undefined
  let owedFor: Millis = FIRST_OWED
  const again = (streams: ReadonlySet<StreamId>): void => {
    flights = flights.filter(({ stream }) => !streams.has(stream))
    for (const stream of streams) cursors.delete(stream)
  }
  const wasHeardBy = ({ heardAt }: Flight, at: Millis): boolean => heardAt !== undefined && heardAt <= at
  return {
    reset: () => {
      flights = []
      onLine = undefined
      owedFor = FIRST_OWED
      cursors.clear()
      told.clear()
    },
    sentThrough: (stream) => cursors.get(stream) ?? 0,
    inFlight: (streams) =>
      streams === undefined ? flights.length : flights.filter(({ stream }) => streams.has(stream)).length,
    underway: (streams) => flights.filter(({ stream, heardAt }) => streams.has(stream) && heardAt === undefined).length,
    sent: (stream, through, at, due = 'later') => {
      cursors.set(stream, through)
      flights.push({ stream, through, at, due })
    },
    heard: (stream, through, at) => {
      for (const flight of flights) {
        if (flight.stream !== stream || flight.through !== through || flight.heardAt !== undefined) continue
        flight.heardAt = at
        onLine = millis(Math.max(at - flight.at, FADING * (onLine ?? 0)))
      }
    },
    onLine: () => onLine,
    covered: (stream, through, at) => {
      const before = flights.length
      flights = flights.filter((flight) => flight.stream !== stream || flight.through > through)
      if (flights.length < before) owedFor = FIRST_OWED
      const last = told.get(stream)
      const next = flights.find((flight) => flight.stream === stream)
      if (last?.through !== through || next === undefined || !wasHeardBy(next, last.at))
        told.set(stream, { through, at })
      else if (at - last.at >= PASSING) {
        again(new Set([stream]))
        told.set(stream, { through, at })
      }
    },
    repeatOwed: (now, room) => {
      const due = millis(now - owedFor)
      const isFull = room === 'full' && flights.every((flight) => wasHeardBy(flight, due))
      const owed = flights.filter((flight) => (isFull || flight.due === 'at-once') && wasHeardBy(flight, due))
      if (owed.length === 0) return false
      again(new Set(owed.map(({ stream }) => stream)))
      owedFor = millis(Math.min(LONGEST_OWED, 2 * owedFor))
      return true
    },
    oldestAt: () => flights[0]?.at,
  }
}
