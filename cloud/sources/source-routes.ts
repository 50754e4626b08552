import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { callerOf, EVERY_ROLE, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { PaperKind } from '../papers/paper.ts'
import type { SourceService } from './source-service.ts'

const ASKS: RouteRoles = ['owner', 'head', 'manager', 'papers']
const tags = ['sources']
const ofVehicle = z.strictObject({ id: VehicleId })

/** What a source said of a paper when it last answered, and how its last turn ended. */
const PaperCheck = z.object({
  kind: PaperKind,
  source: z.string(),
  title: z.string(),
  triedAt: Instant,
  outcome: z.enum(['found', 'none', 'unknown']),
  why: z.string(),
  answeredAt: Instant.nullable(),
  validUntil: Day.nullable(),
  number: z.string(),
})
const Checks = z.object({ items: z.array(PaperCheck), nextCursor: z.null() })

type Deps = {
  readonly sources: Pick<SourceService, 'list' | 'checksOf' | 'checkNow'>
  readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
}

/** Outside sources of papers and fines: how each does, and what they said of a car. */
export function createSourceRoutes({ sources, inSight }: Deps): FastifyPluginAsyncZod {
  const known = async (vehicle: VehicleId, parks: ParksInSight): Promise<void> => {
    if (!(await inSight(parks, [vehicle])).has(vehicle)) throw new Fault('vehicle/unknown')
  }
  const checks = async (vehicle: VehicleId) => ({
    items: (await sources.checksOf(vehicle)).map(({ vehicleId: _, ...row }) => row),
    nextCursor: null,
  })
  return async (app) => {
    app.get(
      '/api/sources',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Outside sources of papers and fines, and how each of them does',
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  id: z.string(),
                  of: z.enum(['papers', 'fines']),
                  title: z.string(),
                  everyHours: z.int(),
                  triedAt: Instant.nullable(),
                  /** When it last gave an answer. */
                  okAt: Instant.nullable(),
                  problem: z.string().nullable(),
                  /** Papers it was asked about, and those of which it could say nothing; of papers. */
                  asked: z.int(),
                  unknown: z.int(),
                  /** Fines without a number, plate, moment or sum; of fines. */
                  unreadable: z.int(),
                }),
              ),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async () => ({ items: [...(await sources.list())], nextCursor: null }),
    )
    app.get(
      '/api/vehicles/:id/paper-checks',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'What outside sources say of the papers of a car',
          params: ofVehicle,
          response: { 200: Checks },
        },
      },
      async (request) => {
        await known(request.params.id, callerOf(request).parks)
        return checks(request.params.id)
      },
    )
    app.post(
      '/api/vehicles/:id/paper-checks',
      {
        config: { roles: ASKS, replay: 'never' },
        schema: {
          tags,
          summary: 'Ask every source about the papers of a car, now',
          params: ofVehicle,
          response: { 200: Checks },
        },
      },
      async (request) => {
        const { id } = request.params
        await known(id, callerOf(request).parks)
        await sources.checkNow(id, AbortSignal.timeout(25_000))
        return checks(id)
      },
    )
  }
}
