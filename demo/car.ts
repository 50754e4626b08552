import type { Position } from './position.ts'
import { type Gate, placeOn, type Route } from './route.ts'

/** What stands still or moves on the road, true to the metre: no sensor error in here. */
export type Car = {
  readonly position: Position
  readonly courseDeg: number
  readonly speedKmh: number
  readonly ignition: 'on' | 'off'
  readonly odometerM: number
  readonly doing: Doing
}

export type Doing =
  | { readonly kind: 'parked'; readonly leftS: number }
  /** Key turned; at the end of it the engine runs or, with the start line open, it does not. */
  | { readonly kind: 'starting'; readonly leftS: number }
  | {
      readonly kind: 'driving'
      readonly route: Route
      readonly drivenM: number
      readonly passed: number
      readonly waitS: number
    }
  /** Arrived, engine still running. */
  | { readonly kind: 'arrived'; readonly leftS: number }

/** What the driver meets: the start line of the immobilizer, and what is to be done next. */
export type Surroundings = {
  readonly start: 'permitted' | 'inhibited'
  /** The next way from here; undefined = the driver only lets the engine run for a while and stays. */
  nextRoute(car: Car): Route | undefined
  /** How long the car stays parked now, seconds. `tried` = after a start that failed. */
  parkingS(tried: 'arrived' | 'tried'): number
}

/** A taxi in town traffic: comfortable pull and brake, m/s². */
export const ACCELERATION = 1.8
export const BRAKING = 2.2
/** The last metre to a line; from this speed a car simply stands. */
const CREEP_MS = 0.5
const START_S = 4
const ARRIVED_S = 6
const IDLING_S = 20

/** Pure. A car standing at a point with the engine off. */
export const parkedAt = (position: Position, courseDeg: number, odometerM: number, leftS: number): Car => ({
  position,
  courseDeg,
  speedKmh: 0,
  ignition: 'off',
  odometerM,
  doing: { kind: 'parked', leftS },
})

/** Pure but for what `around` draws. The car `stepS` seconds later; meant for steps of at most a second. */
export function advanceCar(car: Car, stepS: number, around: Surroundings): Car {
  const doing = car.doing
  switch (doing.kind) {
    case 'parked':
      return doing.leftS > stepS
        ? { ...car, doing: { kind: 'parked', leftS: doing.leftS - stepS } }
        : { ...car, ignition: 'on', doing: { kind: 'starting', leftS: START_S } }
    case 'starting':
      return doing.leftS > stepS
        ? { ...car, doing: { kind: 'starting', leftS: doing.leftS - stepS } }
        : started(car, around)
    case 'driving':
      return drive(car, doing, stepS)
    case 'arrived':
      return doing.leftS > stepS
        ? { ...car, doing: { kind: 'arrived', leftS: doing.leftS - stepS } }
        : { ...car, ignition: 'off', doing: { kind: 'parked', leftS: around.parkingS('arrived') } }
    default:
      return doing satisfies never
  }
}

/** An open start line keeps the starter from turning, and only that: a running engine is never touched. */
function started(car: Car, around: Surroundings): Car {
  if (around.start === 'inhibited')
    return { ...car, ignition: 'off', doing: { kind: 'parked', leftS: around.parkingS('tried') } }
  const route = around.nextRoute(car)
  if (route === undefined) return { ...car, doing: { kind: 'arrived', leftS: IDLING_S } }
  return { ...car, doing: { kind: 'driving', route, drivenM: 0, passed: 0, waitS: 0 } }
}

function drive(car: Car, doing: Extract<Doing, { kind: 'driving' }>, stepS: number): Car {
  if (doing.waitS > 0) return { ...car, speedKmh: 0, doing: { ...doing, waitS: Math.max(0, doing.waitS - stepS) } }
  const { route } = doing
  const speedMs = car.speedKmh / 3.6
  const wanted = wantedSpeedMs(route, doing.drivenM, doing.passed, stepS)
  const nextMs = Math.min(wanted, speedMs + ACCELERATION * stepS)
  const drivenM = Math.min(route.lengthM, doing.drivenM + ((speedMs + nextMs) / 2) * stepS)
  const gate = route.gates[doing.passed]
  // A metre before the line is at the line: a car creeps no further.
  const stopped = gate !== undefined && gate.maxKmh === 0 && nextMs <= CREEP_MS && gate.atM - drivenM < 1
  const passed = stopped ? doing.passed + 1 : passedGates(route.gates, doing.passed, drivenM)
  const place = placeOn(route, drivenM)
  const moved = {
    ...car,
    position: place.position,
    courseDeg: place.courseDeg,
    speedKmh: stopped ? 0 : nextMs * 3.6,
    odometerM: car.odometerM + drivenM - doing.drivenM,
  }
  if (stopped && passed >= route.gates.length) return { ...moved, doing: { kind: 'arrived', leftS: ARRIVED_S } }
  return { ...moved, doing: { ...doing, drivenM, passed, waitS: stopped ? gate.waitS : 0 } }
}

/** Gates that only slow are behind the car once it is past them; a stop is behind it only after the stop. */
function passedGates(gates: readonly Gate[], passed: number, drivenM: number): number {
  let count = passed
  for (let gate = gates[count]; gate !== undefined && gate.maxKmh > 0 && gate.atM <= drivenM; gate = gates[count])
    count += 1
  return count
}

/** The speed from which every gate ahead can still be met by ordinary braking, within the limit of this road. */
function wantedSpeedMs(route: Route, drivenM: number, passed: number, stepS: number): number {
  let wanted = placeOn(route, drivenM).limitKmh / 3.6
  const sight = wanted ** 2 / (2 * BRAKING) + wanted * stepS + 10
  for (let index = passed; index < route.gates.length; index += 1) {
    const gate = route.gates[index]
    if (gate === undefined || gate.atM > drivenM + sight) break
    wanted = Math.min(wanted, approachMs(gate, gate.atM - drivenM, stepS))
  }
  return wanted
}

/** v such that v·t + (v² − g²) / 2b covers the way left: the distance of this step is taken off before braking starts. */
function approachMs(gate: Gate, leftM: number, stepS: number): number {
  const gateMs = gate.maxKmh / 3.6
  const reach = BRAKING * stepS
  const braked = -reach + Math.sqrt(reach ** 2 + gateMs ** 2 + 2 * BRAKING * Math.max(0, leftM))
  return Math.max(gateMs, braked, gate.maxKmh === 0 && leftM > 0.5 ? CREEP_MS : 0)
}
