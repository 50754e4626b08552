import type { EpochMs } from '#contract/instant.ts'
import { advanceCar, type Car, parkedAt } from './car.ts'
import type { Errand } from './errand.ts'
import { fixOf, type GpsFix, NO_WANDER, type Wander, wandered } from './gps-fix.ts'
import { sentencesOf } from './nmea-text.ts'
import type { Random } from './random.ts'
import type { StartLine, VehicleDeps, VirtualVehicle } from './virtual-vehicle.ts'

export type DrivenVehicle = VirtualVehicle & {
  /** What its GPS unit shows now; undefined before the first second. */
  fixNow(): GpsFix | undefined
}

/** A blocked car is tried by its driver this long after he finds it so. */
const FIRST_TRY_S = 90

/** A car that drives its own errands and stands where it was left when the demo was last stopped. */
export function createDrivenVehicle(deps: VehicleDeps, errand: Errand, random: Random): DrivenVehicle {
  const { memory } = deps
  const { first } = errand
  let car: Car = parkedAt(
    memory?.position ?? first.position,
    memory?.courseDeg ?? 0,
    memory?.odometerM ?? 0,
    first.parkedS,
  )
  let wander: Wander = NO_WANDER
  let fix: GpsFix | undefined
  let lastStart: StartLine = deps.startLine()

  return {
    fixNow: () => fix,
    advance: (stepS) => {
      const start = deps.startLine()
      if (deps.plan.life.kind === 'parked' && start !== lastStart) car = noticed(car, start)
      lastStart = start
      if (!deps.attended() && car.doing.kind === 'parked') return
      car = advanceCar(car, stepS, {
        start,
        nextRoute: errand.nextRoute,
        parkingS: (why) => errand.parkingS(why, car),
      })
    },
    second: (at: EpochMs) => {
      wander = wandered(wander, random)
      fix = fixOf(car, wander, at, random)
      deps.say(sentencesOf(fix))
    },
    keep: () => deps.keep({ position: car.position, courseDeg: car.courseDeg, odometerM: car.odometerM }),
    truth: () => ({
      position: car.position,
      courseDeg: car.courseDeg,
      speedKmh: car.speedKmh,
      ignition: car.ignition,
      odometerM: car.odometerM,
      start: deps.startLine(),
      doing: car.doing.kind,
    }),
  }
}

/** The parked car's driver comes when it was blocked, and once more when it was freed: both can then be watched. */
const noticed = (car: Car, start: StartLine): Car =>
  car.doing.kind === 'parked'
    ? { ...car, doing: { kind: 'parked', leftS: start === 'inhibited' ? FIRST_TRY_S : 10 } }
    : car
