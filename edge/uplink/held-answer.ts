import type { Packet } from 'mqtt'
import { type Clock, millis } from '#contract/instant.ts'
import { FIRST_WORD_WAIT } from '../outbox/first-word.ts'

/** Of a connection, what it takes to hold it back. */
type Sending = {
  readonly stream: { cork(): void; uncork(): void }
  on(event: 'packetsend', heard: (packet: Packet) => void): unknown
  off(event: 'packetsend', heard: (packet: Packet) => void): unknown
}

/** When the outbox waits no longer for the last word of an order it sends the first ones: a moment for that. */
const MOST_HELD = millis(FIRST_WORD_WAIT + 10)

/**
 * Lets the acknowledgement of an order and the answer to it leave as one TCP segment. To be called when the order has come,
 * before it is acknowledged: what is written from now on waits for the first records that are sent; without any it leaves
 * by itself soon. Does nothing but to what it is given.
 *
 * Two segments are twice as likely to lose one, and worse: the acknowledgement of the first restarts the timer by which TCP
 * finds out that the second was lost (RFC 6298, 5.3), which makes a lost answer 800 ms late instead of 500 where a round
 * trip is 300.
 */
export function holdForAnswer(client: Sending, clock: Clock, ended: AbortSignal): void {
  const { stream } = client
  let state: 'held' | 'released' = 'held'
  stream.cork()
  const release = (): void => {
    if (state === 'released') return
    state = 'released'
    client.off('packetsend', sent)
    stream.uncork()
  }
  // Told right before the packet is written.
  const sent = (packet: Packet): void => {
    if (packet.cmd === 'publish') void Promise.resolve().then(release)
  }
  client.on('packetsend', sent)
  void clock.sleep(MOST_HELD, ended).then(release)
}
