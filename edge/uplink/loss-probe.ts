import type { Packet } from 'mqtt'
import { type Clock, type Millis, millis, seconds } from '#contract/instant.ts'
import { LOSS_PROBES } from '#contract/loss-probes.ts'

/** Of a connection, what it takes to send small packets behind another. */
type Sending = {
  on(event: 'packetsend', heard: (packet: Packet) => void): unknown
  sendPing(): void
}

/** So long after an order somebody waits for what is said: the words of a block that is done at once are all within it. */
const AWAITED = seconds(10)

export type LossProbe = {
  /** An order has come: messages of the next seconds are its answer. */
  awaited(): void
}

/** Sends pings behind the answer to an order, by which TCP learns early that the answer was lost. */
export function createLossProbe(client: Sending, clock: Clock, ended: AbortSignal): LossProbe {
  let until: Millis = millis(Number.NEGATIVE_INFINITY)
  let newest = 0
  const probe = async (mine: number): Promise<void> => {
    let waited = 0
    for (const at of LOSS_PROBES) {
      await clock.sleep(millis(at - waited), ended)
      // What was said since has probes of its own.
      if (ended.aborted || mine !== newest) return
      waited = at
      client.sendPing()
    }
  }
  client.on('packetsend', ({ cmd }) => {
    if (cmd !== 'publish' || clock.steady() >= until) return
    newest += 1
    void probe(newest)
  })
  return {
    awaited: () => {
      until = millis(clock.steady() + AWAITED)
    },
  }
}
