import type { DeviceId } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { Reading } from '../profile/reading.ts'
import { type Refusal, screenPosition, UNSCREENED } from './position-screen.ts'

export type PositionService = {
  /** Screens what one polling cycle read; everyone else sees only the answer. */
  take(readings: readonly Reading[]): readonly Reading[]
  /** What the wheels say now; undefined when they are not fitted or have been silent. */
  wheelKmh(): number | undefined
  /** Looks at the receiver that were refused since the start, by reason. */
  refusals(): Readonly<Record<Refusal, number>>
}

const WHEEL_MAX_AGE_MS = 3000

/** The one gate between the receiver and everything that uses a position. */
export function createPositionService(deps: { readonly gnss?: DeviceId; readonly clock: Clock }): PositionService {
  let screen = UNSCREENED
  let wheel: { readonly speedKmh: number; readonly at: Millis } = { speedKmh: 0, at: millis(-Infinity) }

  const wheelKmh = (): number | undefined =>
    deps.clock.steady() - wheel.at > WHEEL_MAX_AGE_MS ? undefined : wheel.speedKmh

  return {
    take: (readings) => {
      const told = readings.find((one) => one.capability === 'vehicle.speed' && one.quality === 'good')
      if (typeof told?.value === 'number') wheel = { speedKmh: told.value, at: told.steadyAt }
      const isReceiver = (one: Reading): boolean => one.device === deps.gnss
      if (!readings.some(isReceiver)) return readings
      const screened = screenPosition(screen, readings.filter(isReceiver), wheelKmh())
      screen = screened.screen
      return [...readings.filter((one) => !isReceiver(one)), ...screened.readings]
    },
    wheelKmh,
    refusals: () => screen.counts,
  }
}
