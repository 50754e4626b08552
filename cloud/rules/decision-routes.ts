import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs, Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { type Caller, callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { RuleDecisionRow, RuleEffectRow } from '../postgres/rule-tables.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { RuleBookService } from './book/rule-book-service.ts'
import { decisionPage } from './decision-page.ts'
import type { RecordStore } from './record-store.ts'

const tags = ['decisions']
const MAY_READ: RouteRoles = ['owner', 'head', 'manager', 'support', 'security', 'accountant', 'auditor']
const params = z.strictObject({ id: z.uuid() })
const OutcomeWord = z.enum(['satisfied', 'notSatisfied', 'unknown'])

const Line = z.strictObject({
  id: z.string(),
  ruleId: z.string(),
  title: z.string(),
  version: z.int(),
  mode: z.enum(['acting', 'shadow']),
  subject: z.string(),
  vehicleId: VehicleId.nullable(),
  driverId: DriverId.nullable(),
  at: Instant,
  outcome: OutcomeWord,
})
const View = Line.extend({
  because: z.strictObject({
    where: OutcomeWord.nullable(),
    if: OutcomeWord.nullable(),
    unless: OutcomeWord.nullable(),
    /** Whether the moment was a bad one; null: not asked. */
    notNow: OutcomeWord.nullable(),
    missing: z.array(z.string()).readonly(),
  }),
  /** `ageS` null: kept by Kordon itself. */
  inputs: z.array(
    z.strictObject({ path: z.string(), value: z.json(), asOf: Instant.nullable(), ageS: z.int().nullable() }),
  ),
  effects: z.array(
    z.strictObject({
      line: z.int(),
      action: z.string(),
      state: z.enum(['waiting', 'done', 'refused', 'dropped', 'shadow']),
      note: z.string(),
      attempts: z.int(),
      at: Instant,
    }),
  ),
}).meta({ id: 'RuleDecision' })

type Deps = {
  readonly records: Pick<RecordStore, 'find' | 'effectsOf' | 'list'>
  readonly book: Pick<RuleBookService, 'versions' | 'list'>
  readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
}

const lineOf = (row: RuleDecisionRow, title: string): z.infer<typeof Line> => {
  const { id, ruleId, version, mode, subject, vehicleId, driverId, at, outcome } = row
  return { id, ruleId, title, version, mode, subject, vehicleId, driverId, at, outcome }
}

const viewOf = (row: RuleDecisionRow, effects: readonly RuleEffectRow[], title: string): z.infer<typeof View> => ({
  ...lineOf(row, title),
  // Decisions of older versions were never asked.
  because: { ...row.because, notNow: row.because.notNow ?? null },
  inputs: row.inputs.map(({ path, value, asOf }) => ({
    path,
    value: z.json().catch(null).parse(value),
    asOf,
    ageS: asOf === null ? null : Math.max(0, Math.round((row.at - asOf) / 1000)),
  })),
  effects: effects.map(({ line, action, state, note, attempts, changedAt }) => ({
    line,
    action,
    state,
    note,
    attempts,
    at: changedAt,
  })),
})

/** What rules decided, why, and what came of it: for a driver's question and for a dispute. */
export function createDecisionRoutes({ records, book, inSight }: Deps): FastifyPluginAsyncZod {
  const seen = async ({ parks }: Caller, row: RuleDecisionRow): Promise<boolean> =>
    parks === 'all' || (row.vehicleId !== null && (await inSight(parks, [row.vehicleId])).has(row.vehicleId))
  const find = async (caller: Caller, id: string): Promise<RuleDecisionRow> => {
    const row = await records.find(id)
    if (row === undefined || !(await seen(caller, row))) throw new Fault('decision/unknown')
    return row
  }
  const versionOf = async ({ ruleId, version }: RuleDecisionRow) =>
    (await book.versions(ruleId)).find((one) => one.version === version)

  return async (app) => {
    app.get(
      '/api/decisions',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Decisions of rules, newest first; with mode=shadow what a watched rule would have done',
          querystring: z.strictObject({
            ruleId: z.string().max(64).optional(),
            version: z.coerce.number().int().min(1).optional(),
            mode: z.enum(['acting', 'shadow']).optional(),
            vehicleId: VehicleId.optional(),
            driverId: DriverId.optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.strictObject({ items: z.array(Line), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, ...filter } = request.query
        const before = placeFrom(z.strictObject({ at: EpochMs, id: z.uuid() }), cursor)
        const rows = await records.list({ ...filter, before }, limit + 1)
        const page = rows.slice(0, limit)
        const caller = callerOf(request)
        const visible =
          caller.parks === 'all'
            ? undefined
            : await inSight(
                caller.parks,
                page.flatMap(({ vehicleId }) => vehicleId ?? []),
              )
        const titles = new Map((await book.list()).map(({ row, newest }) => [row.id, newest.title]))
        const last = page.at(-1)
        return {
          items: page
            .filter(({ vehicleId }) => visible === undefined || (vehicleId !== null && visible.has(vehicleId)))
            .map((row) => lineOf(row, titles.get(row.ruleId) ?? row.ruleId)),
          nextCursor: rows.length > limit && last !== undefined ? cursorFrom({ at: last.at, id: last.id }) : null,
        }
      },
    )
    app.get(
      '/api/decisions/:id',
      {
        config: { roles: MAY_READ },
        schema: { tags, summary: 'One decision with every value it looked at', params, response: { 200: View } },
      },
      async (request) => {
        const row = await find(callerOf(request), request.params.id)
        return viewOf(row, await records.effectsOf(row.id), (await versionOf(row))?.title ?? row.ruleId)
      },
    )
    app.get(
      '/api/decisions/:id/print',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'The same as one page to print',
          params,
          querystring: z.strictObject({ lang: z.enum(['ru', 'en']).default('ru') }),
          response: { 200: z.string() },
        },
      },
      async (request, reply) => {
        const decision = await find(callerOf(request), request.params.id)
        const effects = await records.effectsOf(decision.id)
        const version = await versionOf(decision)
        const plate = plateIn(effects[0])
        const page = {
          decision,
          effects,
          title: version?.title ?? decision.ruleId,
          source: version?.source ?? '',
          plate,
        }
        return reply.type('text/html; charset=utf-8').serializer(String).send(decisionPage(page, request.query.lang))
      },
    )
  }
}

/** As it stood on the car when it was decided. */
function plateIn(effect: RuleEffectRow | undefined): string | undefined {
  const vehicle = effect?.details.facts['vehicle']
  if (typeof vehicle !== 'object' || vehicle === null) return undefined
  const plate = Object.entries(vehicle).find(([field]) => field === 'plate')?.[1]
  return typeof plate === 'string' ? plate : undefined
}
