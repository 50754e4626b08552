import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type EpochMs, Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { LeaseId } from '../leases/lease.ts'
import { csvOf, type Sheet } from '../spreadsheet/sheet.ts'
import type { StatementOf } from './ledger-store.ts'
import { PostingKind, TransactionId } from './posting.ts'
import { type Statement, statementSheet } from './statement.ts'
import type { StatementPrintStore } from './statement-print-store.ts'

const READS: RouteRoles = ['owner', 'head', 'manager', 'accountant', 'auditor']
const tags = ['ledger']
const Query = z
  .strictObject({ driver: DriverId.optional(), lease: LeaseId.optional(), from: Instant, to: Instant })
  .refine(({ driver, lease }) => (driver === undefined) !== (lease === undefined), {
    error: 'name a driver or a lease',
  })
  .refine(({ from, to }) => from < to, { error: 'the time ends before it begins' })

const StatementView = z
  .strictObject({
    title: z.string(),
    from: Instant,
    to: Instant,
    openingKopecks: z.int(),
    closingKopecks: z.int(),
    inKopecks: z.int(),
    outKopecks: z.int(),
    lines: z.array(
      z.strictObject({
        at: Instant,
        kind: PostingKind,
        note: z.string(),
        kopecks: z.int(),
        balanceKopecks: z.int(),
        transactionId: TransactionId,
      }),
    ),
  })
  .meta({ id: 'Statement' })

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const

/** Faults: driver/unknown, lease/unknown. */
export type MakeStatement = (
  of: StatementOf,
  time: { from: EpochMs; to: EpochMs },
  parks: ParksInSight,
) => Promise<Statement>

/** What a driver's or a lease's account was before a time, during it, and after; on the screen and as a file. */
export function createStatementRoutes(
  make: MakeStatement,
  print: StatementPrintStore,
  writeXlsx: (sheet: Sheet) => Promise<Uint8Array>,
): FastifyPluginAsyncZod {
  const fileOf = (format: 'csv' | 'xlsx' | 'pdf', statement: Statement) => {
    if (format === 'pdf') return print.pdf(statement)
    const sheet = statementSheet(statement)
    return format === 'csv' ? csvOf(sheet) : writeXlsx(sheet)
  }
  const made = ({ driver, lease, from, to }: z.infer<typeof Query>, parks: ParksInSight) => {
    if (driver !== undefined) return make({ of: 'driver', id: driver }, { from, to }, parks)
    return make({ of: 'lease', id: LeaseId.parse(lease) }, { from, to }, parks)
  }
  return async (app) => {
    app.get(
      '/api/ledger/statement',
      {
        config: { roles: READS },
        schema: { tags, summary: 'A statement', querystring: Query, response: { 200: StatementView } },
      },
      async (request) => {
        const statement = await made(request.query, callerOf(request).parks)
        return { ...statement, lines: [...statement.lines] }
      },
    )
    app.get(
      '/api/ledger/statement/:format',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'A statement as CSV, XLSX or PDF',
          params: z.strictObject({ format: z.enum(['csv', 'xlsx', 'pdf']) }),
          querystring: Query,
        },
      },
      async (request, reply) => {
        const { format } = request.params
        const statement = await made(request.query, callerOf(request).parks)
        const body = await fileOf(format, statement)
        return reply
          .header('content-type', TYPES[format])
          .header('content-disposition', `attachment; filename="statement.${format}"`)
          .send(body)
      },
    )
  }
}
