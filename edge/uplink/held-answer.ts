import type { Packet } from 'mqtt'
import { type Clock, millis } from '#contract/instant.ts'

/** Of a connection, what it takes to hold it back. */
type Sending = {
  readonly stream: { cork(): void; uncork(): void }
  on(event: 'packetsend', heard: (packet: Packet) => void): unknown
  off(event: 'packetsend', heard: (packet: Packet) => void): unknown
}

/** As long as the outbox lets the first words of an order wait for its last, and a little. */
const ANSWERED_WITHIN = millis(160)

/**
 * Does nothing but to what it is given. To be called when an order has come, before it is acknowledged: what is written from now on leaves with the first records
 * that are sent, so that the acknowledgement and the answer are one TCP segment; without an answer it leaves by itself soon.
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
  void clock.sleep(ANSWERED_WITHIN, ended).then(release)
}
