/** Everything by which the real world could leak into a simulation. */
const FORBIDDEN = ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const

const thrower = (name: string) => (): never => {
  throw new Error(`${name} was called while a simulation runs: time and chance come from its ports only`)
}

/** Runs `work` while the wall clock, chance and timers of the process throw; puts them back whatever happens. */
export function guarded<Result>(work: () => Result): Result {
  const real = { now: Date.now, random: Math.random, tick: performance.now }
  const timers = FORBIDDEN.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  Date.now = thrower('Date.now')
  Math.random = thrower('Math.random')
  performance.now = thrower('performance.now')
  for (const [name] of timers)
    Object.defineProperty(globalThis, name, { value: thrower(name), configurable: true, writable: true })
  try {
    return work()
  } finally {
    Date.now = real.now
    Math.random = real.random
    performance.now = real.tick
    for (const [name, was] of timers) if (was !== undefined) Object.defineProperty(globalThis, name, was)
  }
}
