import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { Machine } from '../engine/machine.ts'
import type { May } from './may.ts'
import type { RunStore } from './run-store.ts'

const tags = ['processes']
const SEES: RouteRoles = ['owner', 'head', 'auditor']
const Nullable = z.string().nullable()
const Place = z.tuple([z.number(), z.string()])

type Deps = {
  readonly runs: RunStore
  readonly active: () => Promise<Machine | undefined>
  readonly may: May
}

/** The processes of the house by folder, and which of them go on where. */
export function createRunRoutes({ runs, active, may }: Deps): FastifyPluginAsyncZod {
  const machineNow = async (): Promise<Machine> => {
    const machine = await active()
    if (machine === undefined) throw new Fault('definition/none')
    return machine
  }
  return async (app) => {
    app.get(
      '/api/processes',
      {
        config: { roles: SEES },
        schema: {
          tags,
          summary: 'Every process that is described, with its folder and how often it runs now',
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  id: z.string(),
                  title: z.string(),
                  folder: Nullable,
                  case: Nullable,
                  steps: z.int(),
                  running: z.int(),
                  paused: z.int(),
                }),
              ),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async (request) => {
        const { definitions } = await machineNow()
        const counts = await runs.counts(callerOf(request).parks)
        return {
          items: [...definitions.processes.values()].map(({ id, title, folder, case: of, steps }) => ({
            id,
            title,
            folder: folder ?? null,
            case: of ?? null,
            steps: steps.length,
            running: counts.get(id)?.all ?? 0,
            paused: counts.get(id)?.paused ?? 0,
          })),
          nextCursor: null,
        }
      },
    )
    app.get(
      '/api/processes/running',
      {
        config: { roles: SEES },
        schema: {
          tags,
          summary: 'Processes that run on cards, what began last coming first',
          querystring: z.strictObject({
            process: z.string().max(80).optional(),
            folder: z.string().max(120).optional(),
            state: z.enum(['going', 'paused']).optional(),
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(500).optional(),
          }),
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  id: z.uuid(),
                  process: z.string(),
                  title: z.string(),
                  folder: Nullable,
                  step: Nullable,
                  startedAt: Instant,
                  pausedAt: Instant.nullable(),
                  card: z.uuid(),
                  cardNo: z.int(),
                  pipelineTitle: z.string(),
                  stageTitle: z.string(),
                }),
              ),
              nextCursor: Nullable,
            }),
          },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { process, folder, state, limit, cursor } = request.query
        const machine = await machineNow()
        const rights = await may(caller)
        const own = [...machine.definitions.processes.values()]
        const processes =
          process !== undefined
            ? [process]
            : folder === undefined
              ? undefined
              : own.filter((one) => one.folder === folder).map(({ id }) => id)
        const found = await runs.list({ parks: caller.parks, processes, state }, limit + 1, placeFrom(Place, cursor))
        const page = found.slice(0, limit)
        const last = found.length > limit ? page.at(-1) : undefined
        return {
          items: page
            .filter(({ pipeline, stage }) => rights.stage(pipeline, stage) !== 'hidden')
            .map((run) => {
              const described = machine.definitions.processes.get(run.process)
              return {
                id: run.id,
                process: run.process,
                title: described?.title ?? run.process,
                folder: described?.folder ?? null,
                step: run.step,
                startedAt: EpochMs.parse(run.startedAt),
                pausedAt: run.paused === null ? null : EpochMs.parse(run.paused.at),
                card: run.card,
                cardNo: run.no,
                pipelineTitle: machine.pipeline(run.pipeline)?.title ?? run.pipeline,
                stageTitle: machine.stage(run.pipeline, run.stage)?.title ?? run.stage,
              }
            }),
          nextCursor: last === undefined ? null : cursorFrom([last.startedAt, last.id]),
        }
      },
    )
  }
}
