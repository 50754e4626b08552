import { type Clock, seconds } from '#contract/instant.ts'
import { fixOf, type GpsFix, NO_WANDER, wandered } from '../gps-fix.ts'
import { createHardware, serialLatencyMs } from '../hardware.ts'
import { createModbusDevice } from '../modbus-device-client.ts'
import type { Position } from '../position.ts'
import type { Random } from '../random.ts'

/** A car that stands in the workshop, for practice: a line with the receiver as unit 1 and the relay board as unit 2. */
export type TrainingCar = {
  /** Answers the port of its line. */
  listen(): Promise<number>
  /** Turns the key. */
  key(to: 'on' | 'off'): void
  /** What the starter does when the key is turned further. */
  start(): 'cranks' | 'nothing'
  fuse(to: 'in' | 'pulled'): void
  run(stop: AbortSignal): Promise<void>
  close(): Promise<void>
}

const WORKSHOP: Position = { lat: 55.7172, lon: 37.7935 }

export function createTrainingCar({
  clock,
  random,
  port,
}: {
  clock: Clock
  random: Random
  port: number
}): TrainingCar {
  let key: 'on' | 'off' = 'off'
  let fuse: 'in' | 'pulled' = 'in'
  let wander = NO_WANDER
  let fix: GpsFix | undefined
  const look = (): void => {
    wander = wandered(wander, random)
    fix = fixOf({ position: WORKSHOP, speedKmh: 0, courseDeg: 0 }, wander, clock.now(), random)
  }
  const { gpsUnit, relayUnit, startLine } = createHardware({
    fitting: 'gps-unit-and-relay',
    serial: '1106100999',
    coils: [],
    sensors: { fixNow: () => fix, ignition: () => key === 'on', motion: () => false },
    clock,
    switched: () => {},
  })
  const units = new Map([[2, relayUnit], ...(gpsUnit === undefined ? [] : [[1, gpsUnit] as const])])
  const line = createModbusDevice({ units, clock, host: '127.0.0.1', port, latencyMs: serialLatencyMs })
  return {
    listen: line.listen,
    close: line.close,
    key: (to) => {
      key = to
    },
    fuse: (to) => {
      fuse = to
    },
    // Without power its coil has fallen: the contact is closed.
    start: () => (fuse === 'in' && startLine() === 'inhibited' ? 'nothing' : 'cranks'),
    run: async (stop) => {
      while (!stop.aborted) {
        look()
        await clock.sleep(seconds(1), stop)
      }
    },
  }
}
