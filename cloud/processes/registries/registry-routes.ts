import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import { type Caller, callerOf, EVERY_ROLE } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { BoardStore } from '../board-store.ts'
import type { DeskService } from '../desk/desk-service.ts'
import type { May } from '../desk/may.ts'
import type { Machine } from '../engine/machine.ts'
import type { FieldType } from '../notation/value.ts'
import { factsFrom } from '../stored-facts.ts'
import { fieldsSeen, shownRow } from './field-sight.ts'
import type { RegistryStore } from './registry-store.ts'

const tags = ['registries']
const config = { roles: EVERY_ROLE, looksAt: 'personal' } as const
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/)
const Place = z.tuple([z.string().max(500), z.string().max(200)])
/** Cards of the house itself have pages and rights of their own. */
const NOT_A_REGISTRY: ReadonlySet<string> = new Set(['deal', 'vehicle', 'driver', 'gateway'])

type Deps = {
  readonly store: RegistryStore
  readonly cardsInSight: BoardStore['amongInSight']
  readonly desk: Pick<DeskService, 'rolesOf'>
  readonly may: May
  readonly active: () => Promise<Machine | undefined>
  readonly now: () => number
}
const Row = z.object({
  id: z.string(),
  fields: z.record(z.string(), z.unknown()),
  changedAt: Instant,
})

