import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Sheet } from '../../spreadsheet/sheet.ts'
import { csvOf } from '../../spreadsheet/sheet.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { CardSort } from '../board-store.ts'
import { factsFrom } from '../stored-facts.ts'
import type { BoardQuery } from './board.ts'
import { CardItem, Values } from './card-view.ts'
import { cardsJson, isCardsPage } from './cards-json.ts'
import type { DeskService } from './desk-service.ts'
import { PipelineView } from './pipeline-view.ts'

const tags = ['cards']
const config = { roles: EVERY_ROLE }
const Name = z.string().min(1).max(80)
const Place = z.tuple([z.number(), z.number()])
const SORTS = ['enteredAt', 'createdAt', 'no'] as const
const MOST_EXPORTED = 20_000

const narrowing = {
  stage: Name.optional(),
  responsible: Name.optional(),
  state: z.enum(['open', 'closed', 'all']).default('open'),
  q: z.string().max(100).optional(),
  /** JSON: field → exact value. */
  fields: z.string().max(1000).optional(),
  entity: Name.optional(),
  record: Name.optional(),
  /** A task past its due time, or longer on the stage than allowed. */
  overdue: z.enum(['yes']).optional(),
  /** `none`: nobody has a task on it. */
  tasks: z.enum(['none']).optional(),
}
const Narrowed = z.strictObject({ pipeline: Name.optional(), ...narrowing })
/** A minus before the name: the other way round. */
const Sort = z.enum([...SORTS, '-enteredAt', '-createdAt', '-no']).default('enteredAt')

/** Throws request/invalid for what is no JSON, or none of ours. */
function fieldsOf(text: string): BoardQuery['fields'] {
  try {
    return factsFrom(Values.parse(JSON.parse(text)))
  } catch {
    throw new Fault('request/invalid', 'fields: a JSON object of field and value')
  }
}
/** Pure. */
function queryOf({ fields, entity, record, ...rest }: z.infer<typeof Narrowed>): BoardQuery {
  return {
    ...rest,
    fields: fields === undefined ? undefined : fieldsOf(fields),
    link: entity === undefined || record === undefined ? undefined : { entity, record },
  }
}
/** Pure. */
function sorted(sort: z.infer<typeof Sort>): { readonly sort: CardSort; readonly order: 'asc' | 'desc' } {
  const name = SORTS.find((one) => sort.endsWith(one)) ?? 'enteredAt'
  return { sort: name, order: sort.startsWith('-') ? 'desc' : 'asc' }
}

/** Boards and lists over one query. */
export function createBoardRoutes({
  desk,
  writeXlsx,
}: {
  readonly desk: DeskService
  readonly writeXlsx: (sheet: Sheet) => Promise<Buffer>
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/pipelines',
      {
        config,
        schema: {
          tags,
          summary: 'Pipelines with counts by stage',
          response: { 200: z.object({ items: z.array(PipelineView) }) },
        },
      },
      async (request) => ({ items: await desk.pipelines(callerOf(request)) }),
    )

    app.get(
      '/api/cards',
      {
        config: { ...config, looksAt: 'personal' },
        serializerCompiler: () => (answer) => {
          if (!isCardsPage(answer)) throw new Error('not a page of cards')
          return cardsJson(answer)
        },
        schema: {
          tags,
          summary: 'Cards of a pipeline: board and list over one query',
          querystring: Narrowed.extend({
            sort: Sort,
            limit: z.coerce.number().int().min(1).max(5000).default(100),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ items: z.array(CardItem), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, sort: asked, ...filter } = request.query
        const { sort, order } = sorted(asked)
        const after = placeFrom(Place, cursor)
        const items = await desk.cards(callerOf(request), queryOf(filter), { limit, after, sort, order })
        const last = items.at(-1)
        return {
          items: [...items],
          nextCursor: items.length < limit || last === undefined ? null : cursorFrom([last[sort], last.no]),
        }
      },
    )

    app.get(
      '/api/cards/counts',
      {
        config,
        schema: {
          tags,
          summary: 'How many cards of each stage the query chooses, and the figure of the pipeline',
          querystring: z.strictObject({ pipeline: Name, ...narrowing }),
          response: {
            200: z.object({
              stages: z.array(
                z.object({
                  stage: z.string(),
                  count: z.int(),
                  total: z.number(),
                  oldest: z.number().nullable(),
                  turn: z.enum(['low', 'high']).nullable(),
                }),
              ),
              focus: z.object({ unit: z.enum(['share', 'ms', 'count']), value: z.number() }).nullable(),
            }),
          },
        },
      },
      (request) => desk.counts(callerOf(request), { ...queryOf(request.query), pipeline: request.query.pipeline }),
    )

    const Value = z.object({ value: z.string(), count: z.int() })
    app.get(
      '/api/cards/facets',
      {
        config,
        schema: {
          tags,
          summary: 'By what open cards of a pipeline may be narrowed: people, and values that repeat',
          querystring: z.strictObject({ pipeline: Name }),
          response: {
            200: z.object({
              people: z.array(Value.extend({ label: z.string() })),
              fields: z.array(z.object({ field: z.string(), title: z.string(), values: z.array(Value) })),
            }),
          },
        },
      },
      (request) => desk.facets(callerOf(request), request.query.pipeline),
    )

    app.get(
      '/api/cards/choices',
      {
        config: { ...config, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'What a field that points at a person, a car or another record may be set to',
          querystring: z.strictObject({
            field: Name,
            q: z.string().max(100).default(''),
            limit: z.coerce.number().int().min(1).max(50).default(20),
          }),
          response: {
            200: z.object({
              items: z.array(z.object({ value: z.string(), label: z.string() })),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async (request) => ({ items: [...(await desk.choices(callerOf(request), request.query))], nextCursor: null }),
    )

    app.get(
      '/api/cards/export',
      {
        config: { ...config, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'The list as a spreadsheet, fields as this person may see them',
          querystring: z.strictObject({
            pipeline: Name,
            ...narrowing,
            sort: Sort,
            format: z.enum(['csv', 'xlsx']).default('csv'),
          }),
        },
      },
      async (request, reply) => {
        const { format, sort, ...filter } = request.query
        const page = { limit: MOST_EXPORTED, after: undefined, ...sorted(sort) }
        const sheet = await desk.sheet(callerOf(request), queryOf(filter), page)
        const name = encodeURIComponent(`${filter.pipeline}.${format}`)
        reply.header('content-disposition', `attachment; filename*=UTF-8''${name}`)
        reply.header('cache-control', 'private, no-store')
        return format === 'csv'
          ? reply.header('content-type', 'text/csv; charset=utf-8').send(csvOf(sheet))
          : reply
              .header('content-type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
              .send(await writeXlsx(sheet))
      },
    )
  }
}
