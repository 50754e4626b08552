import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { ANY_ACCOUNT, type Caller, callerOf, Role } from '../http/access.ts'
import { SESSION_COOKIE } from '../http/credentials.ts'
import { Fault } from '../http/fault.ts'
import { type Account, Login, PersonName } from './account.ts'
import { PASSWORD_LENGTH } from './password.ts'
import type { PeopleService, SignedIn } from './people-service.ts'

const User = z
  .object({ id: z.uuid(), login: z.string(), name: z.string(), role: Role })
  .meta({ id: 'User', description: 'A person who signs in' })
const SignedInAnswer = z.object({ user: User })
const Nothing = z.null().meta({ description: 'Done' })
const Password = z.string().min(1).max(PASSWORD_LENGTH.max)
const ApiToken = z.object({ id: z.uuid(), name: z.string(), createdAt: Instant, expiresAt: Instant.nullable() })
const tags = ['people']

const userOf = ({ id, login, name, role }: Account | Caller) => ({ id, login, name, role })

/** Sign-in, accounts and API tokens. `secureCookies` is true where browsers reach us by https. */
export function createPeopleRoutes(people: PeopleService, settings: { secureCookies: boolean }): FastifyPluginAsyncZod {
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: settings.secureCookies } as const
  const welcome = (reply: FastifyReply, { account, secret }: SignedIn) => {
    reply.setCookie(SESSION_COOKIE, secret, cookie)
    return { user: userOf(account) }
  }
  return async (app) => {
    app.post(
      '/api/session',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'Sign in; sets the session cookie',
          body: z.strictObject({ login: z.string().max(64), password: Password }),
          response: { 200: SignedInAnswer },
        },
      },
      async (request, reply) => {
        const { login, password } = request.body
        const from = { address: request.ip, session: request.cookies[SESSION_COOKIE] }
        return welcome(reply, await people.signIn(login.trim().toLowerCase(), password, from))
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
        return reply.clearCookie(SESSION_COOKIE, cookie).code(204).send(null)
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
        const signedIn = await people.setUp(token, account)
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
        return welcome(reply, await people.changePassword(caller, request.body.current, request.body.next))
      },
    )
    await app.register(accountRoutes(people))
    await app.register(tokenRoutes(people))
  }
}

/** A stolen token must not be able to make itself permanent. */
function inPerson(caller: Caller): Caller {
  if (caller.by !== 'session') throw new Fault('access/forbidden', 'this needs a sign-in, a token is not enough')
  return caller
}

const accountRoutes =
  (people: PeopleService): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/api/accounts',
      {
        config: { roles: ['owner', 'head'] },
        schema: { tags, summary: 'People who sign in', response: { 200: z.object({ items: z.array(User) }) } },
      },
      async () => ({ items: (await people.listAccounts()).map(userOf) }),
    )
    app.post(
      '/api/accounts',
      {
        config: { roles: ['owner'] },
        schema: {
          tags,
          summary: 'Make an account',
          body: z.strictObject({ login: Login, name: PersonName, role: Role, password: Password }),
          response: { 201: User },
        },
      },
      async (request, reply) => {
        inPerson(callerOf(request))
        return reply.code(201).send(userOf(await people.createAccount(request.body)))
      },
    )
    app.delete(
      '/api/accounts/:id',
      {
        config: { roles: ['owner'] },
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
  (people: PeopleService): FastifyPluginAsyncZod =>
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
          summary: 'Make an API token with the own role; the token is shown once',
          body: z.strictObject({ name: z.string().trim().min(1).max(64), expiresAt: Instant.nullable().optional() }),
          response: { 201: ApiToken.extend({ token: z.string() }) },
        },
      },
      async (request, reply) => {
        const { name, expiresAt } = request.body
        const { token, bearer } = await people.createToken(inPerson(callerOf(request)), name, expiresAt ?? null)
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
