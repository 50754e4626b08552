import type { GatewayEvent } from '#contract/event.ts'
import type { TimeQuality } from '#contract/frame.ts'
import type { DeviceId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { ImmobilizerState } from '../immobilizer/immobilizer-state.ts'
import { evidenceSnapshot } from '../interlock/evidence-snapshot.ts'
import { gnssTrust } from '../position/gnss-trust.ts'
import { readPosition } from '../position/position-readings.ts'
import type { Reading } from '../profile/reading.ts'
import { QUIET, watch } from './monitors.ts'
import type { Figure, SeenPlace, Sight } from './sight.ts'
import { awaitStart } from './start-attempt.ts'

export type MonitorService = {
  /** Takes what one polling cycle read, after the immobilizer has taken it. */
  observe(readings: readonly Reading[]): void
  /** Takes what the immobilizer tells: after a verified order the next start attempt is awaited. */
  heed(record: GatewayRecord): void
}

type Deps = {
  /** The one device whose position counts. */
  readonly gnss?: DeviceId
  readonly immobilizer: { state(): ImmobilizerState; distrustRelay(): void }
  readonly keepEvent: (event: GatewayEvent) => void
  readonly timeQuality: () => TimeQuality
  readonly software: string
  readonly clock: Clock
}

/** Watches for a relay that sticks, a bypass, a tow, a cut supply, a pulled unit. It raises events and moves nothing. */
export function createMonitorService(deps: Deps): MonitorService {
  const { clock, immobilizer } = deps
  let monitors = QUIET
  const figures: { rpm?: Figure; supplyVolt?: Figure } = {}
  let lastFix = 0

  const figure = (key: 'rpm' | 'supplyVolt', { quality, value, steadyAt: at }: Reading): void => {
    if (quality === 'good' && typeof value === 'number') figures[key] = { value, at }
  }

  /** A position that is believed and new; a frozen receiver shows no motion and no standstill. */
  const placeIn = (readings: readonly Reading[]): SeenPlace | undefined => {
    const position = readPosition(readings.filter(({ device }) => device === deps.gnss))
    if (position === undefined || !position.valid || position.speedKmh === undefined) return undefined
    if (position.time === lastFix || gnssTrust(immobilizer.state().evidence.trust) !== 'ok') return undefined
    lastFix = position.time
    const { lat, lon, at, speedKmh } = position
    return { lat, lon, at, speedKmh }
  }

  const sight = (place: SeenPlace | undefined): Sight => {
    const { memory, settledAt, work, evidence } = immobilizer.state()
    const { drive, sense, ignition } = evidence
    return {
      now: clock.steady(),
      relay: {
        reported: memory.reported,
        settledAt,
        task: work.work === 'none' || work.work === 'waiting' ? 'idle' : 'busy',
      },
      ...(drive === undefined ? {} : { drive }),
      ...(sense === undefined ? {} : { sense }),
      ...(ignition === undefined ? {} : { ignition }),
      ...figures,
      ...(place === undefined ? {} : { place }),
    }
  }

  return {
    observe: (readings) => {
      for (const reading of readings) {
        if (reading.capability === 'engine.rpm') figure('rpm', reading)
        if (reading.capability === 'supply.voltage') figure('supplyVolt', reading)
      }
      const { state, raised } = watch(monitors, sight(placeIn(readings)))
      monitors = state
      const facts = { timeQuality: deps.timeQuality(), software: deps.software }
      for (const { name, data } of raised) {
        const evidence = evidenceSnapshot(immobilizer.state().evidence, clock.steady(), facts)
        deps.keepEvent({ kind: 'event', name, at: clock.now(), data: { ...data, evidence } })
        if (name === 'stuck-relay') immobilizer.distrustRelay()
      }
    },
    heed: (record) => {
      if (record.kind !== 'report' || record.state !== 'verified') return
      const action = immobilizer.state().memory.reported === 'blocked' ? 'block' : 'unblock'
      monitors = { ...monitors, start: awaitStart({ orderId: record.orderId, orderSeq: record.orderSeq, action }) }
    },
  }
}
