import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import staticFiles from '@fastify/static'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify'
import {
  type FastifyPluginAsyncZod,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditWord } from '../audit/entry.ts'
import type { World } from '../world.ts'
import { routesThatHide, routesThatUnveil, routesWithoutRoles } from './access.ts'
import { cacheControlOf, isConsolePage } from './console-path.ts'
import { Fault } from './fault.ts'
import { type FieldPlan, fieldPlan, masked, seesAll, unwritable } from './field-mask.ts'
import { createGuardService, type Rights } from './guard-service.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import { openapiHead, withHouseRules } from './openapi.ts'
import { lockParks, type OutOfSight } from './park-lock.ts'
import { felt, isOverload, type Pressure } from './pressure.ts'
import { faultOf, PROBLEM_TYPE, problemOf } from './problem.ts'
import type { Reach } from './reach.ts'
import { isUnsafe } from './same-site.ts'
import { countOf, wordAbout } from './witness.ts'

export type HttpParts = {
  readonly version: string
  /** Origins under which browsers see us besides the Host they name, such as `https://kordon.example`. */
  readonly ownOrigins: readonly string[]
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
  readonly requestsPerMinute: number
  /** Folder of the built console; absent files are answered with a hint, so that the API works without it. */
  readonly consoleDir: string
  readonly world: World
  readonly answers: IdempotencyStore
  /** Who may lay hands on what, by address; over every route, whoever declares it. */
  readonly reach: readonly Reach[]
  /** Asked about every answer to who does not see all parks, before it leaves. */
  readonly outOfSight: OutOfSight
  readonly rights: Rights
  /** Puts on record what was done, refused and looked at. Rejects when it cannot. */
  witness(words: readonly AuditWord[]): Promise<void>
  readonly findCaller: Parameters<typeof createGuardService>[0]['findCaller']
  onAnswered?(request: { method: string; route: string; status: number; seconds: number }): void
  /** Every slice's routes; their paths are complete, nothing is prefixed. */
  readonly routes: readonly FastifyPluginAsyncZod[]
}

const BODY_LIMIT_BYTES = 256 * 1024
/** For the whole of a request: a photo of 12 MB on a bad line, and no connection that is held by a letter a minute. */
const REQUEST_WITHIN_MS = 15 * 60_000

/** Builds the HTTP side and listens nowhere. Rejects naming every route that declares no roles. */
export async function createHttp(parts: HttpParts): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_WITHIN_MS,
    trustProxy: parts.trustedProxies.length === 0 ? false : [...parts.trustedProxies],
    genReqId: () => parts.world.uuid(),
    // A page left open in a browser must not keep a stopping service alive.
    forceCloseConnections: true,
    return503OnClosing: true,
    routerOptions: { maxParamLength: 128 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller', null)
  const known = collectRoutes(app)
  answerFailures(app, parts)
  await app.register(cookie)
  await app.register(helmet, helmetOptions(parts.ownOrigins.some((origin) => origin.startsWith('https:'))))
  await limitRequests(app, parts.requestsPerMinute)
  await shedLoad(app, parts.world)
  await registerDocs(app, parts.version)
  keepOutOfCaches(app)
  guardEveryRoute(app, parts)
  lockParks(app, parts.outOfSight)
  maskEveryRoute(app, parts)
  witnessEveryRoute(app, parts)
  for (const routes of parts.routes) await app.register(routes)
  await registerConsole(app, parts.consoleDir)
  await app.ready()
  const open = routesWithoutRoles(known)
  if (open.length > 0) throw new Error(`these routes declare no roles in their config: ${open.join(', ')}`)
  const hiding = routesThatHide(known)
  if (hiding.length > 0)
    throw new Error(`these routes show people or places and do not say so by looksAt: ${hiding.join(', ')}`)
  const unveiling = routesThatUnveil(known)
  if (unveiling.length > 0)
    throw new Error(`these routes show what no policy of fields can mask: ${unveiling.join(', ')}`)
  return app
}

/** What a browser or a proxy has kept is seen by whoever comes next: nothing of the API is kept, unless a route says how. */
function keepOutOfCaches(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    return payload
  })
}

/** What a role may not see of a field leaves no route, and what it may not write enters none. */
function maskEveryRoute(app: FastifyInstance, { rights }: HttpParts): void {
  const plans = new Map<string, { readonly shown: FieldPlan | undefined; readonly written: FieldPlan | undefined }>()
  const nameOf = (method: string, url: string): string => `${method} ${url}`
  app.addHook('onRoute', ({ method, url, schema }) => {
    const answers = Object.entries(schema?.response ?? {}).flatMap(([status, answer]) =>
      status.startsWith('2') ? (fieldPlan(answer) ?? []) : [],
    )
    const written = fieldPlan(schema?.body)
    if (answers.length === 0 && written === undefined) return
    for (const one of [method].flat()) plans.set(nameOf(one, url), { shown: answers[0], written })
  })
  const planOf = ({ method, routeOptions: { url = '' } }: FastifyRequest) => plans.get(nameOf(method, url))
  app.addHook('preHandler', async (request) => {
    const written = planOf(request)?.written
    if (written === undefined || request.caller === null) return
    const closed = unwritable(written, await rights.fieldsOf(request.caller), request.body)
    if (closed.length > 0) throw new Fault('access/field', closed.join(', '), { fields: closed })
  })
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const shown = planOf(request)?.shown
    if (shown === undefined || request.caller === null) return payload
    const fields = await rights.fieldsOf(request.caller)
    return seesAll(shown, fields) ? payload : masked(shown, fields, payload)
  })
}

