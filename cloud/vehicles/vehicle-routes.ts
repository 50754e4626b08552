import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import { callerOf, EVERY_ROLE } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { ParkId, parkFor } from '../parks/park.ts'
import type { VehicleService } from './vehicle-service.ts'
import { VehicleView } from './vehicle-view.ts'

const tags = ['vehicles']
const params = z.strictObject({ id: VehicleId })
const Limit = z.coerce.number().int().min(1).max(500).default(100)
const Cursor = z.string().max(500).optional()

const Happening = z.strictObject({
  at: Instant,
  key: z.string(),
  kind: z.enum([
    'hold',
    'order',
    'crossing',
    'permit',
    'event',
    'status',
    'grace',
    'unlock-code',
    'lease',
    'shift',
    'ledger',
    'inspection',
    'paper',
    'message',
    'card',
  ]),
  title: z.string(),
  data: z.record(z.string(), z.json()),
})

const NewVehicle = z.strictObject({
  /** As on the vehicle: letters, digits and spaces between them. */
  plate: z.string().trim().min(2).max(16),
  model: z.string().trim().min(1).max(80),
  /** ISO 3779. */
  vin: z
    .string()
    .regex(/^[A-HJ-NPR-Z0-9]{17}$/, 'a VIN is 17 of A-Z without I, O, Q, and digits')
    .optional(),
  /** The main park, or the only one in sight, unless named. */
  parkId: ParkId.optional(),
})

/** Vehicles, what is known of each, and everything that ever happened to it. */
export function createVehicleRoutes(
  vehicles: VehicleService,
  addVehicle: FleetService['addVehicle'],
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/vehicles',
      {
        config: { roles: EVERY_ROLE, looksAt: 'location' },
        schema: {
          tags,
          summary: 'Vehicles by plate',
          querystring: z.strictObject({ q: z.string().trim().max(80).optional(), limit: Limit, cursor: Cursor }),
          response: {
            200: z.strictObject({ items: z.array(VehicleView).readonly(), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => vehicles.views({ ...request.query, parks: callerOf(request).parks }),
    )
    app.post(
      '/api/vehicles',
      {
        config: { roles: ['owner', 'head', 'technician'], looksAt: 'nothing' },
        schema: { tags, summary: 'Add a vehicle', body: NewVehicle, response: { 201: VehicleView } },
      },
      async (request, reply) => {
        const parkId = parkFor(callerOf(request).parks, request.body.parkId)
        if (parkId === undefined) throw new Fault('park/unknown')
        const { id } = await addVehicle({ ...request.body, parkId })
        return reply
          .code(201)
          .header('location', `/api/vehicles/${id}`)
          .send(await vehicles.view(id))
      },
    )
    app.get(
      '/api/vehicles/:id',
      {
        config: { roles: EVERY_ROLE, looksAt: 'location' },
        schema: { tags, summary: 'One vehicle', params, response: { 200: VehicleView } },
      },
      async (request) => vehicles.view(request.params.id),
    )
    app.get(
      '/api/vehicles/:id/timeline',
      {
        config: { roles: EVERY_ROLE, looksAt: 'location' },
        schema: {
          tags,
          summary: 'Everything that ever happened to a vehicle, newest first',
          params,
          querystring: z.strictObject({ limit: Limit, cursor: Cursor }),
          response: {
            200: z.strictObject({ items: z.array(Happening).readonly(), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => vehicles.timeline(request.params.id, request.query),
    )
  }
}
