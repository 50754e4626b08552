import { type Clock, millis } from '#contract/instant.ts'
import type { TopicRequest } from '#contract/profile.ts'
import type { LocalBusClient } from './local-bus-client.ts'

type Deps = {
  /** With whole topics. */
  readonly requests: readonly TopicRequest[]
  readonly bus: Pick<LocalBusClient, 'publish'>
  readonly clock: Clock
}

/** Asks units for their state, each question at its own pace, until told to stop. An unheard question is asked again. */
export async function runRequestLoop({ requests, bus, clock }: Deps, stop: AbortSignal): Promise<void> {
  const ask = async ({ topic, payload, everyMs }: TopicRequest): Promise<void> => {
    while (!stop.aborted) {
      // While the broker is away there is nobody to ask; its units are stale already.
      await bus.publish(topic, payload).catch(() => undefined)
      await clock.sleep(millis(everyMs), stop)
    }
  }
  await Promise.all(requests.map(ask))
}
