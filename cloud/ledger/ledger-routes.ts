import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { LeaseId } from '../leases/lease.ts'
import type { LedgerService } from './ledger-service.ts'
import { AccountView, accountView, PostingView, postingView } from './ledger-view.ts'
import { PostingKind, TransactionId } from './posting.ts'
import { Limit, Note, Posted, postedBy } from './posting-body.ts'

const READS: RouteRoles = ['owner', 'head', 'manager', 'support', 'accountant', 'auditor']
const tags = ['ledger']

/** Postings and accounts as they stand, and the undoing of a posting. */
export function createLedgerRoutes(ledger: LedgerService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/ledger/postings',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'Postings with their entries, newest first',
          querystring: z.strictObject({
            driver: DriverId.optional(),
            lease: LeaseId.optional(),
            vehicle: VehicleId.optional(),
            kind: PostingKind.optional(),
            from: Instant.optional(),
            to: Instant.optional(),
            limit: Limit,
            cursor: z.string().max(500).optional(),
          }),
          response: { 200: z.strictObject({ items: z.array(PostingView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { driver: driverId, lease: leaseId, vehicle: vehicleId, ...query } = request.query
        const page = await ledger.list({ ...query, driverId, leaseId, vehicleId, parks: callerOf(request).parks })
        return { ...page, items: page.items.map(({ row, entries }) => postingView(row, entries)) }
      },
    )
    app.get(
      '/api/ledger/postings/:id',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'A posting',
          params: z.strictObject({ id: TransactionId }),
          response: { 200: PostingView },
        },
      },
      async (request) => {
        const { row, entries } = await ledger.view(request.params.id, callerOf(request).parks)
        return postingView(row, entries)
      },
    )
    app.post(
      '/api/ledger/postings/:id/reversal',
      {
        config: { roles: ['owner', 'head', 'accountant'] },
        schema: {
          tags,
          summary: 'Undo a posting by its opposite; both stay',
          params: z.strictObject({ id: TransactionId }),
          body: z.strictObject({ note: Note.min(1) }),
          response: { 201: Posted },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { outcome, id } = await ledger.reverse(
          request.params.id,
          request.body.note,
          postedBy(caller),
          caller.parks,
        )
        const { row, entries } = await ledger.view(id, caller.parks)
        return reply.code(201).send({ outcome, posting: postingView(row, entries) })
      },
    )
    app.get(
      '/api/ledger/accounts',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'Accounts with their sums: of a driver, of a lease, or of the parks',
          querystring: z.strictObject({ driver: DriverId.optional(), lease: LeaseId.optional() }),
          response: { 200: z.strictObject({ items: z.array(AccountView) }) },
        },
      },
      async (request) => {
        const { driver: driverId, lease: leaseId } = request.query
        const found = await ledger.accountsOf({ parks: callerOf(request).parks, driverId, leaseId })
        return { items: found.map(accountView) }
      },
    )
  }
}
