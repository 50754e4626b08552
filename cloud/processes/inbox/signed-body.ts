import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Lets the routes of this plugin ask for a JSON body as it came, letter by letter: a signature covers that. */
export function rememberBodies(
  app: Pick<FastifyInstance, 'removeContentTypeParser' | 'addContentTypeParser' | 'getDefaultJsonParser'>,
): (request: FastifyRequest) => string {
  const bodies = new WeakMap<FastifyRequest, string>()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    bodies.set(request, String(body))
    parse(request, String(body), done)
  })
  return (request) => bodies.get(request) ?? ''
}