/** Registries that processes fill (contracts, cars, machines, clients, agents) with search, sort and filter on the server; numbers. */
export function createRegistryRoutes({ store, cardsInSight, desk, may, active, now }: Deps): FastifyPluginAsyncZod {
  const machine = async (): Promise<Machine> => {
    const found = await active()
    if (found === undefined) throw new Fault('definition/none')
    return found
  }
  const entityOf = async (name: string) => {
    const all = await machine()
    const entity = all.definitions.entities.get(name)
    if (entity === undefined || NOT_A_REGISTRY.has(name)) throw new Fault('registry/unknown')
    return { machine: all, entity }
  }
  const sightOf = async (caller: Caller, { definitions }: Machine) => ({
    definitions,
    roles: await desk.rolesOf(caller),
    rights: await may(caller),
  })
  const seenBy = async (caller: Caller, name: string) => {
    const { machine: all } = await entityOf(name)
    const sight = await sightOf(caller, all)
    return { sight, fields: fieldsSeen(sight, name) }
  }

  return async (app) => {
    app.get(
      '/api/registries',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Registries, their columns as this caller may see them, and how many rows they have',
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  id: z.string(),
                  title: z.string(),
                  count: z.int(),
                  columns: z.array(z.object({ field: z.string(), title: z.string(), type: z.string() })),
                }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const all = await machine()
        const counts = new Map(
          (await store.counts(callerOf(request).parks)).map(({ entity, count }) => [entity, count]),
        )
        const names = [...all.definitions.entities.keys()].filter((name) => !NOT_A_REGISTRY.has(name))
        const sight = await sightOf(callerOf(request), all)
        const items = names.map((id) => {
          const fields = fieldsSeen(sight, id)
          const entity = all.definitions.entities.get(id)
          return {
            id,
            title: entity?.title ?? id,
            count: counts.get(id) ?? 0,
            columns: fields.map(({ field }) => ({
              field,
              title: entity?.fields.get(field)?.title ?? field,
              type: typeName(entity?.fields.get(field)?.type),
            })),
          }
        })
        return { items }
      },
    )
    app.get(
      '/api/registries/:entity',
      {
        config,
        schema: {
          tags,
          summary:
            'Rows of a registry: `q` looks in the id and in every field that is seen whole; `fields` is JSON of exact values',
          params: z.strictObject({ entity: Name }),
          querystring: z.strictObject({
            q: z.string().max(100).optional(),
            fields: z.string().max(1000).optional(),
            sort: Name.default('changedAt'),
            order: z.enum(['asc', 'desc']).default('desc'),
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(1000).optional(),
          }),
          response: { 200: z.object({ items: z.array(Row), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { entity } = request.params
        const { q, sort, order, limit, cursor } = request.query
        const seen = await seenBy(caller, entity)
        // What is masked must not be guessed by searching, sorting or filtering.
        const open = seen.fields.filter(({ word }) => word !== 'masked').map(({ field }) => field)
        const exact = exactFrom(request.query.fields)
        const closed = [...Object.keys(exact), sort].filter((field) => field !== 'changedAt' && !open.includes(field))
        if (closed.length > 0) throw new Fault('request/invalid', `Таких полей нет: ${closed.join(', ')}`)
        const found = await store.list({
          entity,
          parks: caller.parks,
          q,
          fields: open,
          exact,
          sort,
          order,
          limit: limit + 1,
          after: placeFrom(Place, cursor),
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        const items = shown.map(({ id, fields, changedAt }) => ({
          id,
          fields: { ...shownRow(seen.sight, entity, fields, seen.fields) },
          changedAt: EpochMs.parse(changedAt),
        }))
        return { items, nextCursor: last === undefined ? null : cursorFrom([last.place, last.id]) }
      },
    )
    app.get(
      '/api/registries/:entity/top',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary:
            'How often each value of a field occurs, the most frequent first; `by` splits it, as reasons by model',
          params: z.strictObject({ entity: Name }),
          querystring: z.strictObject({
            field: Name,
            by: Name.optional(),
            limit: z.coerce.number().int().min(1).max(500).default(50),
          }),
          response: {
            200: z.object({
              items: z.array(z.object({ value: z.string(), group: z.string().nullable(), count: z.int() })),
            }),
          },
        },
      },
      async (request) => {
        const { field, by, limit } = request.query
        const { fields } = await seenBy(callerOf(request), request.params.entity)
        const open = fields.filter(({ word }) => word !== 'masked').map((one) => one.field)
        const closed = [field, by].filter((one) => one !== undefined && !open.includes(one))
        if (closed.length > 0) throw new Fault('request/invalid', `Таких полей нет: ${closed.join(', ')}`)
        return {
          items: [...(await store.top(request.params.entity, { field, by, parks: callerOf(request).parks, limit }))],
        }
      },
    )

    const Given = z.object({
      scope: z.string(),
      period: z.string(),
      n: z.int(),
      number: z.string(),
      card: z.string().nullable(),
      givenAt: Instant,
      cancelledAt: Instant.nullable(),
      cancelledWhy: z.string().nullable(),
    })
    app.get(
      '/api/series/:series/numbers',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Every number that a series has given, cancelled ones included',
          params: z.strictObject({ series: Name }),
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(1000).default(100),
            cursor: z.string().max(300).optional(),
          }),
          response: { 200: z.object({ items: z.array(Given), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { series } = request.params
        if ((await machine()).definitions.series.get(series) === undefined) throw new Fault('registry/unknown')
        const { limit, cursor } = request.query
        const after = placeFrom(z.tuple([z.string(), z.string(), z.int()]), cursor)
        const rows = await store.numbers(series, { limit: limit + 1, after })
        const shown = rows.slice(0, limit)
        const last = rows.length > limit ? shown.at(-1) : undefined
        // The series is of the whole house and has no gap; whose number it is, is told within the parks in sight.
        const seen = await cardsInSight(
          shown.flatMap(({ card }) => card ?? []),
          callerOf(request).parks,
        )
        return {
          items: shown.map(({ series: _series, ...row }) => ({
            ...row,
            card: row.card !== null && seen.has(row.card) ? row.card : null,
            givenAt: EpochMs.parse(row.givenAt),
            cancelledAt: row.cancelledAt === null ? null : EpochMs.parse(row.cancelledAt),
          })),
          nextCursor: last === undefined ? null : cursorFrom([last.scope, last.period, last.n]),
        }
      },
    )
    app.post(
      '/api/series/:series/cancellations',
      {
        config: { roles: ['owner', 'head', 'accountant'] },
        schema: {
          tags,
          summary: 'A number is void: it stays in the series as cancelled and is never given again',
          params: z.strictObject({ series: Name }),
          body: z.strictObject({
            scope: z.string().max(100).default('company'),
            period: z.string().max(20).default(''),
            n: z.int().min(1),
            reason: z.string().trim().min(3).max(300),
          }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { reason, ...which } = request.body
        if (!(await store.cancelNumber({ series: request.params.series, ...which }, reason, now())))
          throw new Fault('registry/no-such-number')
        return reply.status(204).send(null)
      },
    )
  }
}

const typeName = (type: FieldType | undefined): string =>
  type === undefined ? 'text' : type.list ? `list<${type.of}>` : type.of

const Exact = z.record(z.string().max(80), z.union([z.string().max(500), z.number(), z.boolean()]))

function exactFrom(text: string | undefined): Facts {
  if (text === undefined) return {}
  const parsed = Exact.safeParse(parse(text))
  if (!parsed.success) throw new Fault('request/invalid', 'fields: JSON of names and plain values')
  return factsFrom(parsed.data)
}
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
