import type { ImmobilizerState, Installed, Moment } from '../../edge/immobilizer/immobilizer-state.ts'
import type { ImmobilizerEvent } from '../../edge/immobilizer/immobilizer-step.ts'
import type { Point } from './plan.ts'
import type { World } from './world.ts'

/** What the parts of one simulated gateway share: its machine, its one thread, its life and its clocks. */
export type Inside = {
  readonly world: World
  readonly vehicle: number
  readonly draw: ReturnType<World['draw']>
  readonly state: () => ImmobilizerState
  readonly installed: () => Installed
  readonly moment: () => Moment
  readonly steady: () => number
  readonly wall: () => number
  readonly clockTrusted: () => boolean
  readonly boot: () => string
  readonly isUp: () => boolean
  /** A disk holds the thread up: what comes meanwhile waits. */
  readonly isHeldUp: () => boolean
  /** Runs later unless the process has died by then. */
  readonly later: (ms: number, run: () => void) => void
  /** At once, or as soon as the thread is free. */
  readonly inProcess: (run: () => void) => void
  readonly dispatch: (event: ImmobilizerEvent) => void
  /** Comes after what is under way. */
  readonly push: (event: ImmobilizerEvent) => void
  /** True when the process has ended here. */
  readonly passes: (point: Point) => boolean
}
