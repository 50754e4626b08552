import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Fault } from '../http/fault.ts'
import { callbackFrom, type Told, Vendor } from './delivery-callback.ts'
import type { Channel } from './message.ts'

type Deps = {
  /** The vendor that is set up, and the secret part of the address that he was given; undefined: none. */
  readonly expected: { readonly vendor: Vendor; readonly token: string } | undefined
  readonly told: (channel: Channel, told: Told) => Promise<'known' | 'unknown'>
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Delivery as the channels tell it, each at a secret address; what is told of no message of ours changes nothing. */
export function createCallbackRoutes({ expected, told }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.post(
      '/in/messages/:vendor/:token',
      {
        config: { roles: 'public', replay: 'never', rateLimit: { max: 600, timeWindow: '1 minute' } },
        bodyLimit: 16 * 1024,
        schema: {
          tags: ['messages'],
          summary: 'A vendor tells what has become of a message; form or JSON with id and status',
          params: z.strictObject({ vendor: Vendor, token: z.string().min(1).max(200) }),
          body: z.unknown(),
          response: { 200: z.strictObject({ accepted: z.enum(['known', 'unknown']) }) },
        },
      },
      async (request) => {
        const { vendor, token } = request.params
        const isOurs =
          expected !== undefined && expected.vendor === vendor && timingSafeEqual(digest(token), digest(expected.token))
        if (!isOurs) throw new Fault('hook/unknown')
        const word = callbackFrom(vendor, request.body)
        if (word === undefined) throw new Fault('request/invalid', 'id and status are expected')
        return { accepted: await told('sms', word) }
      },
    )
  }
}
