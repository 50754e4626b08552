import type { DeviceId } from '#contract/ids.ts'
import type { Clock, EpochMs } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { Reading } from '../profile/reading.ts'
import { topicReadings } from './bus-access.ts'
import { emptyUnit, type Heard, readingsOfLoss, readingsOfMessage, type UnitMemory } from './bus-message.ts'
import { unitTopic } from './unit-topic.ts'

export type BusDevice = { readonly device: DeviceId; readonly profile: Profile; readonly prefix: string }

export type UnitService = {
  /** One message of the bus; topics of no unit are nothing to us. */
  take(topic: string, payload: Uint8Array): void
  /** The broker is gone, and with it every unit. */
  away(): void
}

type Deps = {
  readonly devices: readonly BusDevice[]
  readonly clock: Clock
  /** The software's build date: an earlier fix time is refused. */
  readonly notBefore: EpochMs
  readonly onReadings: (readings: readonly Reading[]) => void
}

/** Turns what units say into readings, each with its own memory. */
export function createUnitService({ devices, clock, notBefore, onReadings }: Deps): UnitService {
  const memories = new Map<DeviceId, UnitMemory>()
  const addresses = new Map(
    devices.flatMap((unit) =>
      topicReadings(unit.profile).map(([, { topic }]) => {
        const whole = unitTopic(unit.prefix, topic, unit.profile.transport.mqtt?.prefixAt)
        return [whole, { unit, topic }] as const
      }),
    ),
  )
  const look = () => ({ now: clock.now(), steadyAt: clock.steady(), notBefore })
  const keep = (device: DeviceId, { memory, readings }: Heard): void => {
    memories.set(device, memory)
    if (readings.length > 0) onReadings(readings)
  }

  return {
    take: (topic, payload) => {
      const found = addresses.get(topic)
      if (found === undefined) return
      const memory = memories.get(found.unit.device) ?? emptyUnit
      keep(found.unit.device, readingsOfMessage(memory, found.unit, { topic: found.topic, payload }, look()))
    },
    away: () => {
      for (const unit of devices)
        keep(unit.device, readingsOfLoss(memories.get(unit.device) ?? emptyUnit, unit, look()))
    },
  }
}
