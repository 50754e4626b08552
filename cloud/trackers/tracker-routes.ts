import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { type Caller, callerOf, EVERY_ROLE, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { type Tracker, TrackerId, TrackerKind, TrackerName } from './tracker.ts'
import type { TrackerService } from './tracker-service.ts'
import type { TrackerStore } from './tracker-store.ts'

const tags = ['trackers']
const ARRANGE: RouteRoles = ['owner', 'head', 'technician']

const TrackerView = z
  .strictObject({
    id: TrackerId,
    kind: TrackerKind,
    login: z.string(),
    device: z.string(),
    vehicleId: VehicleId,
    plate: z.string().nullable(),
    createdAt: Instant,
    createdBy: z.string(),
    removedAt: Instant.nullable(),
    heardAt: Instant.nullable(),
    online: z.boolean().nullable(),
  })
  .meta({ id: 'Tracker' })

const Device = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^/+#]+$/, 'without /, + and #')
const NewTracker = z.strictObject({
  kind: TrackerKind,
  login: TrackerName.meta({ description: 'The phone’s user, or a name for the Traccar server' }),
  device: Device.meta({ description: 'OwnTracks: the device id; Traccar: the uniqueId of the device' }),
  vehicleId: VehicleId,
})
const Secret = z.string().meta({ description: 'Password, or the token of the address; shown this once' })

type Deps = {
  readonly trackers: TrackerService
  readonly store: Pick<TrackerStore, 'trackers' | 'refusals'>
  inSight(parks: ParksInSight, vehicles: readonly VehicleId[]): Promise<ReadonlySet<VehicleId>>
  platesOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, string>>
}

/** The registry of third-party trackers. Paths begin with `/api`. */
export function createTrackerRoutes({ trackers, store, inSight, platesOf }: Deps): FastifyPluginAsyncZod {
  const viewsOf = async (found: readonly Tracker[]) => {
    const plates = await platesOf(found.map(({ vehicleId }) => vehicleId))
    return found.map(({ id, kind, login, device, vehicleId, createdAt, createdBy, removedAt, heardAt, online }) => ({
      ...{ id, kind, login, device, vehicleId, plate: plates.get(vehicleId) ?? null },
      ...{ createdAt, createdBy, removedAt, heardAt, online },
    }))
  }
  const seen = async (caller: Caller): Promise<readonly Tracker[]> => {
    const all = await store.trackers()
    const sight = await inSight(
      caller.parks,
      all.map(({ vehicleId }) => vehicleId),
    )
    return all.filter(({ vehicleId }) => sight.has(vehicleId))
  }
  /** Its secret speaks for all of them. */
  const seesWhole = async (caller: Caller, login: string): Promise<boolean> => {
    const sight = new Set((await seen(caller)).map(({ id }) => id))
    return trackers.trackersOf(login).every(({ id }) => sight.has(id))
  }
  return async (app) => {
    app.get(
      '/api/trackers',
      {
        config: { roles: EVERY_ROLE },
        schema: { tags, summary: 'Trackers in sight', response: { 200: z.object({ items: z.array(TrackerView) }) } },
      },
      async (request) => ({ items: await viewsOf(await seen(callerOf(request))) }),
    )
    app.post(
      '/api/trackers',
      {
        config: { roles: ARRANGE, replay: 'never' },
        schema: {
          ...{ tags, summary: 'Register a tracker for a vehicle' },
          body: NewTracker,
          response: {
            201: z.strictObject({
              tracker: TrackerView,
              secret: Secret.nullable().meta({ description: 'null: this login has one already' }),
            }),
          },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { vehicleId, login } = request.body
        if (!(await inSight(caller.parks, [vehicleId])).has(vehicleId)) throw new Fault('vehicle/unknown')
        if (!(await seesWhole(caller, login))) throw new Fault('tracker/login-elsewhere')
        const { tracker, secret } = await trackers.add({ ...request.body, by: caller.login })
        const [view] = await viewsOf([tracker])
        if (view === undefined) throw new Fault('tracker/unknown')
        return reply.code(201).send({ tracker: view, secret })
      },
    )
    app.delete(
      '/api/trackers/:trackerId',
      {
        config: { roles: ARRANGE },
        schema: {
          ...{ tags, summary: 'Take a tracker out of use; what it has told stays' },
          params: z.strictObject({ trackerId: TrackerId }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { trackerId } = request.params
        if (!(await seen(caller)).some(({ id }) => id === trackerId)) throw new Fault('tracker/unknown')
        await trackers.remove(trackerId, caller.login)
        return reply.code(204).send(null)
      },
    )
    app.post(
      '/api/tracker-logins/:login/secret',
      {
        config: { roles: ARRANGE, replay: 'never' },
        schema: {
          ...{ tags, summary: 'A new secret for a login; the old one is void at once' },
          params: z.strictObject({ login: TrackerName }),
          response: { 200: z.strictObject({ login: z.string(), secret: Secret }) },
        },
      },
      async (request) => {
        const { login } = request.params
        const caller = callerOf(request)
        if (!(await seen(caller)).some((tracker) => tracker.login === login)) throw new Fault('tracker/unknown')
        if (!(await seesWhole(caller, login))) throw new Fault('tracker/login-elsewhere')
        return { login, secret: await trackers.newSecret(login) }
      },
    )
    app.get(
      '/api/tracker-refusals',
      {
        config: { roles: ARRANGE },
        schema: {
          ...{ tags, summary: 'Devices that send under a known login and are not registered' },
          response: {
            200: z.object({
              items: z.array(
                z.strictObject({
                  login: z.string(),
                  device: z.string(),
                  firstAt: Instant,
                  lastAt: Instant,
                  messages: z.int(),
                }),
              ),
            }),
          },
        },
      },
      async (request) => ({ items: callerOf(request).parks === 'all' ? await store.refusals() : [] }),
    )
  }
}
