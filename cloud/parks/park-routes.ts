import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import { type Caller, callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { isInSight, ParkId, ParkName } from './park.ts'
import type { ParkStore } from './park-store.ts'

const tags = ['parks']
const ARRANGE: RouteRoles = ['owner', 'head']
const Park = z.strictObject({ id: ParkId, name: z.string() }).meta({ id: 'Park' })

type Deps = {
  readonly parks: ParkStore
  readonly parkStore: (db: Db) => ParkStore
  readonly decide: DecisionService['decide']
  readonly world: Pick<World, 'clock' | 'uuid'>
  readonly changed: (vehicle: VehicleId) => void
}

/** Parks, and which vehicle stands in which. Only who sees all parks opens, renames or moves between them freely. */
export function createParkRoutes({ parks, parkStore, decide, world, changed }: Deps): FastifyPluginAsyncZod {
  const by = ({ id, login: name }: Caller) => ({ kind: 'user' as const, id, name })
  const name = (parkId: ParkId, wished: string, caller: Caller) =>
    decide(async (db) => {
      const same = await parkStore(db).findByName(wished)
      if (same !== undefined && same.id !== parkId) throw new Fault('park/name-taken')
      const decision = { kind: 'park-named' as const, parkId, name: wished, by: by(caller), at: world.clock.now() }
      return { decisions: [decision], result: { id: parkId, name: wished } }
    })
  const seenBy = async (caller: Caller, parkId: ParkId): Promise<void> => {
    if (!isInSight(caller.parks, parkId) || (await parks.find(parkId)) === undefined) throw new Fault('park/unknown')
  }
  return async (app) => {
    app.get(
      '/api/parks',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Parks in sight, by name',
          response: { 200: z.strictObject({ items: z.array(Park) }) },
        },
      },
      async (request) => {
        const { parks: sight } = callerOf(request)
        const all = await parks.list()
        return { items: all.filter(({ id }) => isInSight(sight, id)).map(({ id, name }) => ({ id, name })) }
      },
    )
    app.post(
      '/api/parks',
      {
        config: { roles: ARRANGE },
        schema: { tags, summary: 'Open a park', body: z.strictObject({ name: ParkName }), response: { 201: Park } },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        if (caller.parks !== 'all') throw new Fault('access/forbidden', 'only who sees all parks opens another')
        return reply.code(201).send(await name(ParkId.parse(world.uuid()), request.body.name, caller))
      },
    )
    app.put(
      '/api/parks/:parkId',
      {
        config: { roles: ARRANGE },
        schema: {
          tags,
          summary: 'Rename a park',
          params: z.strictObject({ parkId: ParkId }),
          body: z.strictObject({ name: ParkName }),
          response: { 200: Park },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        await seenBy(caller, request.params.parkId)
        return name(request.params.parkId, request.body.name, caller)
      },
    )
    app.put(
      '/api/vehicles/:id/park',
      {
        config: { roles: ARRANGE },
        schema: {
          tags,
          summary: 'Move a vehicle to another park: other people see it from then on',
          params: z.strictObject({ id: VehicleId }),
          body: z.strictObject({ parkId: ParkId }),
          response: { 200: z.strictObject({ id: VehicleId, parkId: ParkId }) },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { id } = request.params
        const { parkId } = request.body
        await seenBy(caller, parkId)
        const found = await decide(async (db) => {
          const now = await parkStore(db).parksOf([id])
          if (!now.has(id)) throw new Fault('vehicle/unknown')
          const moved = { kind: 'vehicle-moved' as const, vehicleId: id, parkId, by: by(caller), at: world.clock.now() }
          return { decisions: now.get(id) === parkId ? [] : [moved], result: { id, parkId } }
        })
        changed(id)
        return found
      },
    )
  }
}
