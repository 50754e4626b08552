import type { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock, EpochMs } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { WritesRelay } from '../immobilizer/relay-output.ts'
import type { Log } from '../log.ts'
import type { Reading } from '../profile/reading.ts'
import { runBrokerLoop } from './broker-loop.ts'
import { startBrokerProcess } from './broker-process-client.ts'
import { type MqttPort, planBus } from './bus-access.ts'
import { createBusRelayClient } from './bus-relay-client.ts'
import { createLocalBusClient } from './local-bus-client.ts'
import { runRequestLoop } from './request-loop.ts'
import { createUnitService } from './unit-service.ts'
import { unitTopic } from './unit-topic.ts'
import { VOICES, type Voice, type VoiceSecrets } from './voices.ts'

export type MqttDevice = { readonly device: DeviceId; readonly profile: Profile; readonly port: MqttPort }

export type LocalBus = {
  /** The relay of `drives`, if it is one of these devices. */
  readonly relay: WritesRelay | undefined
  /** Runs the broker's process and our two voices on it until told to stop. */
  run(onReadings: (readings: readonly Reading[]) => void, stop: AbortSignal): Promise<void>
}

type Deps = {
  readonly devices: readonly MqttDevice[]
  /** The device that is this vehicle's immobilizer: the only one whose command topic exists. */
  readonly drives: DeviceId | undefined
  readonly localBus: Installation['localBus']
  readonly clock: Clock
  readonly log: Log
  readonly notBefore: EpochMs
  readonly newSecret: () => string
}

/** Wires the in-car broker and its units. Throws naming every conflict between them; starts nothing before `run`. */
export function createLocalBus(deps: Deps): LocalBus {
  const { devices, clock, log, notBefore } = deps
  const planned = devices.map(({ device, profile, port }) => ({ profile, port, drivesRelay: device === deps.drives }))
  const { plan, mistakes } = planBus(planned, deps.localBus)
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
  const secrets: VoiceSecrets = { reader: deps.newSecret(), immobilizer: deps.newSecret() }
  const host = plan.host === '0.0.0.0' ? '127.0.0.1' : plan.host === '::' ? '::1' : plan.host
  let port: number | undefined
  let tell: (readings: readonly Reading[]) => void = () => undefined

  const units = createUnitService({
    devices: devices.map(({ device, profile, port: { prefix } }) => ({ device, profile, prefix })),
    clock,
    notBefore,
    onReadings: (readings) => {
      relay?.hear(readings)
      tell(readings)
    },
  })
  const voice = (name: Voice, topics: readonly string[]) =>
    createLocalBusClient({
      user: VOICES[name],
      secret: secrets[name],
      address: () => (port === undefined ? undefined : { host, port }),
      topics,
      onMessage: units.take,
      onChange: (state) => {
        if (name === 'reader' && state === 'away') units.away()
      },
      clock,
      log,
    })
  const reader = voice('reader', [...new Set(plan.units.flatMap(({ says }) => says))])
  const immobilizer = voice('immobilizer', [])
  const driven = devices.find(({ device }) => device === deps.drives)
  const relay = driven && createBusRelayClient({ ...driven, prefix: driven.port.prefix, reader, immobilizer, clock })
  const requests = devices.flatMap(({ profile, port: { prefix } }) => {
    const { prefixAt, requests: asked } = profile.transport.mqtt ?? {}
    return (asked ?? []).map((one) => ({ ...one, topic: unitTopic(prefix, one.topic, prefixAt) }))
  })

  return {
    relay,
    run: async (onReadings, stop) => {
      tell = onReadings
      // Until a unit has spoken, every reading of it is bad, not absent.
      units.away()
      await Promise.all([
        runBrokerLoop(
          {
            plan,
            secrets,
            start: startBrokerProcess,
            clock,
            log,
            onPort: (listening) => {
              port = listening
            },
          },
          stop,
        ),
        reader.run(stop),
        immobilizer.run(stop),
        runRequestLoop({ requests, bus: reader, clock }, stop),
      ])
    },
  }
}
