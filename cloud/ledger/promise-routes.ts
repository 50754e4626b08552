import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import type { LedgerService } from './ledger-service.ts'
import { PromiseView, promiseView } from './ledger-view.ts'
import { Limit, Note, postedBy, type Subjects, Sum } from './posting-body.ts'
import { PromiseId, PromiseState } from './promise.ts'

const READS: RouteRoles = ['owner', 'head', 'manager', 'support', 'accountant', 'auditor']
const TAKES: RouteRoles = ['owner', 'head', 'manager', 'support']
const tags = ['ledger']

/** Promises to pay. */
export function createPromiseRoutes(ledger: LedgerService, subjects: Pick<Subjects, 'driver'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/ledger/promises',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'Promises to pay, newest first',
          querystring: z.strictObject({ driver: DriverId.optional(), state: PromiseState.optional(), limit: Limit }),
          response: { 200: z.strictObject({ items: z.array(PromiseView) }) },
        },
      },
      async (request) => {
        const { driver: driverId, ...query } = request.query
        return {
          items: (await ledger.promises({ ...query, driverId, parks: callerOf(request).parks })).map(promiseView),
        }
      },
    )
    app.post(
      '/api/ledger/promises',
      {
        config: { roles: TAKES },
        schema: {
          tags,
          summary: 'A driver promises to pay',
          body: z.strictObject({ driverId: DriverId, kopecks: Sum, until: Instant, note: Note.default('') }),
          response: { 201: PromiseView },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { parkId } = await subjects.driver(request.body.driverId, caller.parks)
        const promise = await ledger.promise({ ...request.body, parkId }, postedBy(caller))
        return reply.code(201).send(promiseView(promise))
      },
    )
    app.delete(
      '/api/ledger/promises/:id',
      {
        config: { roles: TAKES },
        schema: {
          tags,
          summary: 'Withdraw a promise that is open',
          params: z.strictObject({ id: PromiseId }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        await ledger.withdrawPromise(request.params.id, postedBy(caller), caller.parks)
        return reply.code(204).send(null)
      },
    )
  }
}
