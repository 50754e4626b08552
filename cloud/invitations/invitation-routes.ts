import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, inPerson, Role, type RouteRoles } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import { Login, PersonName } from '../people/account.ts'
import type { PeopleService } from '../people/people-service.ts'
import { fromOf, type SessionCookie } from '../people/session-cookie.ts'
import type { InvitationService } from './invitation-service.ts'

const tags = ['people']
const MAY_INVITE: RouteRoles = ['owner', 'head']
const Issued = z.strictObject({
  id: z.uuid(),
  /** Shown once; the page is /join#<token>. */
  token: z.string(),
  expiresAt: Instant,
})
const Open = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(['new', 'recovery']),
    name: z.string(),
    login: z.string().nullable(),
    role: Role,
    createdAt: Instant,
    expiresAt: Instant,
  })
  .meta({ id: 'Invitation' })
const Token = z.string().min(20).max(128)

/** Inviting people, and bringing back who lost password and second factor. */
export function createInvitationRoutes(
  invitations: InvitationService,
  people: Pick<PeopleService, 'open'>,
  cookie: SessionCookie,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/invitations',
      {
        config: { roles: MAY_INVITE },
        schema: { tags, summary: 'Open invitations', response: { 200: z.strictObject({ items: z.array(Open) }) } },
      },
      async () => {
        const items = (await invitations.open()).map(({ id, kind, name, login, role, createdAt, expiresAt }) => ({
          ...{ id, kind, name, login, role, createdAt, expiresAt },
        }))
        return { items }
      },
    )
    app.post(
      '/api/invitations',
      {
        config: { roles: MAY_INVITE, replay: 'never', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Invite a person; the link is shown once and works for three days',
          body: z.strictObject({
            name: PersonName,
            role: Role,
            login: Login.optional(),
            parks: z.array(ParkId).min(1).max(100).optional(),
          }),
          response: { 201: Issued },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await invitations.invite(inPerson(callerOf(request)), request.body)),
    )
    app.delete(
      '/api/invitations/:invitationId',
      {
        config: { roles: MAY_INVITE },
        schema: {
          tags,
          summary: 'Withdraw an invitation',
          params: z.object({ invitationId: z.uuid() }),
          response: { 204: z.null().meta({ description: 'Done' }) },
        },
      },
      async (request, reply) => {
        await invitations.withdraw(request.params.invitationId)
        return reply.code(204).send(null)
      },
    )
    app.post(
      '/api/accounts/:id/recovery',
      {
        config: { roles: ['owner'], replay: 'never', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'A link for who lost password and second factor; for an hour, and no block for a day after it',
          params: z.object({ id: z.uuid() }),
          response: { 201: Issued },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await invitations.recovery(inPerson(callerOf(request)), request.params.id)),
    )
    app.post(
      '/api/invitations/look',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'What a link is for',
          body: z.strictObject({ token: Token }),
          response: { 200: Open.pick({ kind: true, name: true, login: true, role: true }) },
        },
      },
      async (request) => {
        const { kind, name, login, role } = await invitations.look(request.body.token)
        return { kind, name, login, role }
      },
    )
    app.post(
      '/api/invitations/accept',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'Make the account, or set the new password; signs in',
          body: z.strictObject({ token: Token, login: Login.optional(), password: z.string().min(1).max(256) }),
          response: {
            200: z.object({ user: z.object({ id: z.uuid(), login: z.string(), name: z.string(), role: Role }) }),
          },
        },
      },
      async (request, reply) => {
        const { token, login, password } = request.body
        const account = await invitations.accept(token, login, password)
        return cookie.welcome(reply, await people.open(account, fromOf(request), 'not-yet'))
      },
    )
  }
}
