import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, EVERY_ROLE, inPerson } from '../http/access.ts'
import type { Account } from '../people/account.ts'
import type { HalfWay, PeopleService } from '../people/people-service.ts'
import { fromOf, type SessionCookie } from '../people/session-cookie.ts'
import type { IdentityService } from './identity-service.ts'

const tags = ['people']
/** Binds the way out and the way back to one browser. Lax: the way back begins at another site. */
const COOKIE = 'kordon_oidc'
const Available = z.strictObject({ outside: z.enum(['available', 'none']) })

type Deps = {
  readonly identity: IdentityService | undefined
  readonly people: Pick<PeopleService, 'open'>
  readonly cookie: SessionCookie
  readonly secondFactorOf: (account: Account) => Promise<HalfWay | undefined>
}

/** Sign-in by an outside OpenID Connect service, where the installation names one. */
export function createIdentityRoutes({ identity, people, cookie, secondFactorOf }: Deps): FastifyPluginAsyncZod {
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
          response: { 200: z.strictObject({ url: z.string() }) },
        },
      },
      async (request, reply) => {
        const { url, state } = await identity.depart(inPerson(callerOf(request)).id)
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
        const half = await secondFactorOf(account)
        if (half !== undefined) return onward(`/#step=${half.step}&ways=${half.ways.join(',')}`)
        cookie.set(reply, (await people.open(account, fromOf(request), 'not-yet')).secret)
        return onward('/')
      },
    )
  }
}
