import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { entitlement } from '../factors/entitlement.ts'
import type { FactorService } from '../factors/factor-service.ts'
import { callerOf, EVERY_ROLE, inPerson } from '../http/access.ts'
import { PASSWORD_LENGTH } from '../people/password.ts'
import type { PeopleService } from '../people/people-service.ts'
import { fromOf, type SessionCookie } from '../people/session-cookie.ts'
import type { IdentityService } from './identity-service.ts'

const tags = ['people']
/** Binds the way out and the way back to one browser. Lax: the way back begins at another site. */
const COOKIE = 'kordon_oidc'
const Available = z.strictObject({ outside: z.enum(['available', 'none']) })

type Deps = {
  readonly identity: IdentityService | undefined
  readonly people: Pick<PeopleService, 'open' | 'prove' | 'now'>
  readonly factors: Pick<FactorService, 'waysOf' | 'begin'>
  readonly cookie: SessionCookie
}

/** Sign-in by an outside OpenID Connect service, where the installation names one. */
export function createIdentityRoutes({ identity, people, factors, cookie }: Deps): FastifyPluginAsyncZod {
  const { entitled } = entitlement({ people, factors })
  const attributes = { ...cookie.attributes, sameSite: 'lax' as const, path: '/api/session/outside' }
  return async (app) => {
    app.get(
      '/api/session/ways',
      { config: { roles: 'public' }, schema: { tags, summary: 'How one can sign in', response: { 200: Available } } },
      async () => ({ outside: identity === undefined ? ('none' as const) : ('available' as const) }),
    )
    if (identity === undefined) return
    app.get(
      '/api/session/outside',
      { config: { roles: 'public' }, schema: { tags, summary: 'Sends the browser to the outside sign-in' } },
      async (_request, reply) => {
        const { url, state } = await identity.depart(null)
        return reply.setCookie(COOKIE, state, { ...attributes, maxAge: 300 }).redirect(url)
      },
    )
    app.post(
      '/api/account/outside',
      {
        config: { roles: EVERY_ROLE, replay: 'never' },
        schema: {
          tags,
          summary: 'Link the own account to the outside one: send the browser to the answered address',
          description: 'Takes the second factor of the last quarter of an hour, or the password where there is none.',
          body: z
            .strictObject({ password: z.string().min(1).max(PASSWORD_LENGTH.max).optional() })
            .nullable()
            .default(null),
          response: { 200: z.strictObject({ url: z.string() }) },
        },
      },
      async (request, reply) => {
        const caller = inPerson(callerOf(request))
        await entitled(caller, request.body?.password)
        const { url, state } = await identity.depart(caller.id)
        reply.setCookie(COOKIE, state, { ...attributes, maxAge: 300 })
        return { url }
      },
    )
    app.get(
      '/api/session/outside/back',
      { config: { roles: 'public' }, schema: { tags, summary: 'Where the outside sign-in comes back to' } },
      async (request, reply) => {
        const query = request.url.split('?')[1] ?? ''
        const { account, linked } = await identity.arrive(query, request.cookies[COOKIE])
        reply.clearCookie(COOKIE, attributes)
        // A page, not a redirect: browsers keep a strict cookie back on the way from another site.
        const onward = (path: string) =>
          reply
            .type('text/html; charset=utf-8')
            .send(`<!doctype html><meta http-equiv="refresh" content="0;url=${path}">`)
        if (linked === 'now') return onward('/account')
        const half = await factors.begin(account)
        if (half !== undefined) return onward(`/#step=${half.step}&ways=${half.ways.join(',')}`)
        cookie.set(reply, (await people.open(account, fromOf(request), 'not-yet')).secret)
        return onward('/')
      },
    )
  }
}
