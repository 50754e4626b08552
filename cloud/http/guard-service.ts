import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { World } from '../world.ts'
import { type Caller, judgeAccess } from './access.ts'
import { type Action, actionOf, covers } from './action.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { Fault } from './fault.ts'
import type { FieldRights } from './field-mask.ts'
import { isIdempotencyKey } from './idempotency.ts'
import type { IdempotencyStore, KeyedRequest } from './idempotency-store.ts'
import { parameterOf, type Reach, reachOf } from './reach.ts'
import { isCrossSite, isUnsafe } from './same-site.ts'
import { judgeFactor } from './second-factor.ts'

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  readonly answers: IdempotencyStore
  readonly ownOrigins: readonly string[]
  readonly reach: readonly Reach[]
  findCaller(credentials: Credentials): Promise<Caller | null>
  readonly rights: Rights
}

/** What the policy of the house says beyond the roles that a route names. */
export type Rights = {
  mayAct(caller: Caller, action: Action): Promise<boolean>
  /** What of fields this caller may see and write. */
  fieldsOf(caller: Pick<Caller, 'role'>): Promise<FieldRights>
  /** Whether blocking takes a second factor. */
  secondFactorToBlock(): Promise<'on' | 'off'>
}

export type GuardService = ReturnType<typeof createGuardService>

/** What stands before every route, in this order: where from, who, may they, and was this asked before. */
export function createGuardService(deps: Deps) {
  const keyed = new WeakMap<FastifyRequest, KeyedRequest>()

  const refuseByPolicy = async ({ caller, method, routeOptions }: FastifyRequest): Promise<void> => {
    if (caller === null) return
    const { config, url = '' } = routeOptions
    if (config.roles === 'public') return
    const action = config.action ?? actionOf(method, url)
    if (caller.scopes !== undefined && !caller.scopes.some((scope) => covers(scope, action)))
      throw new Fault('access/scope', action)
    if (!(await deps.rights.mayAct(caller, action))) throw new Fault('access/forbidden')
    if (config.secondFactor === 'fresh') await refuseUnproven(caller, action)
  }
  const refuseUnproven = async (caller: Caller, action: Action): Promise<void> => {
    const named = caller.scopes?.some((scope) => !scope.startsWith('*') && covers(scope, action)) === true
    const policy = await deps.rights.secondFactorToBlock()
    const verdict = judgeFactor(caller, policy, named, deps.world.clock.now())
    switch (verdict) {
      case 'enough':
        return
      case 'not-now':
        throw new Fault('access/recovered-lately')
      case 'second-factor-needed':
        throw new Fault('access/second-factor')
      case 'scope-needed':
        throw new Fault('access/scope', action)
      default:
        verdict satisfies never
    }
  }

  return {
    /** Throws unless the request comes from our own pages or a program, and its caller has a role the route names, and reach. */
    admit: async (request: FastifyRequest): Promise<void> => {
      const credentials = credentialsOf(request)
      // A bearer token is never attached by a browser on its own, so it needs no protection against other sites.
      if (credentials.bearer === undefined && isCrossSite(originOf(request), deps.ownOrigins))
        throw new Fault('request/cross-site')
      // An address that is no route is answered as such by the handler of unknown addresses.
      if (request.is404 || request.routeOptions.config.caller === 'nobody') return
      request.caller = await deps.findCaller(credentials)
      const verdict = judgeAccess(request.routeOptions.config.roles, request.caller)
      if (verdict === 'sign-in-first') throw new Fault('session/missing')
      if (verdict === 'forbidden') throw new Fault('access/forbidden')
      await refuseByPolicy(request)
      await refuseOutOfReach(request, deps.reach)
    },

    /** Answers a repeated Idempotency-Key from store; resolves to false when the request is to be carried out. */
    replay: async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
      const candidate = keyedRequest(request)
      if (candidate === undefined) return false
      const verdict = await deps.answers.begin(candidate, deps.world.clock.now())
      switch (verdict.verdict) {
        case 'proceed':
          keyed.set(request, candidate)
          return false
        case 'mismatch':
          throw new Fault('request/idempotency-mismatch')
        case 'in-progress':
          throw new Fault('request/in-progress')
        case 'replay':
          reply.code(verdict.answer.status).header('content-type', verdict.answer.contentType)
          reply.header('idempotency-replayed', 'true').send(verdict.answer.body)
          return true
        default:
          return verdict satisfies never
      }
    },

    /** Keeps the answer of a keyed request before it leaves, so that its repetition can never act a second time. */
    remember: async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> => {
      const first = keyed.get(request)
      if (first === undefined) return
      keyed.delete(request)
      if (reply.statusCode >= 500 || (typeof payload !== 'string' && payload !== null && payload !== undefined))
        return deps.answers.release(first)
      const contentType = String(reply.getHeader('content-type') ?? 'application/json')
      await deps.answers.finish(first, { status: reply.statusCode, contentType, body: payload ?? '' })
    },
  }
}

/** A wrong id is for the schema of the route to refuse, so it is asked about like any other and is nobody's. */
async function refuseOutOfReach(request: FastifyRequest, reach: readonly Reach[]): Promise<void> {
  const { caller } = request
  if (caller === null || caller.parks === 'all') return
  const given = Parameters.parse(request.params)
  for (const rule of reachOf(reach, request.routeOptions.url ?? '')) {
    const id = given[parameterOf(rule)]
    if (id === undefined || !(await rule.reaches(caller, id))) throw new Fault(rule.fault)
  }
}

const Parameters = z.record(z.string(), z.string())

const originOf = (request: FastifyRequest) => ({
  method: request.method,
  fetchSite: single(request.headers['sec-fetch-site']),
  origin: request.headers.origin,
  host: request.headers.host,
})

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

function keyedRequest(request: FastifyRequest): KeyedRequest | undefined {
  const key = single(request.headers['idempotency-key'])
  if (key === undefined || !isUnsafe(request.method) || request.caller === null) return undefined
  if (request.routeOptions.config.replay === 'never') return undefined
  if (!isIdempotencyKey(key)) throw new Fault('request/invalid', 'Idempotency-Key: 1 to 128 printable characters')
  const route = `${request.method} ${request.routeOptions.url ?? ''}`
  const asked = JSON.stringify([request.method, request.url, request.body ?? null])
  return { callerId: request.caller.id, key, route, fingerprint: createHash('sha256').update(asked).digest('hex') }
}
