import { type Clock, millis } from '#contract/instant.ts'
import { LOSS_PROBES } from '#contract/loss-probes.ts'
import type { Broker } from '../broker/broker.ts'
import type { Log } from '../log.ts'

type Deps = { readonly publish: Broker['publish']; readonly clock: Clock; readonly log: Log }

/**
 * Publishes an order, and behind it empty messages on its topic, by which TCP learns early that the order was lost. They are
 * not retained, so the order stays, and to a gateway an empty message is no order.
 */
export function createProbedPublish({ publish, clock, log }: Deps): Broker['publish'] {
  const unstopped = new AbortController().signal
  const probe = async (topic: string): Promise<void> => {
    let waited = 0
    for (const at of LOSS_PROBES) {
      await clock.sleep(millis(at - waited), unstopped)
      waited = at
      await publish(topic, '', { retain: false })
    }
  }
  return async (topic, payload, options) => {
    await publish(topic, payload, options)
    probe(topic).catch((err: unknown) => log.debug({ err, topic }, 'order.probe-failed'))
  }
}
