import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import type { AccessService } from './access-service.ts'
import { Policy } from './policy.ts'

const tags = ['access']
const MAY_READ: RouteRoles = ['owner', 'head', 'security', 'auditor']
const View = z
  .strictObject({
    /** What holds: the shipped words with the installation's own over them. */
    policy: Policy,
    own: Policy,
    secondFactorToBlock: z.enum(['on', 'off']),
  })
  .meta({ id: 'AccessPolicy' })

/** What roles may, as data. */
export function createAccessRoutes(access: AccessService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/access/policy',
      { config: { roles: MAY_READ }, schema: { tags, summary: 'What each role may', response: { 200: View } } },
      async () => access.view(),
    )
    app.put(
      '/api/access/policy',
      {
        config: { roles: ['owner'], action: 'access:change', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'The installation’s own words, laid over the shipped ones; `{}` takes them all back',
          body: z.record(z.string(), z.json()),
          response: { 200: View },
        },
      },
      async (request) => access.setPolicy(request.body, callerOf(request)),
    )
    app.put(
      '/api/access/second-factor',
      {
        config: { roles: ['owner'], action: 'access:change', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Whether blocking takes a second factor',
          body: z.strictObject({ toBlock: z.enum(['on', 'off']) }),
          response: { 200: View },
        },
      },
      async (request) => access.setSecondFactor(request.body.toBlock, callerOf(request)),
    )
    app.get(
      '/api/access/mine',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'What the own role may see and change, for screens to draw only that',
          response: { 200: z.strictObject({ rights: Policy.valueType, secondFactorToBlock: z.enum(['on', 'off']) }) },
        },
      },
      async (request) => {
        const { policy, secondFactorToBlock } = await access.view()
        return { rights: policy[callerOf(request).role] ?? {}, secondFactorToBlock }
      },
    )
  }
}
