import type { Draw } from './draw-plan.ts'

/** Metres from where the run began. */
export type Place = { readonly north: number; readonly east: number }

/** The true car. Nothing in the product ever reads it; the sensors see it through their faults, the oracle as it is. */
export type Car = {
  /** True speed in m/s at a moment not before the last few changes of acceleration. */
  speedAt(t: number): number
  placeAt(t: number): Place
  ignition(): boolean
  /** When the key last changed its position. */
  keyChangedAt(): number
  engine(): boolean
  /** Turns the key and drives about for a while, if the starter turns. */
  startTrip(lasts: number, style: TripStyle): void
  /** Rolls away with the engine off, on a slope of at most 15 %. */
  roll(accel: number, lasts: number): void
  tow(speed: number, lasts: number): void
}

/** `warmUp`: how long the engine idles before the car sets off, ms. */
export type TripStyle = { readonly hasty: boolean; readonly brownOut: boolean; readonly warmUp: number }

type Segment = {
  readonly from: number
  readonly v: number
  readonly a: number
  readonly heading: number
  readonly place: Place
}

type Deps = {
  readonly draw: Draw
  now(): number
  after(ms: number, run: () => void): void
  /** Is the start line closed at this moment? */
  startPermitted(): boolean
  readonly brownOut: () => void
  readonly started: (permitted: boolean) => void
}

const KEPT = 12
/** From the key to an engine that runs by itself takes at least this long. */
const CRANK_LEAST_MS = 1000

/** Physics of one car: constant acceleration by pieces, a driver with habits, a slope and a tow truck. */
export function createCar(deps: Deps): Car {
  const { draw, now, after } = deps
  let heading = draw.between(0, 2 * Math.PI)
  let segments: Segment[] = [{ from: Number.NEGATIVE_INFINITY, v: 0, a: 0, heading, place: { north: 0, east: 0 } }]
  let key = false
  let running = false
  let keyChangedAt = Number.NEGATIVE_INFINITY
  let busy = false

  const segmentAt = (t: number): Segment => {
    for (let index = segments.length - 1; index > 0; index -= 1) {
      const segment = segments[index]
      if (segment !== undefined && segment.from <= t) return segment
    }
    const [first] = segments
    if (first === undefined) throw new Error('a car has always one segment')
    return first
  }
  const speedAt = (t: number): number => {
    const { from, v, a } = segmentAt(t)
    return a === 0 ? v : Math.max(0, v + (a * (t - from)) / 1000)
  }
  const placeAt = (t: number): Place => {
    const segment = segmentAt(t)
    if (segment.v === 0 && segment.a === 0) return segment.place
    const dt = (t - segment.from) / 1000
    const moving = segment.a < 0 ? Math.min(dt, segment.v / -segment.a) : dt
    const metres = segment.v * moving + (segment.a * moving * moving) / 2
    const { place, heading: to } = segment
    return { north: place.north + metres * Math.cos(to), east: place.east + metres * Math.sin(to) }
  }
  const change = (a: number): void => {
    const t = now()
    const next = { from: t, v: speedAt(t), a, heading, place: placeAt(t) }
    segments = [...segments.slice(-KEPT), next]
  }
  const halt = (): void => {
    const t = now()
    segments = [...segments.slice(-KEPT), { from: t, v: 0, a: 0, heading, place: placeAt(t) }]
  }

  const keyOff = (): void => {
    key = false
    keyChangedAt = now()
  }
  const accelerate = (a: number, to: number, then: () => void): void => {
    change(a)
    after((Math.abs(to - speedAt(now())) / Math.abs(a)) * 1000, () => {
      if (to === 0) halt()
      else change(0)
      then()
    })
  }

  const finish = (): void => {
    keyOff()
    running = false
    busy = false
  }
  const park = (): void => {
    if (draw.chance(0.15) && speedAt(now()) > 1) {
      // The key comes out while the car still rolls to its place.
      accelerate(-draw.between(1, 3), draw.between(0.5, 3), () => {
        keyOff()
        running = false
        accelerate(-draw.between(0.4, 1), 0, finish)
      })
      return
    }
    accelerate(-draw.between(1, 4), 0, () => after(draw.between(500, 20_000), finish))
  }
  const leg = (until: number): void => {
    if (now() >= until) {
      speedAt(now()) > 0 ? park() : after(draw.between(500, 9000), finish)
      return
    }
    const fast = draw.between(2, 25)
    accelerate(draw.between(0.8, 3), fast, () =>
      after(draw.between(3, 90) * 1000, () => {
        if (now() >= until) return park()
        heading += draw.between(-1, 1)
        accelerate(-draw.between(1, 4), 0, () => {
          // A stop-start car stands at a light with its key on and its engine off.
          const stopStart = draw.chance(0.2)
          if (stopStart) running = false
          after(draw.pick([draw.between(2, 20), draw.between(30, 150)]) * 1000, () => {
            running = true
            leg(until)
          })
        })
      }),
    )
  }

  const idle = (): void => {
    busy = false
  }
  const turnKey = (lasts: number, hasty: boolean, warmUp: number, tries: number): void => {
    busy = true
    key = true
    keyChangedAt = now()
    after(hasty ? CRANK_LEAST_MS : draw.pick([draw.between(CRANK_LEAST_MS, 1500), draw.between(1500, 6000)]), () => {
      const permitted = deps.startPermitted()
      deps.started(permitted)
      if (permitted) {
        running = true
        after(hasty ? 10 : warmUp + draw.between(300, 20_000), () => leg(now() + lasts))
        return
      }
      after(draw.between(500, 4000), () => {
        keyOff()
        busy = false
        if (tries > 1) after(draw.between(5, 90) * 1000, () => begin(lasts, hasty, warmUp, tries - 1))
      })
    })
  }
  const begin = (lasts: number, hasty: boolean, warmUp: number, tries: number): void => {
    if (!busy) turnKey(lasts, hasty, warmUp, tries)
  }

  return {
    speedAt,
    placeAt,
    ignition: () => key,
    keyChangedAt: () => keyChangedAt,
    engine: () => running,
    startTrip: (lasts, { hasty, brownOut, warmUp }) => {
      if (busy) return
      begin(lasts, hasty, warmUp, 3)
      if (brownOut) after(draw.between(100, 900), deps.brownOut)
    },
    roll: (accel, lasts) => {
      if (busy) return
      busy = true
      change(accel)
      after(lasts, () => accelerate(-3, 0, idle))
    },
    tow: (speed, lasts) => {
      if (busy) return
      busy = true
      accelerate(draw.between(0.3, 1.2), speed, () => after(lasts, () => accelerate(-draw.between(0.5, 1.5), 0, idle)))
    },
  }
}
