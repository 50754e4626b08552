import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../../http/access.ts'
import { policyField } from '../../http/field-mask.ts'
import { CardItem, Values } from '../desk/card-view.ts'
import type { DispatcherService } from './dispatcher-service.ts'

const tags = ['dispatcher']
const config: { roles: RouteRoles } = { roles: ['owner', 'head', 'manager', 'dispatcher'] }
const Serial = z.string().trim().min(1).max(60)
const Client = z.object({ id: z.string(), fields: Values })
const Scenario = z.string().nullable()
const Machine = z.object({
  serial: z.string(),
  fields: Values,
  warranty: z.object({
    state: z.enum(['valid', 'over', 'unknown']),
    hoursLeft: z.number().nullable(),
    until: z.number().nullable(),
    endedBy: z.enum(['hours', 'date']).nullable(),
  }),
  scenarios: z.object({ repair: Scenario, maintenance: Scenario }),
})
const Hours = z.int().min(0).max(1_000_000)
const MachineFields = z.strictObject({
  factory: z.string().trim().max(120).optional(),
  model: z.string().trim().max(120).optional(),
  buyer: z.string().trim().max(200).optional(),
  specs: z.string().trim().max(500).optional(),
  warrantyHours: Hours.optional(),
  /** Midnight of the last day, milliseconds since 1970. */
  warrantyUntil: z.int().optional(),
  engineHours: Hours.optional(),
  /** Id or plate of the vehicle whose gateway the machine carries: hours are then read there. */
  vehicle: z.string().trim().max(60).optional(),
})
const given = (fields: Readonly<Record<string, string | number | undefined>>): Facts =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))

/** Search, machines, clients and requests of the dispatcher's window; people by role, free ones among them. */
export function createDispatcherRoutes(dispatcher: DispatcherService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/dispatcher/search',
      {
        config: { ...config, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Clients, machines and cards by phone, name, serial number, plate, order or contract',
          querystring: z.strictObject({ q: z.string().trim().min(2).max(100) }),
          response: {
            200: z.object({
              phone: z.string().nullable().meta(policyField('client', 'phone')),
              clients: z.array(Client),
              machines: z.array(Machine),
              cards: z.array(CardItem),
            }),
          },
        },
      },
      async (request) => await dispatcher.search(callerOf(request), request.query.q),
    )
    app.get(
      '/api/dispatcher/clients/:id',
      {
        config: { ...config, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'A client with his machines and cards',
          params: z.strictObject({ id: z.string().max(80) }),
          response: { 200: Client.extend({ machines: z.array(Machine), cards: z.array(CardItem) }) },
        },
      },
      async (request) => await dispatcher.client(callerOf(request), request.params.id),
    )
    app.post(
      '/api/dispatcher/clients',
      {
        config,
        schema: {
          tags,
          summary: 'A new client; whoever has this phone already is answered instead',
          body: z.strictObject({
            name: z.string().trim().min(2).max(200),
            phone: z.string().trim().min(5).max(30),
            inn: z
              .string()
              .regex(/^(\d{10}|\d{12})$/)
              .optional(),
            email: z.email().optional(),
          }),
          response: { 200: z.object({ known: z.boolean(), client: Client }) },
        },
      },
      async (request) => {
        const { name, phone, inn, email } = request.body
        return dispatcher.addClient(callerOf(request), { name, phone, ...given({ inn, email }) })
      },
    )
    app.get(
      '/api/dispatcher/machines/:serial',
      {
        config,
        schema: {
          tags,
          summary: 'A machine: warranty, open orders, history',
          params: z.strictObject({ serial: Serial }),
          response: { 200: Machine.extend({ cards: z.array(CardItem) }) },
        },
      },
      async (request) => await dispatcher.machine(callerOf(request), request.params.serial),
    )
    const answer = { 200: z.object({ known: z.boolean(), machine: Machine }) }
    app.post(
      '/api/dispatcher/machines',
      {
        config,
        schema: {
          tags,
          summary: 'A new machine; a known one is answered as it is',
          body: MachineFields.extend({ serial: Serial }),
          response: answer,
        },
      },
      async (request) => {
        const { serial, ...fields } = request.body
        return dispatcher.putMachine(callerOf(request), serial, given(fields), false)
      },
    )
    app.patch(
      '/api/dispatcher/machines/:serial',
      {
        config,
        schema: {
          tags,
          summary: 'What the caller says of a machine: hours of its meter, its buyer',
          params: z.strictObject({ serial: Serial }),
          body: MachineFields,
          response: answer,
        },
      },
      async (request) =>
        await dispatcher.putMachine(callerOf(request), request.params.serial, given(request.body), true),
    )
    app.post(
      '/api/dispatcher/requests',
      {
        config,
        schema: {
          tags,
          summary: 'The filled form of a call: goes on to the lawyer or to approval by itself',
          body: z.strictObject({
            card: z.uuid().optional(),
            phone: z.string().trim().min(5).max(30),
            client: z.string().min(1).max(80),
            machine: Serial,
            requestKind: z.enum(['repair', 'maintenance']),
            need: z.string().trim().min(3).max(1000),
          }),
          response: {
            200: z.object({ card: z.uuid(), no: z.int(), stage: z.string(), stageTitle: z.string() }),
          },
        },
      },
      (request) => dispatcher.request(callerOf(request), { ...request.body, card: request.body.card }),
    )
    app.get(
      '/api/staff',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'People who play a role of the processes; with a time, whether each is free then',
          querystring: z.strictObject({
            role: z.string().regex(/^[a-z][a-z0-9_]{0,60}$/),
            at: Instant.optional(),
          }),
          response: {
            200: z.object({
              items: z.array(z.object({ id: z.string(), name: z.string(), free: z.boolean().nullable() })),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async (request) => ({
        items: await dispatcher.people(request.query.role, request.query.at),
        nextCursor: null,
      }),
    )
  }
}
