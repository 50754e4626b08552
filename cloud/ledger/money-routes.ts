import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { type Caller, callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { LeaseId } from '../leases/lease.ts'
import { Till } from './account.ts'
import type { LedgerService } from './ledger-service.ts'
import { postingView } from './ledger-view.ts'
import { buyoutPosting, correctionPosting, depositPosting, finePosting, topUpPosting } from './posting.ts'
import { Key, Note, Posted, postedBy, type Subjects, Sum } from './posting-body.ts'

const POSTS: RouteRoles = ['owner', 'head', 'accountant']
const TAKES_MONEY: RouteRoles = ['owner', 'head', 'accountant', 'integration']
const tags = ['ledger']

/** What people, and banks for them, post: payments, fines, corrections, deposits. */
export function createMoneyRoutes(ledger: LedgerService, subjects: Subjects): FastifyPluginAsyncZod {
  /** Keys of people lie apart from those that the house makes. */
  const head = async (
    caller: Caller,
    body: {
      readonly driverId: DriverId
      readonly key?: string | undefined
      readonly note: string
      readonly at?: EpochMs | undefined
    },
    kind: string,
  ) => {
    const { parkId } = await subjects.driver(body.driverId, caller.parks)
    const { driverId, note } = body
    const key = `${kind} ${body.key ?? subjects.uuid()}`
    return { key: `by hand: ${key}`, at: body.at ?? subjects.now(), parkId, driverId, note, by: postedBy(caller) }
  }
  const post = async (posting: Parameters<LedgerService['post']>[0], parks: ParksInSight) => {
    const { outcome, id } = await ledger.post(posting)
    const { row, entries } = await ledger.view(id, parks)
    return { outcome, posting: postingView(row, entries) }
  }
  return async (app) => {
    app.post(
      '/api/ledger/top-ups',
      {
        config: { roles: TAKES_MONEY },
        schema: {
          tags,
          summary: 'Money has come in for a driver',
          description: 'With `key`, the number of the payment, it is posted once however often it is told.',
          body: z.strictObject({
            driverId: DriverId,
            kopecks: Sum,
            via: Till,
            key: Key,
            at: Instant.optional(),
            note: Note.default(''),
          }),
          response: { 201: Posted },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const common = await head(caller, request.body, 'top-up')
        const { kopecks, via } = request.body
        return reply.code(201).send(await post(topUpPosting({ ...common, kopecks, via }), caller.parks))
      },
    )
    app.post(
      '/api/ledger/fines',
      {
        config: { roles: TAKES_MONEY },
        schema: {
          tags,
          summary: 'A fine that a driver has to bear',
          body: z.strictObject({
            driverId: DriverId,
            kopecks: Sum,
            vehicleId: VehicleId.nullable().default(null),
            key: Key,
            at: Instant.optional(),
            note: Note.min(1),
          }),
          response: { 201: Posted },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const common = await head(caller, request.body, 'fine')
        const { kopecks, vehicleId } = request.body
        if (vehicleId !== null) await subjects.vehicle(vehicleId, caller.parks)
        return reply.code(201).send(await post(finePosting({ ...common, kopecks, vehicleId }), caller.parks))
      },
    )
    app.post(
      '/api/ledger/corrections',
      {
        config: { roles: POSTS },
        schema: {
          tags,
          summary: 'Correct a driver’s balance, up or down, with the reason',
          body: z.strictObject({
            driverId: DriverId,
            kopecks: z
              .int()
              .min(-1_000_000_000)
              .max(1_000_000_000)
              .refine((sum) => sum !== 0, { error: 'nothing to correct' }),
            key: Key,
            note: Note.min(3),
          }),
          response: { 201: Posted },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const common = await head(caller, request.body, 'correction')
        return reply
          .code(201)
          .send(await post(correctionPosting({ ...common, kopecks: request.body.kopecks }), caller.parks))
      },
    )
    app.post(
      '/api/ledger/deposits',
      {
        config: { roles: POSTS },
        schema: {
          tags,
          summary: 'Take a deposit of a lease, give it back, or take a payment towards the price of a buy-out',
          body: z.strictObject({
            leaseId: LeaseId,
            driverId: DriverId,
            what: z.enum(['deposit-in', 'deposit-out', 'buyout']),
            kopecks: Sum,
            via: z.enum([...Till.options, 'balance']),
            key: Key,
            at: Instant.optional(),
            note: Note.default(''),
          }),
          response: { 201: Posted },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { leaseId, what, kopecks, via } = request.body
        await subjects.lease(leaseId, caller.parks)
        const common = { ...(await head(caller, request.body, what)), leaseId, kopecks, via }
        const posting =
          what === 'buyout'
            ? buyoutPosting(common)
            : depositPosting({ ...common, direction: what === 'deposit-in' ? 'in' : 'out' })
        return reply.code(201).send(await post(posting, caller.parks))
      },
    )
  }
}
