import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { ClaimCode, ClaimGrant, ClaimRequest, RenewalGrant, RenewalRequest } from '#contract/provisioning.ts'
import { callerOf, EVERY_ROLE, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { FleetService } from './fleet-service.ts'
import type { Gateway } from './gateway-registry.ts'
import type { Trouble } from './gateway-trouble.ts'

const tags = ['gateways']
const PROVISION: RouteRoles = ['owner', 'head', 'technician']
const params = z.strictObject({ id: GatewayId })

const GatewayView = z
  .strictObject({
    id: GatewayId,
    vehicleId: VehicleId,
    plate: z.string(),
    state: z.enum(['claimable', 'active', 'revoked']),
    online: z.boolean().nullable(),
    statusAt: Instant.nullable(),
    software: z.string().nullable(),
    sealed: z.strictObject({ at: Instant, by: z.string() }).nullable(),
    certificateExpiresAt: Instant.nullable(),
    /** What a person should see to; empty when all is well. */
    troubles: z.array(
      z.strictObject({
        kind: z.enum([
          'not-claimed',
          'never-seen',
          'offline',
          'not-sealed',
          'certificate-ends',
          'certificate-ended',
          'drift',
        ]),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'Gateway' })
const Provisioned = z.strictObject({
  id: GatewayId,
  vehicleId: VehicleId,
  claimCode: ClaimCode,
  claimExpiresAt: Instant,
})

const gatewayView = (
  gateway: Gateway,
  plates: ReadonlyMap<VehicleId, string>,
  troubles: readonly Trouble[],
): z.infer<typeof GatewayView> => ({
  id: gateway.id,
  vehicleId: gateway.vehicleId,
  plate: plates.get(gateway.vehicleId) ?? '',
  state: gateway.state,
  online: gateway.online,
  statusAt: gateway.statusAt,
  software: gateway.software,
  sealed: gateway.sealed,
  certificateExpiresAt: gateway.certificateExpiresAt,
  troubles: [...troubles],
})

/** Those of these vehicles that exist for somebody who sees these parks. */
type Seen = (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
type PlatesOf = (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, string>>

type TroublesOf = () => Promise<(gateway: Gateway) => readonly Trouble[]>

/** Provisioning: a technician adds a gateway to a vehicle, the gateway claims its identity by a one-time code. */
export function createGatewayRoutes(
  fleet: FleetService,
  platesOf: PlatesOf,
  seen: Seen,
  troublesNow: TroublesOf,
): FastifyPluginAsyncZod {
  /** Where it is, or where it was meant to be. */
  const placeOf = (gateway: Gateway): VehicleId => fleet.vehicleNow(gateway.id) ?? gateway.vehicleId
  const viewOf = async (gateway: Gateway) =>
    gatewayView(gateway, await platesOf([gateway.vehicleId]), (await troublesNow())(gateway))
  return async (app) => {
    app.get(
      '/api/gateways',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Gateways, newest last',
          response: { 200: z.strictObject({ items: z.array(GatewayView) }) },
        },
      },
      async (request) => {
        const all = fleet.gateways()
        const inSight = await seen(callerOf(request).parks, all.map(placeOf))
        const gateways = all.filter((gateway) => inSight.has(placeOf(gateway)))
        const plates = await platesOf(gateways.map((gateway) => gateway.vehicleId))
        const troublesOf = await troublesNow()
        return { items: gateways.map((gateway) => gatewayView(gateway, plates, troublesOf(gateway))) }
      },
    )
    app.post(
      '/api/gateways',
      {
        // The claim code is shown once and must not lie in the table of replayed answers.
        config: { roles: PROVISION, replay: 'never' },
        schema: {
          tags,
          summary: 'Provision a gateway for a vehicle; answers a claim code for ten minutes',
          body: z.strictObject({ vehicleId: VehicleId, replaces: GatewayId.optional() }),
          response: { 201: Provisioned },
        },
      },
      async (request, reply) => {
        const { login: by, parks } = callerOf(request)
        if (!(await seen(parks, [request.body.vehicleId])).has(request.body.vehicleId))
          throw new Fault('vehicle/unknown')
        const { gateway, claimCode, claimExpiresAt } = await fleet.addGateway({ ...request.body, by })
        return reply.code(201).send({ id: gateway.id, vehicleId: gateway.vehicleId, claimCode, claimExpiresAt })
      },
    )
    app.post(
      '/api/gateways/:id/claim-code',
      {
        config: { roles: PROVISION, replay: 'never' },
        schema: {
          tags,
          summary: 'A new claim code; earlier ones are void',
          params,
          response: { 201: z.strictObject({ claimCode: ClaimCode, claimExpiresAt: Instant }) },
        },
      },
      async (request, reply) => reply.code(201).send(await fleet.issueCode(request.params.id, callerOf(request).login)),
    )
    app.post(
      '/api/gateways/:id/commissioning',
      {
        config: { roles: PROVISION },
        schema: {
          tags,
          summary: 'Seal the commissioning sheet: from now on this vehicle can be blocked',
          params,
          body: z.strictObject({
            note: z.string().trim().max(2000).default(''),
            /** The sheet as the gateway signed it (JWS, ES256): kept when it is this gateway's, refused when not. */
            sheet: z.string().max(65_536).optional(),
          }),
          response: { 200: GatewayView },
        },
      },
      async (request) => {
        const by = callerOf(request).login
        return viewOf(await fleet.seal({ gateway: request.params.id, by, ...request.body }))
      },
    )
    app.post(
      '/api/gateways/:id/revoke',
      {
        config: { roles: ['owner', 'head', 'security', 'technician'] },
        schema: {
          tags,
          summary: 'Take a gateway out of service for good; its connection ends',
          params,
          response: { 200: GatewayView },
        },
      },
      async (request) => viewOf(await fleet.revoke(request.params.id, callerOf(request).login)),
    )
    app.post(
      '/api/gateways/claim',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'A gateway claims its identity; the code is the proof',
          body: ClaimRequest,
          response: { 200: ClaimGrant },
        },
      },
      async (request) => fleet.claim(request.body, request.ip),
    )
    app.post(
      '/api/gateways/renew',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'A gateway renews its certificate; its signature by the present one is the proof',
          body: RenewalRequest,
          response: { 200: RenewalGrant },
        },
      },
      async (request) => fleet.renew(request.body.request),
    )
  }
}
