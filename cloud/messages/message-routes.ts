import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { readPhone, WrittenPhone } from '../drivers/phone.ts'
import { callerOf } from '../http/access.ts'
import { policyField } from '../http/field-mask.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import { MessageId, MessageState } from './message.ts'
import type { MessageService } from './message-service.ts'
import { MessageView, messageView, SEES_MESSAGES } from './message-view.ts'

const tags = ['messages']

const Group = z.strictObject({
  name: z.string(),
  title: z.string(),
  phones: z.array(z.string()).readonly().meta(policyField('message', 'phone')),
  emails: z.array(z.string()).readonly(),
})
const Place = z.strictObject({ at: EpochMs, id: MessageId })

/** What was said to whom, and how far it has come; the groups that rules write to. */
export function createMessageRoutes(messages: MessageService): FastifyPluginAsyncZod {
  const titleOf = (kind: string): string => messages.templates[kind]?.title ?? kind
  return async (app) => {
    app.get(
      '/api/messages',
      {
        config: { roles: SEES_MESSAGES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Messages, newest first',
          querystring: z.strictObject({
            driver: DriverId.optional(),
            vehicle: VehicleId.optional(),
            state: MessageState.optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
            sort: z.enum(['-createdAt']).default('-createdAt'),
          }),
          response: { 200: z.strictObject({ items: z.array(MessageView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { driver, vehicle, state, limit, cursor } = request.query
        const rows = await messages.list({
          parks: callerOf(request).parks,
          driverId: driver,
          vehicleId: vehicle,
          state,
          limit: limit + 1,
          before: placeFrom(Place, cursor),
        })
        const last = rows.length > limit ? rows[limit - 1] : undefined
        const nextCursor = last === undefined ? null : cursorFrom({ at: last.createdAt, id: last.id })
        return { items: rows.slice(0, limit).map((row) => messageView(row, titleOf(row.kind))), nextCursor }
      },
    )
    app.get(
      '/api/message-groups',
      {
        config: { roles: ['owner', 'head'], looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Groups that rules write to',
          response: { 200: z.strictObject({ items: z.array(Group).readonly(), nextCursor: z.null() }) },
        },
      },
      async () => ({ items: await messages.groups(), nextCursor: null }),
    )
    app.put(
      '/api/message-groups/:name',
      {
        config: { roles: ['owner', 'head'], looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Set who is in a group',
          description: 'A role of the notation (`role:head`) is the group of that name.',
          params: z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/) }),
          body: z.strictObject({
            title: z.string().trim().min(1).max(80),
            phones: z.array(WrittenPhone).max(50).default([]),
            emails: z.array(z.email()).max(50).default([]),
          }),
          response: { 200: Group },
        },
      },
      async (request) => {
        const { title, phones, emails } = request.body
        const group = { name: request.params.name, title, phones: phones.map(readPhone), emails }
        await messages.saveGroup(group)
        return group
      },
    )
  }
}
