import type { FastifyInstance, FastifyReply } from 'fastify'
import { Fault } from '../http/fault.ts'
import { deviceInPayload } from './owntracks.ts'
import { deviceOfForwarded } from './traccar.ts'
import type { TrackerKind } from './tracker.ts'
import type { TrackerService } from './tracker-service.ts'

type Deps = { readonly trackers: TrackerService }
/** Who it is says the secret in the address or the password; open to the Internet, and counted where it is refused. */
const config = { roles: 'public', rateLimit: false } as const
const OWNTRACKS_NAME = /^[A-Za-z0-9_.-]{1,64}$/

/** Where third-party trackers bring their positions by HTTP. 2xx means durable. Paths begin with `/in`. */
export function createIntakeRoutes({ trackers }: Deps) {
  const byToken = (kind: TrackerKind, token: string): string => {
    const known = trackers.loginOf(token)
    if (known?.kind !== kind)
      throw new Fault('tracker/not-registered', `no ${kind} login has this secret, or it was changed`)
    return known.login
  }
  const take = async (login: string, device: string, payload: Uint8Array) => {
    const taken = await trackers.take(login, device, payload)
    if (taken.state === 'unregistered')
      throw new Fault('tracker/not-registered', `device ${device.slice(0, 64)} of ${login}: register it for a vehicle`)
    return taken
  }
  const takePhone = async (login: string, said: string | undefined, payload: Uint8Array, reply: FastifyReply) => {
    const device = phoneOf(trackers, login, deviceInPayload(payload) ?? said)
    // What cannot be read is in quarantine: refused, it would stay the first of the phone's queue, and the rest behind it.
    if (payload.length > 0) await take(login, device, payload)
    // The app expects a list of messages for it; there are none.
    return reply.type('application/json').send('[]')
  }
  const told = (summary: string) => ({ config, schema: { tags: ['trackers'], summary } })
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    app.post<{ Params: { token: string } }>(
      '/in/traccar/:token',
      told('What a Traccar server forwards'),
      async (request, reply) => {
        const login = byToken('traccar', request.params.token)
        const payload = bytesOf(request.body)
        const device = deviceOfForwarded(payload)
        if (device === undefined) throw new Fault('tracker/unreadable', 'no device.uniqueId')
        const taken = await take(login, device, payload)
        if (taken.state === 'unreadable') throw new Fault('tracker/unreadable', taken.reason)
        return reply.code(204).send()
      },
    )
    app.post<{ Params: { token: string } }>(
      '/in/owntracks/:token',
      told('A phone with OwnTracks, by its secret address'),
      async (request, reply) =>
        takePhone(
          byToken('owntracks', request.params.token),
          headerOf(request.headers['x-limit-d']),
          bytesOf(request.body),
          reply,
        ),
    )
    app.post('/in/owntracks', told('A phone with OwnTracks, by login and password'), async (request, reply) => {
      const { login, password } = basicOf(request.headers.authorization)
      if (!(await trackers.checkPassword(login, password))) {
        reply.header('www-authenticate', 'Basic realm="OwnTracks"')
        throw new Fault('tracker/not-registered', 'login or secret is wrong, or the secret was changed')
      }
      return takePhone(login, headerOf(request.headers['x-limit-d']), bytesOf(request.body), reply)
    })
  }
}

/** A phone that names no device is the login's only one. */
function phoneOf(trackers: TrackerService, login: string, said: string | undefined): string {
  if (said !== undefined && OWNTRACKS_NAME.test(said)) return said
  const [only, ...others] = trackers.trackersOf(login)
  if (only === undefined || others.length > 0) throw new Fault('tracker/not-registered', 'no device is named')
  return only.device
}

const bytesOf = (body: unknown): Uint8Array => (body instanceof Uint8Array ? body : new Uint8Array())
const headerOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

function basicOf(header: string | undefined): { readonly login: string; readonly password: string } {
  const coded = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(header ?? '')?.[1] ?? ''
  const text = Buffer.from(coded, 'base64').toString()
  const colon = text.indexOf(':')
  return { login: text.slice(0, Math.max(0, colon)), password: text.slice(colon + 1) }
}
