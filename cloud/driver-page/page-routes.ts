import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant, type Millis, millis } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { readPhone, WrittenPhone } from '../drivers/phone.ts'
import { type Caller, callerOf, type RouteRoles } from '../http/access.ts'
import { SESSION_COOKIE } from '../http/credentials.ts'
import { Fault } from '../http/fault.ts'
import { StationId } from '../inspections/inspection.ts'
import type { World } from '../world.ts'
import type { PageService } from './page-service.ts'
import { DriverReason, DriverState, SlotsView } from './page-view.ts'
import { SESSION_LASTS } from './sign-in/code.ts'
import type { SignInService } from './sign-in/sign-in-service.ts'

const DRIVER: RouteRoles = ['driver']
const tags = ['driver']
const Note = z.string().trim().max(1000)
const Slot = z.strictObject({ stationId: StationId, at: Instant })

type Parts = {
  readonly page: PageService
  readonly signIn: SignInService
  readonly clock: World['clock']
  readonly secureCookies: boolean
  /** No answer about a number comes sooner, so that its time tells nothing. */
  readonly answerAfter: Millis
}

/** The driver's page over REST: he signs in by a code, and sees and changes his own affairs only. */
export function createPageRoutes({ page, signIn, clock, secureCookies, answerAfter }: Parts): FastifyPluginAsyncZod {
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: secureCookies } as const
  const never = new AbortController().signal
  const himself = (caller: Caller): DriverId => {
    const id = DriverId.safeParse(caller.id).data
    if (id === undefined) throw new Fault('access/forbidden')
    return id
  }
  return async (app) => {
    app.post(
      '/api/driver/code',
      {
        config: { roles: 'public' },
        schema: {
          tags,
          summary: 'Ask for a code by message',
          description: 'Answers alike whether or not anybody has this number.',
          body: z.strictObject({ phone: WrittenPhone }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const until = clock.steady() + answerAfter
        try {
          await signIn.askCode(readPhone(request.body.phone), request.ip)
        } finally {
          if (clock.steady() < until) await clock.sleep(millis(until - clock.steady()), never)
        }
        return reply.code(204).send(null)
      },
    )
    app.post(
      '/api/driver/session',
      {
        config: { roles: 'public' },
        schema: {
          tags,
          summary: 'Sign in with the code; sets the session cookie',
          body: z.strictObject({ phone: WrittenPhone, code: z.string().regex(/^\d{6}$/) }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const secret = await signIn.signIn(readPhone(request.body.phone), request.body.code, request.ip)
        reply.setCookie(SESSION_COOKIE, secret, { ...cookie, maxAge: SESSION_LASTS / 1000 })
        return reply.code(204).send(null)
      },
    )
    app.delete(
      '/api/driver/session',
      { config: { roles: DRIVER }, schema: { tags, summary: 'Sign out', response: { 204: z.null() } } },
      async (request, reply) => {
        const secret = request.cookies[SESSION_COOKIE]
        if (secret !== undefined) await signIn.signOut(secret)
        return reply.clearCookie(SESSION_COOKIE, cookie).code(204).send(null)
      },
    )
    app.get(
      '/api/driver/me',
      {
        config: { roles: DRIVER, looksAt: 'nothing' },
        schema: { tags, summary: 'Everything the page shows', response: { 200: DriverState } },
      },
      async (request) => page.state(himself(callerOf(request))),
    )
    app.get(
      '/api/driver/slots',
      {
        config: { roles: DRIVER },
        schema: { tags, summary: 'Free slots of the coming week', response: { 200: SlotsView } },
      },
      async (request) => page.slots(himself(callerOf(request))),
    )
    app.post(
      '/api/driver/promise',
      {
        config: { roles: DRIVER },
        schema: {
          tags,
          summary: 'Promise to pay, within the policy',
          body: z.strictObject({ kopecks: z.int().min(100), until: Instant }),
          response: { 200: DriverState },
        },
      },
      async (request) => page.promise(himself(callerOf(request)), request.body.kopecks, request.body.until),
    )
    app.post(
      '/api/driver/visit',
      {
        config: { roles: DRIVER },
        schema: { tags, summary: 'Book an inspection', body: Slot, response: { 200: DriverState } },
      },
      async (request) => page.book(himself(callerOf(request)), request.body),
    )
    app.post(
      '/api/driver/visit/postpone',
      {
        config: { roles: DRIVER },
        schema: {
          tags,
          summary: 'Put the inspection off, with a reason',
          body: z.strictObject({ reason: DriverReason, note: Note.default(''), next: Slot.optional() }),
          response: { 200: DriverState },
        },
      },
      async (request) => page.postpone(himself(callerOf(request)), request.body),
    )
    app.post(
      '/api/driver/return',
      {
        config: { roles: DRIVER },
        schema: {
          tags,
          summary: '«Хочу сдать»: the lease is being returned',
          body: z.strictObject({ parking: z.string().trim().min(1).max(120), note: Note.default('') }),
          response: { 200: DriverState },
        },
      },
      async (request) => page.giveBack(himself(callerOf(request)), request.body.parking, request.body.note),
    )
    app.post(
      '/api/driver/drive-to-park',
      {
        config: { roles: DRIVER },
        schema: {
          tags,
          summary: '«Доехать до парковки»: one permitted drive, given by a rule within seconds',
          body: z.strictObject({}),
          response: { 200: DriverState },
        },
      },
      async (request) => page.driveToPark(himself(callerOf(request))),
    )
    app.post(
      '/api/driver/unlock-code',
      {
        config: { roles: DRIVER, replay: 'never' },
        schema: {
          tags,
          summary: 'A one-time code for the vehicle, where the policy gives one',
          response: { 201: z.strictObject({ code: z.string() }) },
        },
      },
      async (request, reply) => reply.code(201).send(await page.unlockCode(himself(callerOf(request)))),
    )
    app.post(
      '/api/driver/appeal',
      {
        config: { roles: DRIVER },
        schema: {
          tags,
          summary: '«Это ошибка»',
          body: z.strictObject({ reason: z.string().trim().min(3).max(1000) }),
          response: { 200: DriverState },
        },
      },
      async (request) => page.appeal(himself(callerOf(request)), request.body.reason),
    )
  }
}
