import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { type English, inEnglish } from './in-english.ts'

/** These routes; to whoever asks for English first they say the names of the definitions in English where there are any. */
export function createEnglishRoutes(
  english: () => Promise<English | undefined>,
  routes: readonly FastifyPluginAsyncZod[],
): FastifyPluginAsyncZod {
  const wanted = async (headers: { readonly 'accept-language'?: string | undefined }): Promise<English | undefined> =>
    headers['accept-language']?.startsWith('en') === true ? english().catch(() => undefined) : undefined
  return async (app) => {
    app.addHook('preSerialization', async (request, _reply, answer) => {
      const known = await wanted(request.headers)
      return known === undefined ? answer : inEnglish(answer, known)
    })
    // A refusal has been written as text already when it comes here.
    app.addHook('onSend', async (request, reply, answer) => {
      const isProblem = reply.statusCode >= 400 && String(reply.getHeader('content-type')).includes('json')
      if (!isProblem || typeof answer !== 'string') return answer
      const known = await wanted(request.headers)
      return known === undefined ? answer : JSON.stringify(inEnglish(JSON.parse(answer), known))
    })
    for (const route of routes) await app.register(route)
  }
}
