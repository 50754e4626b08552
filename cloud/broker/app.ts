import { readFileSync } from 'node:fs'
import type { CloudConfig } from '../config.ts'
import type { ServerIdentity } from '../pki/pki-service.ts'
import type { World } from '../world.ts'
import type { Broker, BrokerEars } from './broker.ts'
import { createBrokerClient } from './broker-client.ts'
import { createEmbeddedBrokerClient, type EmbeddedBroker, type EmbeddedBrokerDeps } from './embedded-broker-client.ts'
import { createListenerClient, type Listeners } from './listener-client.ts'
import { createRecordDoor } from './record-door-client.ts'

/** The broker inside our own process, listeners and all. Nothing listens before `start`. */
export function createEmbeddedBroker(
  deps: Omit<EmbeddedBrokerDeps, 'sockets' | 'recordDoor'> & { readonly listeners: Listeners },
): EmbeddedBroker {
  const sockets = createListenerClient({ listeners: deps.listeners, log: deps.log, count: deps.count })
  return createEmbeddedBrokerClient({ ...deps, sockets, recordDoor: createRecordDoor })
}

type Ports = { readonly plain: number | undefined; readonly tls: number | undefined }
type StartedBroker = Broker & { ports?(): Ports }

type BrokerSettings = Pick<CloudConfig, 'brokerUrl' | 'brokerCaFile' | 'host' | 'mqttPort' | 'mqttsPort' | 'instance'>

/** The broker that the settings name: an outside one, else our own. Connects and listens at `start`; throws when the CA file cannot be read. */
export function createBroker(
  settings: BrokerSettings,
  identity: ServerIdentity,
  ears: BrokerEars,
  { clock, log }: Pick<World, 'clock' | 'log'>,
): StartedBroker {
  const { brokerUrl, brokerCaFile, host, mqttPort, mqttsPort, instance } = settings
  if (brokerUrl !== undefined) {
    const trust = brokerCaFile === undefined ? {} : { caPem: readFileSync(brokerCaFile, 'utf8') }
    return createBrokerClient({ ...ears, url: brokerUrl, ...trust, instance, clock, log })
  }
  return createEmbeddedBroker({
    ...ears,
    clock,
    log,
    listeners: { plain: { host: '127.0.0.1', port: mqttPort }, tls: { host, port: mqttsPort, ...identity } },
  })
}

/** The broker's place: it is made at start, when the server certificate is known, and others hold on to its seat. */
export function createBrokerSeat() {
  let broker: StartedBroker | undefined
  const seated = (): StartedBroker => {
    if (broker === undefined) throw new Error('the broker has not been started')
    return broker
  }
  return {
    take: (started: StartedBroker): void => {
      broker = started
    },
    publish: (async (topic, payload, options) => seated().publish(topic, payload, options)) satisfies Broker['publish'],
    disconnect: ((gateway) => broker?.disconnect(gateway)) satisfies Broker['disconnect'],
    ports: (): Ports => broker?.ports?.() ?? { plain: undefined, tls: undefined },
    check: async (): Promise<void> => void seated(),
    close: async (): Promise<void> => broker?.close(),
  }
}
