import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { PageFile } from './file-store.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** The page itself at /d: four small files, nothing from anywhere else. */
export function createFileRoutes(files: ReadonlyMap<string, PageFile>): FastifyPluginAsyncZod {
  return async (app) => {
    for (const [address, { type, plain, zipped }] of files)
      app.get(address, { config: { roles: 'public' }, schema: { hide: true } }, async (request, reply) => {
        reply.header('content-security-policy', POLICY).header('cache-control', 'no-cache').type(type)
        // The worker answers for the page itself, which stands above its folder.
        reply.header('vary', 'accept-encoding').header('service-worker-allowed', '/d')
        const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
        return zips ? reply.header('content-encoding', 'gzip').send(zipped) : reply.send(plain)
      })
    app.get('/d/', { config: { roles: 'public' }, schema: { hide: true } }, async (_request, reply) =>
      reply.redirect('/d', 308),
    )
  }
}
