import { observe } from '../../edge/interlock/evidence.ts'
import type { Inside } from './gateway-inside.ts'
import { fittingOf, readingsOf, type Sample, type Sensors } from './sensors.ts'

type Deps = {
  readonly sensors: Sensors
  /** The receiver has said this. */
  readonly heard: (sample: Sample) => void
}

export type Polls = {
  /** The process has begun: nothing is underway. */
  start(): void
  /** Something happens to this car: it is looked at more often for a while. */
  stir(): void
  setActive(active: boolean): void
  isActive(): boolean
  anew(): void
}

/** What an answer of 90 bytes takes at 9600 baud. */
const ANSWER_MS = 95
const [QUIET_POLL, RESTFUL_POLL, LATELY] = [60_000, 600_000, 20 * 60_000]

/** Asks the devices of the car, each at its pace, often while there is a reason to. */
export function createPolls(inside: Inside, deps: Deps): Polls {
  const { world, vehicle, draw, state, installed, steady, wall, isUp, isHeldUp, later, inProcess, dispatch } = inside
  const { sensors } = deps
  const fitting = fittingOf(vehicle)
  let active = false
  let polls = 0
  let overdue: Sample[] = []
  let stirredAt = 0

  /** Once a minute as long as anything happens to this car or lately did; else every ten, until something does. */
  const quietPoll = (): number => (world.now() - stirredAt < LATELY ? QUIET_POLL : RESTFUL_POLL)
  const stir = (): void => {
    const rested = world.now() - stirredAt >= LATELY
    stirredAt = world.now()
    if (rested && isUp() && !isActive()) pollAnew()
  }
  const isActive = (): boolean => {
    if (!active && state().memory.open === undefined && state().work.work === 'none') return false
    stirredAt = world.now()
    return true
  }

  /** A poll's request cannot leave a thread that is held up; one that had just left is answered all the same. */
  const ask = <Asked>(sampled: () => Asked, run: (asked: Asked) => void): void => {
    if (isHeldUp() && !draw.chance(0.15)) {
      inProcess(() => run(sampled()))
      return
    }
    const sample = sampled()
    inProcess(() => run(sample))
  }
  const pollIo = (round: number): void => {
    if (round !== polls) return
    // What a unit says of itself is dated by its question, so that it comes behind a fix that was dated by its answer.
    ask(
      () => ({ sample: answered(sensors.io()), at: { steady: steady(), wall: wall() } }),
      ({ sample, at }) => {
        later(draw.between(5, ANSWER_MS), () =>
          inProcess(() => {
            take(sample, 'io', at)
            if (isActive()) later(Math.max(1, at.steady + 500 - steady()), () => pollIo(round))
          }),
        )
      },
    )
  }
  const pollGnss = (round: number): void => {
    if (round !== polls) return
    const askedAt = world.now()
    const heard = (sample: Sample): void => {
      take(sample, 'gps', { steady: steady(), wall: wall() })
      deps.heard(sample)
      // Keeps the beat, as the polling loop does: nothing about a fix's age is learned from a phase that wanders.
      const beat = fitting.gnss === 'polled' ? Math.max(1, askedAt + nextGnss() - world.now()) : nextGnss()
      if (isActive()) later(beat, () => pollGnss(round))
      else later(quietPoll(), pollAtRest)
    }
    ask(sensors.gnss, (sample) => {
      if (fitting.gnss === 'pushed') return heard(sample)
      // The answer is on the line for a while; it is dated when it is complete.
      later(draw.between(5, ANSWER_MS), () => inProcess(() => heard(sample)))
    })
  }
  /** Nothing is asked of the car: a look a minute, at the unit first, so that a frame has its word. */
  const pollAtRest = (): void => {
    polls += 1
    const round = polls
    pollIo(round)
    later(ANSWER_MS, () => pollGnss(round))
  }
  const pollAnew = (): void => {
    polls += 1
    const round = polls
    later(0, () => pollIo(round))
    later(fitting.gnss === 'pushed' ? nextGnss() : draw.between(0, 1000), () => pollGnss(round))
  }
  /** A pushed fix comes a receiver's latency after its second; a polled one is found by a timer of our own. */
  const nextGnss = (): number => {
    if (fitting.gnss === 'polled') return !fitting.motion && state().memory.open?.order.action === 'block' ? 200 : 1000
    const sinceSecond = (world.now() - sensors.latency) % 1000
    return sinceSecond < 1 ? 1000 : 1000 - sinceSecond
  }

  /** On a line whose answers come too late, each belongs to a question already given up. */
  const answered = (sample: Sample): Sample => {
    if (world.fault('relay', vehicle)?.shape !== 'late-reply') {
      overdue = []
      return sample
    }
    overdue = [...overdue, sample].slice(-16)
    return late() ?? sample.map(([name, capability]) => [name, capability, undefined] as const)
  }
  const late = (): Sample | undefined => undefined

  type At = { readonly steady: number; readonly wall: number }
  const take = (sample: Sample, device: 'gps' | 'io', at: At): void => {
    const readings = readingsOf(sample, device, at.steady, at.wall)
    const evidence = observe(state().evidence, readings, installed().sources, installed().policy)
    dispatch({ event: 'readings', evidence })
  }

  return {
    start: () => {
      overdue = []
    },
    stir,
    setActive: (wanted) => {
      if (active === wanted) return
      active = wanted
      if (isUp() && wanted) pollAnew()
    },
    isActive,
    anew: pollAnew,
  }
}
