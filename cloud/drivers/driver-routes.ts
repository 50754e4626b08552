import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { policyField } from '../http/field-mask.ts'
import { ParkId } from '../parks/park.ts'
import { clerkOf } from './clerk.ts'
import { DriverChannel, DriverId, DriverState, LegalForm } from './driver.ts'
import type { DriverFields, DriverService } from './driver-service.ts'
import { DriverSecrets, DriverView } from './driver-view.ts'
import { readPhone, WrittenPhone } from './phone.ts'

const SEES: RouteRoles = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'dispatcher',
  'accountant',
  'auditor',
]
const CHANGES: RouteRoles = ['owner', 'head', 'manager', 'support', 'security']
/** Each sees of it what the policy shows him of each field. */
const SEES_SECRETS: RouteRoles = ['owner', 'head', 'manager', 'security', 'papers']
const WRITES_SECRETS: RouteRoles = ['owner', 'security', 'papers']
const ERASES_SECRETS: RouteRoles = ['owner', 'security']
const tags = ['drivers']
const params = z.strictObject({ id: DriverId })
const Limit = z.coerce.number().int().min(1).max(500).default(100)
const Cursor = z.string().max(500).optional()
const NamePart = z.string().trim().max(60)

const Body = z.strictObject({
  familyName: NamePart.min(1),
  givenName: NamePart.min(1),
  patronymic: NamePart,
  legalForm: LegalForm,
  state: DriverState,
  note: z.string().trim().max(2000),
  /** In any usual spelling; kept and answered in E.164. */
  phones: z.array(z.strictObject({ phone: WrittenPhone, main: z.boolean().default(false) })).max(10),
  channels: z
    .array(
      z.strictObject({
        channel: DriverChannel,
        address: z.string().trim().min(1).max(200),
        consent: z.enum(['given', 'refused', 'not-asked']).default('not-asked'),
      }),
    )
    .max(4)
    .refine((all) => new Set(all.map(({ channel }) => channel)).size === all.length, {
      error: 'a channel is named twice',
    }),
  ref: z.strictObject({ source: z.string().min(1).max(80), externalId: z.string().min(1).max(120) }).nullable(),
})
const NewDriver = Body.extend({
  patronymic: Body.shape.patronymic.default(''),
  state: Body.shape.state.default('candidate'),
  note: Body.shape.note.default(''),
  phones: Body.shape.phones.min(1),
  channels: Body.shape.channels.default([]),
  ref: Body.shape.ref.default(null),
  parkId: ParkId.optional(),
  evenIfKnown: z.boolean().default(false),
})
const { name, phone, form } = {
  name: policyField('driver', 'name'),
  phone: policyField('driver', 'phone'),
  form: policyField('driver', 'legalForm'),
}
const DriverChange = z
  .strictObject({
    familyName: Body.shape.familyName.meta(name),
    givenName: Body.shape.givenName.meta(name),
    patronymic: Body.shape.patronymic.meta(name),
    legalForm: LegalForm.meta(form),
    state: DriverState.meta(policyField('driver', 'state')),
    note: Body.shape.note.meta(policyField('driver', 'note')),
    phones: Body.shape.phones.meta(phone),
    channels: Body.shape.channels.meta(phone),
    ref: Body.shape.ref.meta(policyField('driver', 'ref')),
  })
  .partial()
  .extend({ version: z.int(), evenIfKnown: z.boolean().default(false) })

type WrittenPhones = readonly { readonly phone: string; readonly main: boolean }[]
const read = (phones: WrittenPhones): DriverFields['phones'] => [
  ...new Map(phones.map(({ phone, main }) => [readPhone(phone), { phone: readPhone(phone), main }])).values(),
]
const Page = z.strictObject({ items: z.array(DriverView).readonly(), nextCursor: z.string().nullable() })

