import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { ParkId } from '../parks/park.ts'
import type { World } from '../world.ts'
import { GoldenSetup } from './golden.ts'
import type { GoldenStore } from './golden-store.ts'

const params = z.strictObject({ parkId: ParkId })
const View = z
  .strictObject({ version: z.int(), setup: GoldenSetup, note: z.string(), by: z.string(), at: Instant })
  .nullable()

type Deps = Pick<World, 'clock'> & { readonly store: GoldenStore; readonly knows: (park: ParkId) => Promise<unknown> }

const inSight = (parks: ParksInSight, park: ParkId): boolean => parks === 'all' || parks.includes(park)

/** What the gateways of a park should run. */
export function createGoldenRoutes({ store, knows, clock }: Deps): FastifyPluginAsyncZod {
  const tags = ['gateways']
  return async (app) => {
    const view = async (park: ParkId, parks: ParksInSight): Promise<z.infer<typeof View>> => {
      if (!inSight(parks, park) || (await knows(park)) === undefined) throw new Fault('park/unknown')
      const kept = (await store.newest()).get(park)
      if (kept === undefined) return null
      return { version: kept.version, setup: kept.setup, note: kept.note, by: kept.byName, at: kept.createdAt }
    }
    app.get(
      '/api/parks/:parkId/golden-setup',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'What gateways of this park should run; null before anybody said',
          params,
          response: { 200: z.strictObject({ golden: View }) },
        },
      },
      async (request) => ({ golden: await view(request.params.parkId, callerOf(request).parks) }),
    )
    app.put(
      '/api/parks/:parkId/golden-setup',
      {
        config: { roles: ['owner', 'head', 'technician'] },
        schema: {
          tags,
          summary: 'A next version of it; gateways that differ are told within a minute',
          params,
          body: z.strictObject({
            setup: GoldenSetup,
            baseVersion: z.int().nullable(),
            note: z.string().trim().max(500).default(''),
          }),
          response: { 200: z.strictObject({ golden: View }) },
        },
      },
      async (request) => {
        const { login: byName, parks } = callerOf(request)
        const { parkId } = request.params
        const present = await view(parkId, parks)
        const { setup, note, baseVersion } = request.body
        if ((present?.version ?? null) !== baseVersion) throw new Fault('configuration/changed')
        const version = (present?.version ?? 0) + 1
        if (!(await store.add({ parkId, version, setup, note, byName, createdAt: clock.now() })))
          throw new Fault('configuration/changed')
        return { golden: await view(parkId, parks) }
      },
    )
  }
}
