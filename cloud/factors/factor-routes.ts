import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant, later } from '#contract/instant.ts'
import { ANY_ACCOUNT, callerOf, EVERY_ROLE, inPerson, Role } from '../http/access.ts'
import { SESSION_COOKIE } from '../http/credentials.ts'
import { Fault } from '../http/fault.ts'
import { FRESH } from '../http/second-factor.ts'
import type { PeopleService } from '../people/people-service.ts'
import { fromOf, type SessionCookie } from '../people/session-cookie.ts'
import { entitlement } from './entitlement.ts'
import type { FactorService } from './factor-service.ts'
import { KeyAnswer } from './key-answer.ts'

const tags = ['account']
const Password = z.string().min(1).max(256)
const Code = z.string().trim().min(6).max(12)
const Nothing = z.null().meta({ description: 'Done' })
const RecoveryCodes = z.array(z.string()).readonly()
const Options = z.looseObject({}).meta({ description: 'As the browser’s WebAuthn calls take it, JSON form' })
type Deps = {
  readonly people: PeopleService
  readonly factors: FactorService
  readonly cookie: SessionCookie
}

/** Second factors: the second half of a sign-in, showing one once more, setting them up and taking them away. */
export function createFactorRoutes({ people, factors, cookie }: Deps): FastifyPluginAsyncZod {
  const { entitled, fresh } = entitlement({ people, factors })
  return async (app) => {
    app.post(
      '/api/session/second-factor',
      {
        config: { roles: 'public', replay: 'never' },
        schema: {
          tags,
          summary: 'Finish a sign-in with a code, a passkey, or a recovery code',
          description: 'After a recovery code no block for a day, unless another owner stands by the account.',
          body: z.strictObject({
            step: z.string().max(128),
            code: Code.optional(),
            recoveryCode: z.string().max(32).optional(),
            passkey: KeyAnswer.optional(),
          }),
          response: {
            200: z.object({ user: z.object({ id: z.uuid(), login: z.string(), name: z.string(), role: Role }) }),
          },
        },
      },
      async (request, reply) => {
        const { step, ...shown } = request.body
        const { accountId, by } = await factors.finish(step, shown)
        const account = await people.accountById(accountId)
        if (account === undefined) throw new Fault('session/wrong-credentials')
        return cookie.welcome(reply, await people.open(account, fromOf(request), `by-${by}`))
      },
    )
    app.post(
      '/api/session/prove/passkey',
      {
        config: { roles: ANY_ACCOUNT, replay: 'never' },
        schema: {
          tags,
          summary: 'A question for a passkey',
          response: { 200: z.strictObject({ step: z.string(), passkey: Options }) },
        },
      },
      async (request) => {
        const { step, passkey } = await factors.ask(inPerson(callerOf(request)))
        return { step, passkey: { ...passkey } }
      },
    )
    app.post(
      '/api/session/prove',
      {
        config: { roles: ANY_ACCOUNT, replay: 'never' },
        schema: {
          tags,
          summary: 'Show a second factor once more; for a quarter of an hour blocking asks for nothing else',
          body: z.strictObject({
            code: Code.optional(),
            step: z.string().max(128).optional(),
            passkey: KeyAnswer.optional(),
          }),
          response: { 200: z.strictObject({ freshUntil: Instant }) },
        },
      },
      async (request, reply) => {
        await factors.prove(inPerson(callerOf(request)), request.body)
        return { freshUntil: await proven(request.cookies[SESSION_COOKIE], (secret) => cookie.set(reply, secret)) }
      },
    )
    await app.register(enrolment)
  }

  async function proven(session: string | undefined, set: (secret: string) => void) {
    if (session === undefined) throw new Fault('session/missing')
    set(await people.proven(session))
    return later(people.now(), FRESH)
  }

  type Enrol = Parameters<FastifyPluginAsyncZod>[0]
  async function enrolment(app: Enrol): Promise<void> {
    const config = { roles: EVERY_ROLE, replay: 'never' } as const
    app.post(
      '/api/account/totp',
      {
        config,
        schema: {
          tags,
          summary: 'A secret for an authenticator app; it counts after its first code',
          body: z.strictObject({ password: Password.optional() }),
          response: { 201: z.strictObject({ secret: z.string(), uri: z.string() }) },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        await entitled(caller, request.body.password)
        return reply.code(201).send(await factors.beginTotp(caller))
      },
    )
    app.post(
      '/api/account/totp/confirm',
      {
        config,
        schema: {
          tags,
          summary: 'The first code of the app; answers recovery codes, shown once, with the first factor',
          body: z.strictObject({ code: Code }),
          response: { 200: z.strictObject({ recoveryCodes: RecoveryCodes.nullable(), freshUntil: Instant }) },
        },
      },
      async (request, reply) => {
        const recoveryCodes = await factors.confirmTotp(inPerson(callerOf(request)), request.body.code)
        const freshUntil = await proven(request.cookies[SESSION_COOKIE], (secret) => cookie.set(reply, secret))
        return { recoveryCodes, freshUntil }
      },
    )
    app.delete(
      '/api/account/totp',
      { config, schema: { tags, summary: 'Without the app from now on', response: { 204: Nothing } } },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        fresh(caller)
        await factors.removeTotp(caller)
        return reply.code(204).send(null)
      },
    )
    app.post(
      '/api/account/passkeys/options',
      {
        config,
        schema: {
          tags,
          summary: 'What the browser needs to make a passkey',
          body: z.strictObject({ password: Password.optional() }),
          response: { 200: z.strictObject({ step: z.string(), options: Options }) },
        },
      },
      async (request) => {
        const caller = inPerson(callerOf(request))
        await entitled(caller, request.body.password)
        const { step, options } = await factors.beginPasskey(caller)
        return { step, options: { ...options } }
      },
    )
    app.post(
      '/api/account/passkeys',
      {
        config,
        schema: {
          tags,
          summary: 'Keep the passkey that the browser made',
          body: z.strictObject({
            step: z.string().max(128),
            name: z.string().trim().min(1).max(64),
            passkey: KeyAnswer,
          }),
          response: { 201: z.strictObject({ id: z.string(), recoveryCodes: RecoveryCodes.nullable() }) },
        },
      },
      async (request, reply) => {
        const { step, name, passkey } = request.body
        return reply.code(201).send(await factors.addPasskey(inPerson(callerOf(request)), step, name, passkey))
      },
    )
    app.delete(
      '/api/account/passkeys/:keyId',
      {
        config,
        schema: {
          tags,
          summary: 'Without this passkey from now on',
          params: z.object({ keyId: z.string().max(128) }),
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        fresh(caller)
        await factors.removePasskey(caller, request.params.keyId)
        return reply.code(204).send(null)
      },
    )
    app.post(
      '/api/account/recovery-codes',
      {
        config,
        schema: {
          tags,
          summary: 'New recovery codes; the ones of before are void',
          response: { 201: z.strictObject({ recoveryCodes: RecoveryCodes }) },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        fresh(caller)
        return reply.code(201).send({ recoveryCodes: await factors.newRecoveryCodes(caller) })
      },
    )
  }
}
