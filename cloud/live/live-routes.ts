import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { World } from '../world.ts'
import { eventText } from './live-message.ts'
import type { LiveService, Sight } from './live-service.ts'

type Deps = {
  readonly world: Pick<World, 'clock'>
  readonly live: LiveService
  /** What whoever sent this request may see; undefined when he would not be let in any more. */
  sight(request: FastifyRequest): Promise<Sight | undefined>
}

const RECONNECT_AFTER_MS = 3000

/** The live feed. It starts with `hello`: whoever reads that asks for the whole state once, then follows the changes. */
export function createLiveRoutes({ live, world, sight }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/live',
      {
        config: { roles: EVERY_ROLE, rateLimit: false, looksAt: 'location', streams: true },
        schema: {
          tags: ['live'],
          summary:
            'Server-sent events: hello, vehicle, order, alert, card, task, screen; newest value per key; a vehicle at most once a second, a step of an order at once',
          response: { 200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } } },
        },
      },
      async (request, reply) => {
        const seen = await sight(request)
        if (seen === undefined) throw new Fault('session/missing')
        const { raw } = reply
        const seat = live.join(
          {
            account: callerOf(request).id,
            write: (text) => raw.write(text),
            sight: () => sight(request),
            end: () => raw.end(),
          },
          seen,
        )
        if (seat === undefined) throw new Fault('service/unavailable', 'too many readers of the live feed')
        reply.hijack()
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) raw.setHeader(name, value)
        raw.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
        raw.on('drain', seat.drained)
        raw.on('close', seat.gone)
        raw.on('error', seat.gone)
        const hello = JSON.stringify({ at: Instant.encode(world.clock.now()) })
        raw.write(`retry: ${RECONNECT_AFTER_MS}\n${eventText('hello', hello)}`)
      },
    )
  }
}
