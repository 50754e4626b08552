import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { type Caller, callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { LeaseId } from '../leases/lease.ts'
import type { ParkId } from '../parks/park.ts'
import { Till } from './account.ts'
import type { LedgerService } from './ledger-service.ts'
import { AccountView, accountView, PostingView, PromiseView, postingView, promiseView } from './ledger-view.ts'
import {
  buyoutPosting,
  correctionPosting,
  depositPosting,
  finePosting,
  type PostedBy,
  PostingKind,
  TransactionId,
  topUpPosting,
} from './posting.ts'
import { PromiseId, PromiseState } from './promise.ts'

const READS: RouteRoles = ['owner', 'head', 'manager', 'support', 'accountant', 'auditor']
const POSTS: RouteRoles = ['owner', 'head', 'accountant']
const TAKES_MONEY: RouteRoles = ['owner', 'head', 'accountant', 'integration']
const tags = ['ledger']
const Limit = z.coerce.number().int().min(1).max(500).default(100)
const Cursor = z.string().max(500).optional()
const Note = z.string().trim().max(500)
const Sum = z.int().min(1).max(1_000_000_000)
/** Names the event, such as a payment's number: posted again under it, nothing is posted. */
const Key = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e][\x20-\x7e]{0,119}$/, 'up to 120 printable characters')
  .optional()
const Posted = z.strictObject({ outcome: z.enum(['posted', 'known']), posting: PostingView })

/** What postings need to know of a driver or a lease. */
export type Subjects = {
  /** Faults: driver/unknown. */
  driver(id: DriverId, parks: ParksInSight): Promise<{ readonly parkId: ParkId }>
  /** Faults: lease/unknown. */
  lease(id: LeaseId, parks: ParksInSight): Promise<{ readonly parkId: ParkId }>
  /** Faults: vehicle/unknown. */
  vehicle(id: VehicleId, parks: ParksInSight): Promise<void>
  now(): EpochMs
  uuid(): string
}

const postedBy = ({ id, login }: Caller): PostedBy => ({ kind: 'user', id, name: login })

/** Postings, accounts and promises to pay. */
export function createLedgerRoutes(ledger: LedgerService, subjects: Subjects): FastifyPluginAsyncZod {
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
            cursor: Cursor,
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
        config: { roles: POSTS },
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
        config: { roles: ['owner', 'head', 'manager', 'support'] },
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
        config: { roles: ['owner', 'head', 'manager', 'support'] },
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
