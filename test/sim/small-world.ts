import { createDraw } from './draw-plan.ts'
import { createEventQueue } from './event-queue.ts'
import type { Happening } from './plan.ts'
import type { World } from './world.ts'

/** Time, chance and faults for one part of the simulator alone: what its contract tests stand it in. */
export type SmallWorld = Pick<World, 'draw' | 'now' | 'after' | 'fault' | 'sometimes' | 'trace'> & {
  /** From now on only these are in force. */
  setFaults(faults: readonly Happening[]): void
  /** Lets time pass, event by event, until this is so; throws after a simulated day. */
  until(isSo: () => boolean): void
}

const LONGEST_MS = 86_400_000

export function createSmallWorld(seed: number): SmallWorld {
  const queue = createEventQueue()
  let time = 0
  let inForce: readonly Happening[] = []
  return {
    draw: (name) => createDraw(seed, name),
    now: () => time,
    after: (ms, run) => queue.push(time + Math.max(0, ms), run),
    fault: (kind) => {
      for (const one of inForce) if (isOf(one, kind)) return one
      return undefined
    },
    sometimes: () => {},
    trace: () => {},
    setFaults: (faults) => {
      inForce = faults
    },
    until: (isSo) => {
      while (!isSo()) {
        const next = queue.pop()
        if (next === undefined || next.at > LONGEST_MS) throw new Error('it never came to be so')
        time = next.at
        next.run()
      }
    },
  }
}

const isOf = <K extends Happening['kind']>(one: Happening, kind: K): one is Extract<Happening, { kind: K }> =>
  one.kind === kind