/** A look that cannot be put on record is not answered; a deed that was done is answered whatever happens. */
function witnessEveryRoute(app: FastifyInstance, { witness, world }: HttpParts): void {
  const counts = new WeakMap<FastifyRequest, number>()
  const key = world.randomBytes(16)
  const digest = (text: string): string => createHmac('sha256', key).update(text).digest('hex').slice(0, 32)
  const tell = async (request: FastifyRequest, status: number): Promise<void> => {
    const count = counts.get(request)
    const word = wordAbout({ request, status, count, now: world.clock.now(), digest })
    if (word === undefined) return
    const told = witness([word])
    if (word.kind === 'look') return told
    await told.catch((err: unknown) => world.log.error({ err, requestId: request.id }, 'audit.not-told'))
  }
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const count = countOf(payload)
    if (count !== undefined) counts.set(request, count)
    return payload
  })
  app.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.streams === true) await tell(request, 200)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    await tell(request, reply.statusCode)
    return payload
  })
}

function collectRoutes(app: FastifyInstance): readonly RouteOptions[] {
  const known: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    known.push(route)
  })
  return known
}

const helmetOptions = (overHttps: boolean) => ({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'", 'data:'],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      // The component kit of the console sets its variables in style elements.
      styleSrc: ["'self'", "'unsafe-inline'"],
      // The map draws in workers that it makes of blobs.
      workerSrc: ["'self'", 'blob:'],
    },
  },
  strictTransportSecurity: overHttps,
  referrerPolicy: { policy: 'same-origin' as const },
})

function answerFailures(app: FastifyInstance, { world, onAnswered }: HttpParts): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const fault = faultOf(error)
    if (fault.status >= 500)
      world.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'http.failed')
    const [instance = '/'] = request.url.split('?')
    const { retryAfterS } = fault.more
    if (typeof retryAfterS === 'number') reply.header('retry-after', String(Math.ceil(retryAfterS)))
    // Sent as text: a problem fits no route's own response schema.
    return reply
      .code(fault.status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(problemOf(fault, instance)))
  })
  app.addHook('onResponse', async (request, reply) => {
    const facts = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      callerId: request.caller?.id ?? null,
    }
    onAnswered?.({ ...facts, route: facts.route ?? 'unknown', seconds: reply.elapsedTime / 1000 })
    if (isUnsafe(request.method)) world.log.info(facts, 'http.request')
    else world.log.debug(facts, 'http.request')
  })
}

async function shedLoad(app: FastifyInstance, { clock }: World): Promise<void> {
  let pressure: Pressure | undefined
  await app.register(underPressure, {
    maxEventLoopDelay: 3000,
    pressureHandler: async () => {
      pressure = felt(pressure, clock.steady())
      if (isOverload(pressure)) throw new Fault('service/unavailable', 'too much at once', { retryAfterS: 5 })
    },
  })
}

/** Before the guard, so that a flood costs no look-up of its callers. A route opts out by `rateLimit: false`, or has one of its own. */
async function limitRequests(app: FastifyInstance, requestsPerMinute: number): Promise<void> {
  await app.register(rateLimit, { global: false })
  const limit = app.rateLimit({ max: requestsPerMinute, timeWindow: 60_000 })
  app.addHook('onRequest', async (request, reply) => {
    // A request is counted once: where this one looked, the route's own would never do.
    if (request.routeOptions.config.rateLimit === undefined) await limit.call(app, request, reply)
  })
}

function guardEveryRoute(app: FastifyInstance, parts: HttpParts): void {
  const guard = createGuardService(parts)
  app.addHook('onRequest', async (request) => guard.admit(request))
  app.addHook('preHandler', async (request, reply) => ((await guard.replay(request, reply)) ? reply : undefined))
  app.addHook('onSend', async (request, reply, payload) => {
    await guard.remember(request, reply, payload)
    return payload
  })
}

async function registerDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: openapiHead(version),
    transformObject: jsonSchemaTransformObject,
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document)
      return { schema: withHouseRules(schema, document.route.config?.roles), url }
    },
  })
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, roles: 'public' }
    })
    await docs.register(swaggerUi, { routePrefix: '/api/docs' })
    docs
      .withTypeProvider<ZodTypeProvider>()
      .get(
        '/api/openapi.json',
        { config: { roles: 'public' }, schema: { summary: 'This document', response: { 200: z.looseObject({}) } } },
        async () => ({ ...app.swagger() }),
      )
  })
}

async function registerConsole(app: FastifyInstance, consoleDir: string): Promise<void> {
  const built = existsSync(`${consoleDir}/index.html`)
  if (built)
    await app.register(async (pages) => {
      pages.addHook('onRoute', (route) => {
        route.config = { ...route.config, roles: 'public', caller: 'nobody' }
      })
      await pages.register(staticFiles, {
        root: consoleDir,
        preCompressed: true,
        dotfiles: 'ignore',
        cacheControl: false,
        setHeaders: (reply, path) => reply.header('cache-control', cacheControlOf(path)),
      })
    })
  // Static files were looked for by now: what looks like a page of the console gets the console.
  app.setNotFoundHandler((request, reply) => {
    const [path = '/'] = request.url.split('?')
    if (request.method !== 'GET' || !isConsolePage(path)) throw new Fault('route/unknown', `${request.method} ${path}`)
    if (!built) return reply.type('text/plain; charset=utf-8').send('The console is not built; the API is at /api/docs')
    return reply.header('cache-control', 'no-cache').sendFile('index.html', consoleDir)
  })
}
