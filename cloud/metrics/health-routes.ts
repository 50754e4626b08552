import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Clock, seconds } from '#contract/instant.ts'
import type { MetricsService } from './metrics-service.ts'

/**
 * `check` rejects, saying why, while it is out of order. The cloud cannot serve without a `needed` one; a `wanted` one
 * has its line and does not take the cloud out of service.
 */
export type Dependency = { readonly name: string; readonly weight?: 'needed' | 'wanted'; check(): Promise<void> }

type Deps = {
  readonly metrics: MetricsService
  readonly dependencies: readonly Dependency[]
  readonly clock: Clock
  readonly version: string
}

const CHECK_LIMIT = seconds(2)
const Line = z.object({ name: z.string(), ok: z.boolean(), ms: z.int(), detail: z.string().nullable() })
const Readiness = z.object({ ready: z.boolean(), version: z.string(), dependencies: z.array(Line) })
const tags = ['operation']

/** Liveness, readiness and numbers. All public: they name parts of the house and nobody in it. */
export function createHealthRoutes({ metrics, dependencies, clock, version }: Deps): FastifyPluginAsyncZod {
  const inspect = async ({ name, check }: Dependency) => {
    const from = clock.steady()
    const done = new AbortController()
    const late = clock.sleep(CHECK_LIMIT, done.signal).then(() => 'no answer in time')
    const failed = check().then(
      () => null,
      (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
    )
    const detail = await Promise.race([failed, late])
    done.abort()
    return { name, ok: detail === null, ms: Math.round(clock.steady() - from), detail }
  }
  return async (app) => {
    app.get(
      '/api/health',
      {
        config: { roles: 'public', caller: 'nobody', rateLimit: false },
        schema: { tags, summary: 'The process is alive', response: { 200: z.object({ alive: z.literal(true) }) } },
      },
      async () => ({ alive: true as const }),
    )
    app.get(
      '/api/ready',
      {
        config: { roles: 'public', caller: 'nobody', rateLimit: false },
        schema: {
          tags,
          summary: 'Every dependency works (200) or not (503)',
          response: { 200: Readiness, 503: Readiness },
        },
      },
      async (_request, reply) => {
        const lines = await Promise.all(dependencies.map(inspect))
        const ready = lines.every((line, index) => line.ok || dependencies[index]?.weight === 'wanted')
        return reply.code(ready ? 200 : 503).send({ ready, version, dependencies: lines })
      },
    )
    app.get(
      '/metrics',
      {
        config: { roles: 'public', caller: 'nobody', rateLimit: false },
        schema: {
          tags,
          summary: 'Prometheus text format',
          response: { 200: { description: 'Numbers', content: { 'text/plain': { schema: z.string() } } } },
        },
      },
      async (_request, reply) => {
        const { contentType, body } = await metrics.text()
        return reply.type(contentType).serializer(String).send(body)
      },
    )
  }
}
