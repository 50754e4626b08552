import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'
import type { Action } from './action.ts'
import { Fault } from './fault.ts'
import { unmarkedIn } from './field-mask.ts'
import { type Sight, sightsIn, TELLING } from './shown-fields.ts'

/** Every role an account may have, the widest first. */
export const ROLES = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'service',
  'mechanic',
  'dispatcher',
  'technician',
  'accountant',
  'auditor',
  'driver',
  'integration',
] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>

/**
 * For routes of everybody who works here. A driver sees nothing but what is his own, and a program nothing but what it
 * was made for: both have to be named by the route itself.
 */
export const EVERY_ROLE: readonly Role[] = ROLES.filter((role) => role !== 'driver' && role !== 'integration')

/** For routes about the caller's own account: everybody who has one. */
export const ANY_ACCOUNT: readonly Role[] = ROLES

/** Which parks a caller sees: all of them, or these (ids); what lies outside does not exist for him. */
export type ParksInSight = 'all' | readonly string[]

/** Who may call a route: the roles named, or anybody without signing in. Never implied: start fails without it. */
export type RouteRoles = readonly Role[] | 'public'

/** Who is calling: a person by session cookie, or a program by a person's API token. */
export type Caller = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly by: 'session' | 'token'
  readonly parks: ParksInSight
  /** The session, for a person; the token, for a program. */
  readonly through?: string
  /** When this session was last proven by a second factor; absent when never. */
  readonly secondFactorAt?: EpochMs
  /** Came in by recovery: has no vehicle blocked until then, unless an owner stands by it. */
  readonly noBlockUntil?: EpochMs
  /** What a token may be used for, of all that its person may; absent: everything. */
  readonly scopes?: readonly string[]
}

// Fastify's documented augmentation for route metadata and request decorators, and the only one of the house.
declare module 'fastify' {
  interface FastifyContextConfig {
    roles?: RouteRoles
    /** Exempt from Idempotency-Key replay, because the answer carries a secret or a stream. */
    replay?: 'never'
    /** Its word in policies and scopes; made of its address unless said otherwise. */
    action?: Action
    /** What it shows of people and their whereabouts: each look is on record. Start fails when its answer shows it unsaid. */
    looksAt?: Sight | 'nothing'
    /** Can end in a block: needs a second factor shown within the last quarter of an hour, where the policy says so. */
    secondFactor?: 'fresh'
    /** Answers everybody alike: nobody is looked up, so that it does so without the database too. */
    caller?: 'nobody'
    /** Never ends: a look goes on record when it begins. */
    streams?: true
  }
  interface FastifyRequest {
    caller: Caller | null
  }
}

export type AccessVerdict = 'allowed' | 'sign-in-first' | 'forbidden'

/** Pure. Whether this caller may use a route; a route without roles is closed to everybody. */
export function judgeAccess(roles: RouteRoles | undefined, caller: Caller | null): AccessVerdict {
  if (roles === 'public') return 'allowed'
  if (caller === null) return 'sign-in-first'
  return roles?.includes(caller.role) === true ? 'allowed' : 'forbidden'
}

/** Pure. The caller of a route that is not public; throws the 401 fault elsewhere. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Fault('session/missing')
  return request.caller
}

/** Pure. The caller, if a person signed in; throws otherwise: a stolen token must not be able to make itself permanent. */
export function inPerson(caller: Caller): Caller {
  if (caller.by !== 'session') throw new Fault('access/forbidden', 'this needs a sign-in, a token is not enough')
  return caller
}

type RouteFacts = {
  readonly method: string | readonly string[]
  readonly url: string
  readonly config?: { readonly roles?: RouteRoles; readonly looksAt?: Sight | 'nothing' } | undefined
  readonly schema?: { readonly response?: unknown } | undefined
}

/** Pure. Names every route that declares no roles, as `METHOD /path`. */
export const routesWithoutRoles = (routes: readonly RouteFacts[]): readonly string[] =>
  routes
    .filter((route) => route.config?.roles === undefined)
    .map((route) => `${[route.method].flat().join('|')} ${route.url}`)

/** Pure. Names every route with an answer in which a telling field of a person belongs to no field of the policy. */
export const routesThatUnveil = (routes: readonly RouteFacts[]): readonly string[] =>
  routes.flatMap(({ method, url, config, schema }) => {
    if (config?.roles === 'public') return []
    const names = Object.values(schema?.response ?? {}).flatMap((answer) => unmarkedIn(answer, TELLING.personal))
    return names.length === 0 ? [] : [`${[method].flat().join('|')} ${url} (${[...new Set(names)].join(', ')})`]
  })

/** Pure. Names every route whose answer has fields of a person or a place and that does not say so by `looksAt`. */
export const routesThatHide = (routes: readonly RouteFacts[]): readonly string[] =>
  routes.flatMap(({ method, url, config, schema }) => {
    if (config?.looksAt !== undefined || config?.roles === 'public') return []
    const sights = [...sightsIn(schema?.response)]
    return sights.length === 0 ? [] : [`${[method].flat().join('|')} ${url} (${sights.join(', ')})`]
  })
