import type { DeviceId } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { DriveReading, RelayDrive, WritesRelay } from '../immobilizer/relay-output.ts'
import type { Reading } from '../profile/reading.ts'
import { isDenied } from './bus-access.ts'
import type { LocalBusClient } from './local-bus-client.ts'
import { unitTopic } from './unit-topic.ts'

type Deps = {
  readonly device: DeviceId
  readonly profile: Profile
  readonly prefix: string
  /** The voice that may speak commands, and the one that asks. */
  readonly immobilizer: Pick<LocalBusClient, 'publish'>
  readonly reader: Pick<LocalBusClient, 'publish'>
  readonly clock: Clock
}

export type BusRelayClient = WritesRelay & {
  /** Is shown all readings, and picks its own. */
  hear(readings: readonly Reading[]): void
}

type HeardDrive = { readonly drive: RelayDrive; readonly steadyAt: Millis }

/**
 * A relay driven over the in-car broker. Its word is what it publishes after the write, never the acknowledgement of
 * the broker. Throws at once when the profile has no such action or is experimental.
 */
export function createBusRelayClient(deps: Deps): BusRelayClient {
  const { clock, profile } = deps
  const action = profile.actions?.immobilizer
  if (action === undefined || !('publish' in action))
    throw new Error(`profile ${profile.id} has no immobilizer action over MQTT`)
  if (profile.status === 'experimental') throw new Error(`profile ${profile.id} is experimental and drives no relay`)
  const { publish, readBack } = action
  const { prefixAt, requests } = profile.transport.mqtt ?? {}
  const whole = (topic: string): string => unitTopic(deps.prefix, topic, prefixAt)
  const listeners = new Set<() => void>()
  let heard: HeardDrive | undefined
  let written: HeardDrive | undefined

  /** The word that counts at `since`: from after the last write, and not older than a read-back may take. */
  const wordSince = (since: number): HeardDrive | undefined => {
    const oldest = Math.max(written?.steadyAt ?? Number.NEGATIVE_INFINITY, since - readBack.withinMs)
    return heard !== undefined && heard.steadyAt >= oldest ? heard : undefined
  }
  /** A report that set out before the write may come in after it; it is believed when nothing better comes in time. */
  const isSettled = (since: number): boolean => {
    const word = wordSince(since)
    const isJustWritten = written !== undefined && since - written.steadyAt <= 2 * readBack.withinMs
    return word !== undefined && (!isJustWritten || word.drive === written?.drive)
  }

  const untilSettled = async (since: number, stop: AbortSignal): Promise<void> => {
    const ending = new AbortController()
    const look = (): void => {
      if (isSettled(since)) ending.abort()
    }
    listeners.add(look)
    await clock.sleep(millis(readBack.withinMs), AbortSignal.any([stop, ending.signal]))
    listeners.delete(look)
  }

  return {
    hear: (readings) => {
      for (const { device, name, quality, value, steadyAt } of readings) {
        if (device !== deps.device || name !== readBack.reading) continue
        const isWord = quality === 'good' && (value === 'free' || value === 'blocked')
        heard = isWord ? { drive: value, steadyAt } : undefined
      }
      for (const listener of [...listeners]) listener()
    },
    readDrive: async (stop): Promise<DriveReading> => {
      const since = clock.steady()
      if (!isSettled(since)) {
        for (const { topic, payload } of requests ?? [])
          void deps.reader.publish(whole(topic), payload).catch(() => undefined)
        await untilSettled(since, stop)
      }
      return wordSince(since) ?? { drive: 'unknown', cause: 'timeout', steadyAt: clock.steady() }
    },
    writeDrive: async (drive, _stop, mayStill) => {
      const payload = publish.values[drive]
      if (isDenied(profile, publish.topic, payload)) throw new Error('write refused: on the deny-list of the profile')
      if (mayStill?.() === false) throw new Error('write withheld')
      written = { drive, steadyAt: clock.steady() }
      await deps.immobilizer.publish(whole(publish.topic), payload)
    },
  }
}
