import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant, later } from '#contract/instant.ts'
import { readPhone, WrittenPhone } from '../drivers/phone.ts'
import { entitlement } from '../factors/entitlement.ts'
import type { FactorService } from '../factors/factor-service.ts'
import { ANY_ACCOUNT, callerOf, EVERY_ROLE, inPerson, Role } from '../http/access.ts'
import { FRESH } from '../http/second-factor.ts'
import type { NoticeService } from './notice-service.ts'
import { PASSWORD_LENGTH } from './password.ts'
import type { PeopleService } from './people-service.ts'

const tags = ['account']
const Nothing = z.null().meta({ description: 'Done' })
const Password = z.string().min(1).max(PASSWORD_LENGTH.max)
const Session = z.strictObject({
  id: z.uuid(),
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant,
  address: z.string(),
  program: z.string(),
  current: z.boolean(),
})
const Account = z
  .strictObject({
    id: z.uuid(),
    login: z.string(),
    name: z.string(),
    role: Role,
    parks: z.union([z.literal('all'), z.array(z.string()).readonly()]),
    totp: Instant.nullable(),
    passkeys: z.array(
      z.strictObject({ id: z.string(), name: z.string(), createdAt: Instant, lastUsedAt: Instant.nullable() }),
    ),
    recoveryCodesLeft: z.int(),
    /** Until then blocking asks for nothing more. */
    freshUntil: Instant.nullable(),
    noBlockUntil: Instant.nullable(),
    /** Where the person is told of changes of this account. */
    noticePhone: z.string().nullable(),
    secondFactorToBlock: z.enum(['on', 'off']),
  })
  .meta({ id: 'OwnAccount' })

type Deps = {
  readonly people: PeopleService
  readonly factors: Pick<FactorService, 'stands' | 'waysOf'>
  readonly notices: Pick<NoticeService, 'phoneOf' | 'move'>
  readonly secondFactorToBlock: () => Promise<'on' | 'off'>
}

/** The own account: what stands, where one is signed in, and where one hears of changes. */
export function createOwnAccountRoutes({ people, factors, notices, secondFactorToBlock }: Deps): FastifyPluginAsyncZod {
  const { entitled } = entitlement({ people, factors })
  return async (app) => {
    app.get(
      '/api/account',
      { config: { roles: ANY_ACCOUNT }, schema: { tags, summary: 'The own account', response: { 200: Account } } },
      async (request) => {
        const { id, login, name, role, parks, secondFactorAt, noBlockUntil } = callerOf(request)
        return {
          ...{ id, login, name, role, parks },
          ...(await factors.stands(id)),
          freshUntil: secondFactorAt === undefined ? null : later(secondFactorAt, FRESH),
          noBlockUntil: noBlockUntil ?? null,
          noticePhone: await notices.phoneOf(id),
          secondFactorToBlock: await secondFactorToBlock(),
        }
      },
    )
    app.get(
      '/api/account/sessions',
      {
        config: { roles: ANY_ACCOUNT },
        schema: {
          tags,
          summary: 'Where one is signed in',
          response: { 200: z.strictObject({ items: z.array(Session) }) },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const items = (await people.listSessions(caller)).map(
          ({ id, createdAt, lastSeenAt, expiresAt, address, program }) => ({
            ...{ id, createdAt, lastSeenAt, expiresAt, address, program },
            current: id === caller.through,
          }),
        )
        return { items }
      },
    )
    app.delete(
      '/api/account/sessions',
      {
        config: { roles: ANY_ACCOUNT },
        schema: { tags, summary: 'Sign out everywhere else', response: { 204: Nothing } },
      },
      async (request, reply) => {
        await people.endOtherSessions(inPerson(callerOf(request)))
        return reply.code(204).send(null)
      },
    )
    app.delete(
      '/api/account/sessions/:sessionId',
      {
        config: { roles: ANY_ACCOUNT },
        schema: {
          tags,
          summary: 'Sign out in one place',
          params: z.object({ sessionId: z.uuid() }),
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        await people.endSession(inPerson(callerOf(request)), request.params.sessionId)
        return reply.code(204).send(null)
      },
    )
    app.put(
      '/api/account/notice',
      {
        config: { roles: EVERY_ROLE, replay: 'never' },
        schema: {
          tags,
          summary: 'The number that is told of changes of the own account; the one of before hears of it',
          description: 'Takes the second factor of the last quarter of an hour, or the password where there is none.',
          body: z.strictObject({ noticePhone: WrittenPhone.nullable(), password: Password.optional() }),
          response: { 200: z.strictObject({ noticePhone: z.string().nullable() }) },
        },
      },
      async (request) => {
        const caller = inPerson(callerOf(request))
        const { noticePhone, password } = request.body
        await entitled(caller, password)
        await notices.move(caller.id, noticePhone === null ? null : readPhone(noticePhone))
        return { noticePhone: await notices.phoneOf(caller.id) }
      },
    )
  }
}
