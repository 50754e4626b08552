import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, type ParksInSight, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { csvOf, type Sheet } from '../../spreadsheet/sheet.ts'
import type { Machine } from '../engine/machine.ts'
import type { Report } from './asked.ts'
import { sheetOf } from './table.ts'

const SEES: RouteRoles = ['owner', 'head', 'accountant', 'auditor']
export const REPORT_NAMES = [
  'owner',
  'week',
  'kpi',
  'stages',
  'conversions',
  'chain',
  'people',
  'effort',
  'load',
  'on-time',
  'without-person',
  'without-tasks',
  'without-source',
  'between-tasks',
  'refused',
  'sums',
  'losses',
  'profit',
  'quality',
  'work-time',
  'waiting',
  'bands',
  'reasons',
] as const
export type ReportName = (typeof REPORT_NAMES)[number]

/** Time from one act of a person to his next one: without his acts on cards of other parks it would be another figure. */
const OF_ALL_PARKS: ReadonlySet<ReportName> = new Set(['effort', 'between-tasks'])

type Deps = {
  /** Counted from the cards of these parks alone. */
  reportsOf(parks: ParksInSight): Readonly<Record<ReportName, Report>>
  readonly active: () => Promise<Machine | undefined>
  readonly now: () => EpochMs
  readonly writeXlsx: (sheet: Sheet) => Promise<Uint8Array>
}
const MONTH_MS = 30 * 86_400_000
const LONGEST_MS = 732 * 86_400_000

/** Figures from the log, on the screen or as a spreadsheet. */
export function createReportRoutes({ reportsOf, active, now, writeXlsx }: Deps): FastifyPluginAsyncZod {
  const Query = z.strictObject({
    pipeline: z.string().max(80).optional(),
    /** The stage that work is counted for; of `effort`. */
    stage: z.string().max(80).optional(),
    /** What income and cost are turned by; of `profit`. */
    by: z.enum(['adChannel', 'source', 'make', 'workKind']).optional(),
    from: Instant.optional(),
    to: Instant.optional(),
    format: z.enum(['json', 'csv', 'xlsx']).default('json'),
  })
  const made = async (
    name: ReportName,
    parks: ParksInSight,
    { pipeline: named, stage, by, ...time }: z.infer<typeof Query>,
  ) => {
    if (parks !== 'all' && OF_ALL_PARKS.has(name)) throw new Fault('report/all-parks', name)
    const machine = await active()
    if (machine === undefined) throw new Fault('definition/none')
    const { pipelines } = machine.definitions
    const one = pipelines.get(named ?? '')
    if (named !== undefined && one === undefined) throw new Fault('pipeline/unknown')
    const to = time.to ?? now()
    const from = time.from ?? to - MONTH_MS
    if (from >= to || to - from > LONGEST_MS) throw new Fault('request/invalid', 'Период не больше двух лет')
    return reportsOf(parks)[name]({
      machine,
      pipelines: one === undefined ? [...pipelines.values()] : [one],
      named,
      period: { from, to },
      stage,
      by,
    })
  }
  return async (app) => {
    app.get(
      '/api/reports/:name',
      {
        config: { roles: SEES },
        schema: {
          tags: ['reports'],
          summary: 'A report from the log, of the cards of the parks in sight: as JSON, CSV or XLSX',
          params: z.strictObject({ name: z.enum(REPORT_NAMES) }),
          querystring: Query,
        },
      },
      async (request, reply) => {
        const { parks } = callerOf(request)
        const table = await made(request.params.name, parks, request.query)
        const { format } = request.query
        const file = `attachment; filename="${request.params.name}.${format}"`
        if (format === 'csv')
          return reply
            .header('content-type', 'text/csv; charset=utf-8')
            .header('content-disposition', file)
            .send(csvOf(sheetOf(table)))
        if (format === 'xlsx')
          return reply
            .header('content-type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
            .header('content-disposition', file)
            .send(Buffer.from(await writeXlsx(sheetOf(table))))
        return { ...table, parks: parks === 'all' ? 'all' : 'own' }
      },
    )
  }
}
