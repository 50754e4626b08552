import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDemoFleet, type DemoFleetConfig, type DemoVehicle } from '../../demo/app.ts'
import { createFastClock } from './fast-clock.ts'

/** Virtual vehicles in this process: real gateways against simulated hardware, with the truth at hand. */
export type RunningFleet = {
  readonly vehicles: readonly DemoVehicle[]
  byKey(key: string): DemoVehicle
  /** What the gateways said at warn and above. */
  readonly complaints: readonly string[]
  stop(): Promise<void>
}

type Options = Pick<DemoFleetConfig, 'cloudUrl' | 'plans' | 'interlock' | 'gateway'> & {
  /** How many times faster than the clock the fleet lives, and how far in the past it sets out. */
  readonly speed?: number
  readonly leadMs?: number
}

export function startFleet({ speed = 1, leadMs = 0, ...config }: Options): RunningFleet {
  const fleetDir = mkdtempSync(join(tmpdir(), 'kordon-fleet-'))
  const complaints: string[] = []
  const complain = (fields: object, event: string): void => {
    complaints.push(
      `${event} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))}`,
    )
  }
  const quiet = (): void => undefined
  const log = { debug: quiet, info: quiet, warn: complain, error: complain }
  const fleet = createDemoFleet(
    { ...config, fleetDir, profilesDir: new URL('../../device-profiles', import.meta.url).pathname },
    {
      clock: createFastClock(speed, leadMs),
      uuid: randomUUID,
      randomBytes: (length) => randomBytes(length),
      log,
      logOf: () => log,
      timeQuality: () => (speed === 1 ? 'ntp' : 'estimated'),
    },
  )
  const stopping = new AbortController()
  const running = fleet.run(stopping.signal)
  running.catch((cause: unknown) => complain({ err: cause }, 'fleet.ended'))
  return {
    vehicles: fleet.vehicles,
    byKey: (key) => {
      const found = fleet.vehicles.find((vehicle) => vehicle.plan.key === key)
      if (found === undefined) throw new Error(`no vehicle ${key}`)
      return found
    },
    complaints,
    stop: async () => {
      stopping.abort()
      await running
      rmSync(fleetDir, { recursive: true, force: true })
    },
  }
}
