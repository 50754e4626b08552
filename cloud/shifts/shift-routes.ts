import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { clerkOf } from '../drivers/clerk.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf } from '../http/access.ts'
import { LeaseId } from '../leases/lease.ts'
import { HANDS_OVER, SEES_LEASES } from '../leases/lease-roles.ts'
import { ShiftView } from '../leases/lease-view.ts'
import type { ShiftService } from './shift-service.ts'

const tags = ['leases']

/** Who drives which vehicle, from when to when. */
export function createShiftRoutes(shifts: ShiftService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/shifts',
      {
        config: { roles: SEES_LEASES },
        schema: {
          tags,
          summary: 'Shifts, newest first',
          querystring: z.strictObject({
            vehicle: VehicleId.optional(),
            driver: DriverId.optional(),
            lease: LeaseId.optional(),
            open: z.enum(['yes', 'no']).optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
          }),
          response: {
            200: z.strictObject({ items: z.array(ShiftView).readonly(), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => {
        const { vehicle: vehicleId, driver: driverId, lease: leaseId, ...query } = request.query
        return shifts.list({ ...query, vehicleId, driverId, leaseId, parks: callerOf(request).parks })
      },
    )
    app.post(
      '/api/shifts',
      {
        config: { roles: HANDS_OVER },
        schema: {
          tags,
          summary: 'Open a shift',
          description: 'From now on this driver answers for the vehicle; whoever was on shift is relieved.',
          body: z.strictObject({ vehicleId: VehicleId, driverId: DriverId }),
          response: { 201: ShiftView },
        },
      },
      async (request, reply) => {
        const { vehicleId, driverId } = request.body
        return reply.code(201).send(await shifts.open(vehicleId, driverId, clerkOf(callerOf(request))))
      },
    )
    app.post(
      '/api/shifts/close',
      {
        config: { roles: HANDS_OVER },
        schema: {
          tags,
          summary: 'Close the open shift of a vehicle',
          body: z.strictObject({ vehicleId: VehicleId }),
          response: { 200: ShiftView },
        },
      },
      async (request) => shifts.close(request.body.vehicleId, clerkOf(callerOf(request))),
    )
  }
}
