import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type ParksInSight } from '../http/access.ts'
import type { ConditionService } from './condition-service.ts'

export const SignalDoubt = z.enum(['own', 'leap', 'odometer', 'fleet'])

const Conditions = z
  .strictObject({
    /** Those that stand first; ended ones are shown for a day. */
    areaOutages: z.array(
      z.strictObject({
        id: z.uuid(),
        /** South-western corner of the district, `lat lon`. */
        cell: z.string(),
        lat: z.number(),
        lon: z.number(),
        beganAt: Instant,
        endedAt: Instant.nullable(),
        /** How many cars were in contact there before. */
        vehiclesThere: z.int(),
        vehicles: z.array(z.strictObject({ vehicleId: VehicleId, silentSince: Instant, backAt: Instant.nullable() })),
      }),
    ),
    signalSuspects: z.array(z.strictObject({ vehicleId: VehicleId, cause: SignalDoubt, since: Instant })),
    /** Places that several cars claimed at once within a quarter of an hour: not believed. */
    deceits: z.array(
      z.strictObject({ lat: z.number(), lon: z.number(), since: Instant, vehicles: z.array(VehicleId) }),
    ),
  })
  .meta({ id: 'FleetConditions' })

type Parts = {
  readonly conditions: ConditionService
  readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
}

/** What the fleet says of connection and positions as a whole. */
export function createConditionRoutes({ conditions, inSight }: Parts): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/fleet/conditions',
      {
        config: { roles: EVERY_ROLE, looksAt: 'nothing' },
        schema: {
          tags: ['zones'],
          summary: 'Districts without connection, and positions that are not believed',
          response: { 200: Conditions },
        },
      },
      async (request) => {
        const { parks } = callerOf(request)
        const { areaOutages, suspects, deceits } = await conditions.summary((ids) => inSight(parks, ids))
        return {
          areaOutages: areaOutages.map(({ vehicles, ...outage }) => ({
            ...outage,
            vehicles: vehicles.map(({ vehicleId, silentSince, backAt }) => ({ vehicleId, silentSince, backAt })),
          })),
          signalSuspects: suspects.map(({ vehicleId, cause, since }) => ({ vehicleId, cause, since })),
          deceits: deceits.map(({ vehicles, ...place }) => ({ ...place, vehicles: [...vehicles] })),
        }
      },
    )
  }
}
