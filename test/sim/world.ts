import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import type { Draw } from './draw-plan.ts'
import type { Oracle } from './oracle.ts'
import type { Happening, Kind, Point, PointAction } from './plan.ts'

/** Wall time of the moment 0 of every run. */
export const START_OF_TIME = 1_795_000_000_000

const EPOCH = epochMs(0)
/** A whole millisecond of wall time, made a million times a run: without the parser. */
export const instant = (at: number): EpochMs => later(EPOCH, Math.round(at))

type Of<K extends Kind> = Extract<Happening, { kind: K }>

/** What the simulated parts share: time, chance, faults in force, the oracle. Pure but for its own bookkeeping. */
export type World = {
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
  /** A stream of chance of this name alone. */
  readonly draw: (name: string) => Draw
  readonly uuid: () => string
  /** The fault of this kind that is in force for the vehicle (−1: the cloud). */
  readonly fault: <K extends Kind>(kind: K, vehicle: number) => Of<K> | undefined
  readonly sensorFault: (sensor: Of<'sensor'>['sensor'], vehicle: number) => Of<'sensor'> | undefined
  /** BUGGIFY: passes a named place; answers what is to happen to the process there, if anything. */
  readonly passes: (point: Point, vehicle: number) => Extract<PointAction, 'crash' | 'power-cut'> | number | undefined
  readonly oracle: Oracle
  /** Notes that something worth seeing at least once has been seen. */
  readonly sometimes: (what: string) => void
  /** Goes into the running hash by which two runs are compared. */
  readonly trace: (code: number, value: number) => void
  readonly abstractState: (state: string) => void
  /** A line of the story, for whoever replays a run. */
  readonly tell: (vehicle: number, what: () => string) => void
}
