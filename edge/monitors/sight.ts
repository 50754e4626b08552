import type { Millis } from '#contract/instant.ts'
import type { Level, RelayWitness } from '../interlock/evidence.ts'
import type { Place } from '../position/place.ts'

/** A number and the monotonic moment at which it was read, by a good reading. */
export type Figure = { readonly value: number; readonly at: Millis }

/** A believed position, told once. */
export type SeenPlace = Place & { readonly at: Millis; readonly speedKmh: number }

/** What the monitors see at one moment. What is not fitted, or has not been read, is absent. */
export type Sight = {
  readonly now: Millis
  readonly relay: {
    /** The word that the last read-back proved. */
    readonly reported: 'free' | 'blocked' | 'unknown'
    readonly settledAt: Millis
    /** While it is being moved nothing about it is a contradiction. */
    readonly task: 'busy' | 'idle'
  }
  readonly drive?: RelayWitness
  readonly sense?: RelayWitness
  readonly ignition?: Level
  readonly rpm?: Figure
  readonly supplyVolt?: Figure
  readonly place?: SeenPlace
}

/** Something that a person should see, with what it was seen by. A monitor never acts. */
export type Raised = { readonly name: MonitorEvent; readonly data: Readonly<Record<string, string | number>> }
export type MonitorEvent =
  | 'stuck-relay'
  | 'bypass-suspected'
  | 'tow-suspected'
  | 'power-cut'
  | 'bus-tamper'
  | 'start-attempt'

export type Watched<State> = { readonly state: State; readonly raised?: Raised }

const FRESH_MS = 3000

/** Pure. Said lately enough to speak of now. */
export const isFresh = <Said extends { readonly at: Millis }>(said: Said | undefined, now: Millis): said is Said =>
  said !== undefined && now - said.at <= FRESH_MS

/** Pure. Blocked by the last read-back, and nothing says otherwise since. */
export const isBlocked = ({ relay, drive }: Sight): boolean => relay.reported === 'blocked' && drive?.word !== 'free'

export const tenth = (value: number): number => Math.round(value * 10) / 10
