import type { VehiclePlan } from './fleet.ts'
import type { Ticking } from './fleet-loop.ts'
import type { Position } from './position.ts'
import type { VehicleMemory } from './vehicle-memory-store.ts'

/** The start line as it really is: the car asks nobody else. */
export type StartLine = 'permitted' | 'inhibited'

/** What is true of a simulated car, whatever its sensors and the cloud believe. For tests to judge by. */
export type Truth = {
  readonly position: Position
  readonly courseDeg: number
  readonly speedKmh: number
  readonly ignition: 'on' | 'off'
  readonly odometerM: number
  readonly start: StartLine
  readonly doing: string
  /** A replayed car only: which run is on or comes next, and when the first moment of the last run was played. */
  readonly replay?: { readonly run: number; readonly startedAt?: number; readonly endedAt?: number }
}

export type VirtualVehicle = Ticking & { truth(): Truth }

/** What any simulated car is given. */
export type VehicleDeps = {
  readonly plan: VehiclePlan
  startLine(): StartLine
  /** What an NMEA receiver in the car says; nobody hears it in a car without one. */
  say(sentences: readonly string[]): void
  /** Whether the gateway has been heard of yet: nobody drives before it runs. */
  attended(): boolean
  readonly memory: VehicleMemory | undefined
  keep(memory: Omit<VehicleMemory, 'coils'>): void
}
