import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { FactorWay } from '../factors/factor.ts'
import { ANY_ACCOUNT, type Caller, callerOf, inPerson, Role } from '../http/access.ts'
import { isScope } from '../http/action.ts'
import { SESSION_COOKIE } from '../http/credentials.ts'
import { Fault } from '../http/fault.ts'
import { ParkId } from '../parks/park.ts'
import { type Account, Login, PersonName } from './account.ts'
import { PASSWORD_LENGTH } from './password.ts'
import type { PeopleService } from './people-service.ts'
import { fromOf, type SessionCookie } from './session-cookie.ts'

const User = z
  .object({ id: z.uuid(), login: z.string(), name: z.string(), role: Role })
  .meta({ id: 'User', description: 'A person who signs in' })
const Person = z
  .object({
    ...User.shape,
    parks: z.union([z.literal('all'), z.array(z.string()).readonly()]),
    secondFactor: z.array(FactorWay).readonly(),
    /** Came in by recovery: no block until then. */
    noBlockUntil: Instant.nullable(),
  })
  .meta({ id: 'Person' })
const SignedInAnswer = z.object({ user: User })
const Nothing = z.null().meta({ description: 'Done' })
const Password = z.string().min(1).max(PASSWORD_LENGTH.max)
const HalfWayAnswer = z
  .strictObject({
    /** To be sent along with the second factor, within five minutes. */
    step: z.string(),
    ways: z.array(FactorWay).readonly(),
    /** The question for a passkey (PublicKeyCredentialRequestOptionsJSON). */
    passkey: z.looseObject({}).optional(),
  })
  .meta({ id: 'HalfWay', description: 'The password is right; a second factor is to be shown' })
const ApiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
  scopes: z.array(z.string()).readonly().nullable(),
  shown: z.string(),
})

/** Asked before something that has consequences beyond the session. Throws access/second-factor. */
export type Proof = { fresh(caller: Caller): Promise<void> }

/**
 * What ends in a block: a right to change everything, vehicles, holds, codes or the governor; and what decides who may
 * block, or when a rule does.
 */
const canBlock = (scope: string): boolean =>
  /^(\*|vehicles|orders|governor|access|policies|rules|definitions)(\.[a-z.-]+)?:change$/.test(scope)
const tags = ['people']

const userOf = ({ id, login, name, role }: Account | Caller) => ({ id, login, name, role })

/** Sign-in, accounts and API tokens. */
export function createPeopleRoutes(people: PeopleService, cookie: SessionCookie, proof: Proof): FastifyPluginAsyncZod {
  const { welcome } = cookie
  return async (app) => {
    app.post(
      '/api/session',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'Sign in; sets the session cookie',
          body: z.strictObject({ login: z.string().max(64), password: Password }),
          response: { 200: SignedInAnswer, 202: HalfWayAnswer },
        },
      },
      async (request, reply) => {
        const { login, password } = request.body
        const found = await people.signIn(login.trim().toLowerCase(), password, fromOf(request))
        return 'step' in found ? reply.code(202).send(found) : reply.send(welcome(reply, found))
      },
    )
    app.get(
      '/api/session',
      { config: { roles: ANY_ACCOUNT }, schema: { tags, summary: 'Who am I', response: { 200: SignedInAnswer } } },
      async (request) => ({ user: userOf(callerOf(request)) }),
    )
    app.delete(
      '/api/session',
      { config: { roles: 'public' }, schema: { tags, summary: 'Sign out', response: { 204: Nothing } } },
      async (request, reply) => {
        const session = request.cookies[SESSION_COOKIE]
        if (session !== undefined) await people.signOut(session)
        return reply.clearCookie(SESSION_COOKIE, cookie.attributes).code(204).send(null)
      },
    )
    app.post(
      '/api/setup',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'Make the first account (an owner) by the one-time link printed at start',
          body: z.strictObject({ token: z.string().max(128), login: Login, name: PersonName, password: Password }),
          response: { 201: SignedInAnswer },
        },
      },
      async (request, reply) => {
        const { token, ...account } = request.body
        const signedIn = await people.setUp(token, account, fromOf(request))
        return reply.code(201).send(welcome(reply, signedIn))
      },
    )
    app.post(
      '/api/session/password',
      {
        config: { roles: ANY_ACCOUNT, replay: 'never' },
        schema: {
          tags,
          summary: 'Change the own password; ends every other session',
          body: z.strictObject({ current: Password, next: Password }),
          response: { 200: SignedInAnswer },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        return welcome(
          reply,
          await people.changePassword(caller, request.body.current, request.body.next, fromOf(request)),
        )
      },
    )
    await app.register(accountRoutes(people))
    await app.register(tokenRoutes(people, proof))
  }
}

