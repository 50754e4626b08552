import type { FastifyRequest } from 'fastify'

/** The cookie of a session: HttpOnly, SameSite=Strict, and Secure wherever browsers reach us by https. */
export const SESSION_COOKIE = 'kordon_session'

export type Credentials = { readonly session: string | undefined; readonly bearer: string | undefined }

/** Pure. What a request brings to prove its caller. */
export function credentialsOf(request: FastifyRequest): Credentials {
  const bearer = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1]
  return { session: request.cookies[SESSION_COOKIE], bearer }
}
