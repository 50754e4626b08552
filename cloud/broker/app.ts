import { createEmbeddedBrokerClient, type EmbeddedBroker, type EmbeddedBrokerDeps } from './embedded-broker-client.ts'
import { createListenerClient, type Listeners } from './listener-client.ts'

/** The broker inside our own process, listeners and all. Nothing listens before `start`. */
export function createEmbeddedBroker(
  deps: Omit<EmbeddedBrokerDeps, 'sockets'> & { readonly listeners: Listeners },
): EmbeddedBroker {
  const sockets = createListenerClient({ listeners: deps.listeners, log: deps.log, count: deps.count })
  return createEmbeddedBrokerClient({ ...deps, sockets })
}