const accountRoutes =
  (people: PeopleService): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/api/accounts',
      {
        config: { roles: ['owner', 'head'] },
        schema: { tags, summary: 'People who sign in', response: { 200: z.object({ items: z.array(Person) }) } },
      },
      async () => ({ items: await people.describe(await people.listAccounts()) }),
    )
    app.post(
      '/api/accounts',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Make an account',
          body: z.strictObject({
            login: Login,
            name: PersonName,
            role: Role,
            password: Password,
            parks: z.array(ParkId).optional(),
          }),
          response: { 201: User },
        },
      },
      async (request, reply) => {
        inPerson(callerOf(request))
        return reply.code(201).send(userOf(await people.createAccount(request.body)))
      },
    )
    app.patch(
      '/api/accounts/:id',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary:
            'Another name, role or other parks; with another role or parks everything of the person is signed out',
          params: z.object({ id: z.uuid() }),
          body: z.strictObject({
            name: PersonName.optional(),
            role: Role.optional(),
            parks: z.union([z.literal('all'), z.array(ParkId).readonly()]).optional(),
          }),
          response: { 200: Person },
        },
      },
      async (request) => {
        const caller = inPerson(callerOf(request))
        const { name, role, parks } = request.body
        if (caller.id === request.params.id && (role !== undefined || parks !== undefined))
          throw new Fault('access/forbidden', 'nobody changes the own role or parks')
        const account = await people.changeAccount(request.params.id, {
          ...(name === undefined ? {} : { name }),
          ...(role === undefined ? {} : { role }),
          ...(parks === undefined ? {} : { parks }),
        })
        const [person] = await people.describe([account])
        if (person === undefined) throw new Fault('account/unknown')
        return person
      },
    )
    app.post(
      '/api/accounts/:id/confirm',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Stand by an account that was recovered: it may block again at once',
          params: z.object({ id: z.uuid() }),
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        if (caller.id === request.params.id) throw new Fault('access/forbidden', 'another owner has to stand by it')
        await people.confirm(request.params.id)
        return reply.code(204).send(null)
      },
    )
    app.delete(
      '/api/accounts/:id',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Disable an account and end its sessions and tokens',
          params: z.object({ id: z.uuid() }),
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        if (caller.id === request.params.id) throw new Fault('access/forbidden', 'nobody disables the own account')
        await people.disableAccount(request.params.id)
        return reply.code(204).send(null)
      },
    )
  }

const tokenRoutes =
  (people: PeopleService, proof: Proof): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/api/tokens',
      {
        config: { roles: ANY_ACCOUNT },
        schema: { tags, summary: 'Own API tokens', response: { 200: z.object({ items: z.array(ApiToken) }) } },
      },
      async (request) => ({ items: [...(await people.listTokens(callerOf(request)))] }),
    )
    app.post(
      '/api/tokens',
      {
        config: { roles: ANY_ACCOUNT, replay: 'never' },
        schema: {
          tags,
          summary: 'Make an API token with the own role, or less of it; the token is shown once',
          description: 'A scope that names blocking takes a second factor, since the token will need none.',
          body: z.strictObject({
            name: z.string().trim().min(1).max(64),
            expiresAt: Instant.nullable().optional(),
            /** As `vehicles:read`, `vehicles.holds:change`, `*:read`; without any, everything the person may. */
            scopes: z
              .array(z.string().max(80).refine(isScope, { error: 'a scope reads vehicles:read' }))
              .max(50)
              .optional(),
          }),
          response: { 201: ApiToken.extend({ token: z.string() }) },
        },
      },
      async (request, reply) => {
        const { name, expiresAt = null, scopes = null } = request.body
        const caller = inPerson(callerOf(request))
        if (scopes?.some(canBlock) === true) await proof.fresh(caller)
        const { token, bearer } = await people.createToken(caller, { name, expiresAt, scopes })
        return reply.code(201).send({ ...token, token: bearer })
      },
    )
    app.delete(
      '/api/tokens/:id',
      {
        config: { roles: ANY_ACCOUNT },
        schema: { tags, summary: 'Revoke', params: z.object({ id: z.uuid() }), response: { 204: Nothing } },
      },
      async (request, reply) => {
        await people.revokeToken(callerOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )
  }
