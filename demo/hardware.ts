import type { Clock } from '#contract/instant.ts'
import type { Fitting } from './fleet.ts'
import type { GpsFix } from './gps-fix.ts'
import { createGpsUnit } from './gps-unit.ts'
import type { ModbusUnit } from './modbus-unit.ts'
import { createRelayUnit } from './relay-unit.ts'
import { createRouterUnit } from './router-unit.ts'
import type { StartLine } from './virtual-vehicle.ts'

/** What the units of one car read from the car around them. */
export type CarSensors = { fixNow(): GpsFix | undefined; ignition(): boolean; motion(): boolean }

/** The units of one car, still without a wire to anybody. */
export type Hardware = {
  /** Answers on the relay's line, and on the GPS unit's where that is one of its own. */
  readonly relayUnit: ModbusUnit
  readonly gpsUnit: ModbusUnit | undefined
  coils(): readonly boolean[]
  startLine(): StartLine
}

export type HardwareDeps = {
  readonly fitting: Fitting
  readonly serial: string
  readonly coils: readonly boolean[]
  readonly sensors: CarSensors
  readonly clock: Clock
  /** A relay changed: its state is to be kept at once. */
  switched(): void
}

/** Channel 0 of the board opens the start line, input 0 sees the ignition, input 1 the vibration sensor of a car whose GPS is polled. */
export function createHardware(deps: HardwareDeps): Hardware {
  const { sensors } = deps
  if (deps.fitting === 'router') {
    const bootAt = deps.clock.steady()
    const inside = {
      serial: deps.serial,
      fixNow: sensors.fixNow,
      ignition: sensors.ignition,
      motion: sensors.motion,
      uptimeS: () => (deps.clock.steady() - bootAt) / 1000,
      nowMs: () => deps.clock.now(),
      switched: deps.switched,
    }
    const router = createRouterUnit(inside, deps.coils[0] === true ? 1 : 0)
    return {
      relayUnit: router,
      gpsUnit: undefined,
      coils: () => [router.relay() === 1],
      startLine: () => (router.relay() === 1 ? 'inhibited' : 'permitted'),
    }
  }
  const coils = Array.from({ length: 8 }, (_, channel) => deps.coils[channel] === true)
  const isPolled = deps.fitting === 'gps-unit-and-relay'
  const input = (channel: number): boolean =>
    (channel === 0 && sensors.ignition()) || (channel === 1 && isPolled && sensors.motion())
  const board = createRelayUnit(coils, input, deps.switched)
  return {
    relayUnit: board,
    gpsUnit: isPolled ? createGpsUnit(sensors.fixNow) : undefined,
    coils: () => board.coils,
    startLine: () => (board.coils[0] === true ? 'inhibited' : 'permitted'),
  }
}

/** Pure. A believable time from request to reply over RS-485 at 9600 baud, 8N1: 960 bytes a second and the unit itself. */
export const serialLatencyMs = (bytes: number): number => 6 + (bytes * 1000) / 960

/** Pure. The same for a router that answers over Ethernet. */
export const routerLatencyMs = (bytes: number): number => 4 + bytes / 100
