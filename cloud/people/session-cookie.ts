import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Role } from '../http/access.ts'
import { SESSION_COOKIE } from '../http/credentials.ts'
import type { Account } from './account.ts'

/** Who a browser is told it is signed in as. */
export type Welcome = { user: { id: string; login: string; name: string; role: Role } }

export type SessionCookie = ReturnType<typeof sessionCookie>

/** Pure. How the session's secret travels; `secure` where browsers reach us by https. */
export function sessionCookie(secure: boolean) {
  const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const
  return {
    attributes,
    set: (reply: FastifyReply, secret: string): void => {
      reply.setCookie(SESSION_COOKIE, secret, attributes)
    },
    welcome: (
      reply: FastifyReply,
      { account, secret }: { readonly account: Account; readonly secret: string },
    ): Welcome => {
      reply.setCookie(SESSION_COOKIE, secret, attributes)
      const { id, login, name, role } = account
      return { user: { id, login, name, role } }
    },
  }
}

/** Pure. From where a request comes, as a session remembers it. */
export const fromOf = (request: FastifyRequest) => ({
  address: request.ip,
  program: request.headers['user-agent'] ?? '',
  session: request.cookies[SESSION_COOKIE],
})
