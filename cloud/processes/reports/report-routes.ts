import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type EpochMs, Instant } from '#contract/instant.ts'
import type { RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Machine } from '../engine/machine.ts'
import { printSpan } from '../engine/print.ts'
import type { ReportStore } from './report-store.ts'
import { csvOf, type ReportTable } from './table.ts'

const SEES: RouteRoles = ['owner', 'head', 'accountant', 'auditor']
const NAMES = ['stages', 'conversions', 'load', 'without-person', 'without-tasks', 'between-tasks', 'refused'] as const
type Name = (typeof NAMES)[number]

type Deps = {
  readonly reports: ReportStore
  readonly active: () => Promise<Machine | undefined>
  readonly now: () => EpochMs
  readonly writeSheet: (table: ReportTable) => Promise<Uint8Array>
}
const MONTH_MS = 30 * 86_400_000

/** Figures from the log, on the screen or as a spreadsheet. */
export function createReportRoutes({ reports, active, now, writeSheet }: Deps): FastifyPluginAsyncZod {
  const table = async (name: Name, pipelineId: string | undefined, from: number, to: number): Promise<ReportTable> => {
    const machine = await active()
    if (machine === undefined) throw new Fault('definition/none')
    const { pipelines } = machine.definitions
    const pipeline = pipelines.get(pipelineId ?? '')
    if (pipelineId !== undefined && pipeline === undefined) throw new Fault('pipeline/unknown')
    const each = pipeline === undefined ? [...pipelines.values()] : [pipeline]
    const stageTitle = (of: string, stage: string) => machine.stage(of, stage)?.title ?? stage
    const period = { from, to }
    switch (name) {
      case 'stages': {
        const rows = await Promise.all(
          each.map(async (one) =>
            (await reports.stages(one.id, period)).map((row) => [
              one.title,
              stageTitle(one.id, row.stage),
              row.visits,
              printSpan(row.medianMs),
              printSpan(row.p90Ms),
              row.medianMs,
              row.p90Ms,
              row.overruns,
            ]),
          ),
        )
        return {
          titles: ['Воронка', 'Этап', 'Прошло', 'Медиана', '90 %', 'Медиана, мс', '90 %, мс', 'Превышений'],
          rows: rows.flat(),
        }
      }
      case 'conversions': {
        const rows = await Promise.all(
          each.map(async (one) =>
            (await reports.conversions(one.id, period)).map((row) => [
              one.title,
              stageTitle(one.id, row.stage),
              row.cards,
              Math.round(row.share * 1000) / 10,
            ]),
          ),
        )
        return { titles: ['Воронка', 'Этап', 'Дошло', 'Доля, %'], rows: rows.flat() }
      }
      case 'load': {
        const rows = await reports.load(period, pipelineId)
        return {
          titles: ['День', 'Сотрудник', 'Задача', 'Закрыто', 'С опозданием'],
          rows: rows.map((row) => [
            row.day,
            row.name ?? row.person,
            machine.template(row.template)?.title ?? row.template,
            row.done,
            row.late,
          ]),
        }
      }
      case 'without-person': {
        const rows = await Promise.all(
          each.map(async (one) => {
            const ends = one.stages.filter(({ type }) => type !== 'open').map(({ id }) => id)
            const { closed, withoutPerson, share } = await reports.withoutPerson(one.id, period, ends)
            return [one.title, closed, withoutPerson, Math.round(share * 1000) / 10]
          }),
        )
        return { titles: ['Воронка', 'Закрыто', 'Без человека', 'Доля, %'], rows }
      }
      case 'without-tasks': {
        const kept = each.filter(({ noCardWithoutTask }) => noCardWithoutTask).map(({ id }) => id)
        const rows = await reports.withoutTasks(kept)
        return {
          titles: ['Воронка', 'Этап', 'Карточка', 'Номер'],
          rows: rows.map((row) => [
            pipelines.get(row.pipeline)?.title ?? row.pipeline,
            stageTitle(row.pipeline, row.stage),
            row.id,
            row.no,
          ]),
        }
      }
      case 'between-tasks': {
        const rows = await reports.betweenTasks(period)
        return {
          titles: ['Сотрудник', 'Задач', 'Медиана', '90 %', 'Медиана, мс', '90 %, мс'],
          rows: rows.map((row) => [
            row.name ?? row.person,
            row.tasks,
            printSpan(row.medianMs),
            printSpan(row.p90Ms),
            row.medianMs,
            row.p90Ms,
          ]),
        }
      }
      case 'refused': {
        const rows = await reports.refused(period)
        return {
          titles: ['Когда', 'Карточка', 'Номер', 'Этап', 'Вид', 'Почему'],
          rows: rows.map((row) => [
            new Date(row.at).toISOString(),
            row.card,
            row.no,
            stageTitle(row.pipeline, row.stage),
            row.kind,
            whyOf(row.change),
          ]),
        }
      }
    }
  }

  return async (app) => {
    app.get(
      '/api/reports/:name',
      {
        config: { roles: SEES },
        schema: {
          tags: ['reports'],
          summary: 'A report from the log: as JSON, CSV or XLSX',
          params: z.strictObject({ name: z.enum(NAMES) }),
          querystring: z.strictObject({
            pipeline: z.string().max(80).optional(),
            from: Instant.optional(),
            to: Instant.optional(),
            format: z.enum(['json', 'csv', 'xlsx']).default('json'),
          }),
        },
      },
      async (request, reply) => {
        const { pipeline, format } = request.query
        const to = request.query.to ?? now()
        const made = await table(request.params.name, pipeline, request.query.from ?? to - MONTH_MS, to)
        const file = `attachment; filename="${request.params.name}.${format}"`
        if (format === 'csv')
          return reply
            .header('content-type', 'text/csv; charset=utf-8')
            .header('content-disposition', file)
            .send(csvOf(made))
        if (format === 'xlsx')
          return reply
            .header('content-type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
            .header('content-disposition', file)
            .send(Buffer.from(await writeSheet(made)))
        return made
      },
    )
  }
}

function whyOf(change: Record<string, unknown>): string {
  const parts = [change['what'], change['why'], change['missing']].flat().filter((part) => typeof part === 'string')
  return parts.join('; ')
}
