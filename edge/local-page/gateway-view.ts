import type { DocumentHash } from '#contract/configuration.ts'
import type { TimeQuality } from '#contract/frame.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { GatewayStatus } from '../gateway.ts'
import type { Quality, Reading } from '../profile/reading.ts'

export type DeviceView = {
  readonly id: string
  readonly profile: string
  /** The best that any of its readings is; `bad` when it has none. */
  readonly quality: Quality
  readonly good: number
  readonly readings: number
  /** Of its youngest good reading; null when it has none. */
  readonly ageS: number | null
}

/** What the gateway says of itself at the vehicle: for people, for Prometheus and for the technician's commands. */
export type GatewayView = GatewayStatus & {
  readonly now: EpochMs
  readonly timeQuality: Exclude<TimeQuality, 'gnss'>
  readonly software: string
  readonly upS: number
  readonly memoryBytes: number | null
  readonly configuration: {
    readonly version: number
    readonly hash: DocumentHash
    readonly source: 'cloud' | 'local'
    readonly stage: 'settled' | 'trial'
    readonly override: boolean
    readonly waiting: boolean
  }
  readonly seal: 'sealed' | 'broken' | 'never'
  /** Hash of the wiring and its profiles as they are now. */
  readonly wiring: DocumentHash
  readonly devices: readonly DeviceView[]
}

const RANK: readonly Quality[] = ['good', 'uncertain', 'stale', 'bad']

/** Pure. Each installed device by what it last said. */
export function deviceViews(
  devices: readonly { readonly id: string; readonly profile: string }[],
  readings: readonly Reading[],
  steady: Millis,
): readonly DeviceView[] {
  return devices.map(({ id, profile }) => {
    const own = readings.filter(({ device }) => device === id)
    const good = own.filter(({ quality }) => quality === 'good')
    const ages = good.map(({ steadyAt }) => (steady - steadyAt) / 1000)
    return {
      id,
      profile,
      quality: RANK.find((quality) => own.some((reading) => reading.quality === quality)) ?? 'bad',
      good: good.length,
      readings: own.length,
      ageS: ages.length === 0 ? null : Math.round(Math.min(...ages) * 10) / 10,
    }
  })
}