/** Drivers, what is protected of them, their history, and the merging of doubles. */
export function createDriverRoutes(drivers: DriverService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/drivers',
      {
        config: { roles: SEES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Drivers by name',
          description: '`q` is part of the name; `phone` is a whole number in any usual spelling.',
          querystring: z.strictObject({
            q: z.string().trim().min(1).max(80).optional(),
            phone: WrittenPhone.optional(),
            state: z.enum([...DriverState.options, 'merged']).optional(),
            limit: Limit,
            cursor: Cursor,
            sort: z.enum(['name']).default('name'),
          }),
          response: { 200: Page },
        },
      },
      async (request) => {
        const { phone, sort: _, ...query } = request.query
        const { parks } = callerOf(request)
        return drivers.list({ ...query, parks, phone: phone === undefined ? undefined : readPhone(phone) })
      },
    )
    app.post(
      '/api/drivers',
      {
        config: { roles: CHANGES, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Add a driver',
          description: 'A number that another driver has is refused with the matches, unless `evenIfKnown` is said.',
          body: NewDriver,
          response: { 201: DriverView },
        },
      },
      async (request, reply) => {
        const phones = read(request.body.phones)
        const view = await drivers.add({ ...request.body, phones }, clerkOf(callerOf(request)))
        return reply.code(201).header('location', `/api/drivers/${view.id}`).send(view)
      },
    )
    app.get(
      '/api/drivers/:id',
      {
        config: { roles: SEES, looksAt: 'personal' },
        schema: { tags, summary: 'A driver', params, response: { 200: DriverView } },
      },
      async (request) => drivers.view(request.params.id, callerOf(request).parks),
    )
    app.patch(
      '/api/drivers/:id',
      {
        config: { roles: CHANGES, looksAt: 'nothing' },
        schema: { tags, summary: 'Change a driver', params, body: DriverChange, response: { 200: DriverView } },
      },
      async (request) => {
        const { phones } = request.body
        const wish = { ...request.body, phones: phones === undefined ? undefined : read(phones) }
        return drivers.change(request.params.id, wish, clerkOf(callerOf(request)))
      },
    )
    app.get(
      '/api/drivers/:id/history',
      {
        config: { roles: SEES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Who changed what of a driver, newest first',
          params,
          querystring: z.strictObject({ limit: Limit, cursor: Cursor }),
          response: {
            200: z.strictObject({
              items: z.array(
                z.strictObject({
                  at: Instant,
                  by: z.string(),
                  changes: z.array(
                    z.strictObject({
                      field: z.string(),
                      from: z.string().exactOptional(),
                      to: z.string().exactOptional(),
                    }),
                  ),
                }),
              ),
              nextCursor: z.string().nullable(),
            }),
          },
        },
      },
      async (request) => drivers.history(request.params.id, callerOf(request).parks, request.query),
    )
    app.post(
      '/api/drivers/:id/merge',
      {
        config: { roles: ['owner', 'head', 'security'], looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Merge a double into another driver',
          description:
            'Leases, shifts, phones and money go over; the double stays readable as merged. Cannot be undone.',
          params,
          body: z.strictObject({ into: DriverId, note: z.string().trim().min(1).max(2000) }),
          response: { 200: DriverView },
        },
      },
      async (request) =>
        drivers.merge(request.params.id, request.body.into, clerkOf(callerOf(request)), request.body.note),
    )
    app.get(
      '/api/drivers/:id/secrets',
      {
        config: { roles: SEES_SECRETS, looksAt: 'personal' },
        schema: { tags, summary: 'Birth date, passport and licence', params, response: { 200: DriverSecrets } },
      },
      async (request) => drivers.secrets(request.params.id, callerOf(request).parks),
    )
    app.put(
      '/api/drivers/:id/secrets',
      {
        config: { roles: WRITES_SECRETS, looksAt: 'personal', replay: 'never' },
        schema: {
          tags,
          summary: 'Write birth date, passport and licence; what is left out stays',
          params,
          body: DriverSecrets.partial(),
          response: { 200: DriverSecrets },
        },
      },
      async (request) => drivers.setSecrets(request.params.id, request.body, clerkOf(callerOf(request))),
    )
    app.delete(
      '/api/drivers/:id/secrets',
      {
        config: { roles: ERASES_SECRETS, looksAt: 'personal' },
        schema: { tags, summary: 'Erase birth date, passport and licence', params, response: { 204: z.null() } },
      },
      async (request, reply) => {
        await drivers.eraseSecrets(request.params.id, clerkOf(callerOf(request)))
        return reply.code(204).send(null)
      },
    )
  }
}
