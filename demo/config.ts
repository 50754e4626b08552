import { z } from 'zod'
import { chosenPlans, FLEET, type VehiclePlan } from './fleet.ts'

/** Every variable that the demo fleet reads; anything else in the environment is left alone. */
const Variables = z.object({
  KORDON_CLOUD_URL: z.url().default('http://127.0.0.1:8080'),
  KORDON_DATA_DIR: z.string().min(1).default('data'),
  KORDON_DEMO_SPEED: z.coerce.number().min(0.1).max(50).default(1),
  KORDON_DEMO_VEHICLES: z.string().optional(),
  KORDON_DEMO_LOCAL_PORT: z.coerce.number().int().min(0).max(65_000).default(8100),
})

export type DemoConfig = {
  readonly cloudUrl: string
  /** The fleet keeps one folder per vehicle in here. */
  readonly fleetDir: string
  /** How many times faster than the wall clock the fleet lives. */
  readonly speed: number
  readonly plans: readonly VehiclePlan[]
  /** Where the first car's page for one-time codes answers; the others follow. 0: no pages. */
  readonly localPort: number
}

export const HELP = `The virtual fleet. Environment:
  KORDON_CLOUD_URL      where the cloud's REST API is (http://127.0.0.1:8080)
  KORDON_DATA_DIR       its folder "fleet" holds the gateways' data (data)
  KORDON_DEMO_SPEED     how many times faster than the clock the fleet lives, 0.1 to 50 (1)
  KORDON_DEMO_LOCAL_PORT  page for one-time codes of the first car, the others follow; 0: none (8100)
  KORDON_DEMO_VEHICLES  only these, by key, separated by commas: ${FLEET.map((plan) => plan.key).join(', ')}`

/** Pure. Reads the environment; throws one error that names every wrong variable. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): DemoConfig {
  const parsed = Variables.safeParse(env)
  if (!parsed.success)
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
  const { KORDON_CLOUD_URL, KORDON_DATA_DIR, KORDON_DEMO_SPEED, KORDON_DEMO_VEHICLES } = parsed.data
  const localPort = parsed.data.KORDON_DEMO_LOCAL_PORT
  const keys = KORDON_DEMO_VEHICLES?.split(',').map((key) => key.trim())
  return {
    cloudUrl: KORDON_CLOUD_URL.replace(/\/$/, ''),
    fleetDir: `${KORDON_DATA_DIR}/fleet`,
    speed: KORDON_DEMO_SPEED,
    localPort,
    plans: keys === undefined ? FLEET : chosenPlans(keys),
  }
}
