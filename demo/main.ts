import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { createDemoFleet } from './app.ts'
import { HELP, parseConfig } from './config.ts'

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}

/** The wall clock from now on, `speed` times faster; sleeps are as much shorter. */
function fastClock(speed: number): Clock {
  const wallStart = Date.now()
  const steadyStart = performance.now()
  const lived = (): number => (performance.now() - steadyStart) * speed
  return {
    now: () => epochMs(Math.round(speed === 1 ? Date.now() : wallStart + lived())),
    steady: () => millis(lived()),
    sleep: async (length, stop) => {
      if (stop.aborted) return
      // The only way to end the wait early is the signal, and that is no error here.
      await wait(length / speed, undefined, { signal: stop }).catch(() => undefined)
    },
  }
}

function configOrExit() {
  try {
    return parseConfig(process.env)
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause)
    process.exit(2)
  }
}

const config = configOrExit()
const log = pino({ level: process.env['KORDON_LOG_LEVEL'] ?? 'info' })
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

const fleet = createDemoFleet(
  {
    cloudUrl: config.cloudUrl,
    fleetDir: config.fleetDir,
    profilesDir: new URL('../device-profiles', import.meta.url).pathname,
    plans: config.plans,
    ...(config.localPort === 0 ? {} : { localPort: config.localPort }),
  },
  {
    clock: fastClock(config.speed),
    uuid: randomUUID,
    randomBytes: (length) => randomBytes(length),
    log,
    logOf: (vehicle) => log.child({ vehicle }),
    // A clock that was made to run ahead must not judge when an order expires.
    timeQuality: () => (config.speed === 1 ? 'ntp' : 'estimated'),
  },
)
const running = fleet.run(stopping.signal)
const startedAt = performance.now()
while (!stopping.signal.aborted && fleet.vehicles.some((vehicle) => vehicle.gateway() === undefined))
  await wait(200, undefined, { signal: stopping.signal }).catch(() => undefined)
if (!stopping.signal.aborted)
  console.log(
    `kordon.fleet ${fleet.vehicles.length} vehicles after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  )
await running
