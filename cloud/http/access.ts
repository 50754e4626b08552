import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Fault } from './fault.ts'

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
}

// Fastify's documented augmentation for route metadata and request decorators, and the only one of the house.
declare module 'fastify' {
  interface FastifyContextConfig {
    roles?: RouteRoles
    /** Exempt from Idempotency-Key replay, because the answer carries a secret or a stream. */
    replay?: 'never'
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

type RouteFacts = {
  readonly method: string | readonly string[]
  readonly url: string
  readonly config?: { readonly roles?: RouteRoles } | undefined
}

/** Pure. Names every route that declares no roles, as `METHOD /path`. */
export const routesWithoutRoles = (routes: readonly RouteFacts[]): readonly string[] =>
  routes
    .filter((route) => route.config?.roles === undefined)
    .map((route) => `${[route.method].flat().join('|')} ${route.url}`)
