import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { boundsOf, Day } from '../calendar/moscow-day.ts'
import { MileageView } from '../history/mileage-view.ts'
import { EVERY_ROLE } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { RevisionReason } from './ledger.ts'
import type { MileageService } from './mileage-service.ts'

const tags = ['history']
const Where = z.object({ id: VehicleId })
const Days = z.object({
  from: Day.meta({ description: 'First lease day, a date in Moscow' }),
  to: Day.meta({ description: 'Last lease day, included' }),
})
const LONGEST_DAYS = 400

const Revision = z.object({
  revision: z.int(),
  mileage: MileageView,
  frames: z.int().meta({ description: 'How many frames it was counted from' }),
  reason: RevisionReason,
  computedAt: Instant,
})
const LedgerDayView = z
  .object({
    day: Day,
    revisions: z.array(Revision).readonly().meta({ description: 'Every value the day has had; the last one holds' }),
  })
  .meta({ id: 'MileageLedgerDay' })
const DailyView = z
  .object({
    day: Day,
    mileage: MileageView,
    frames: z.int(),
    state: z.enum(['closed', 'running']),
  })
  .meta({ id: 'DailyMileage' })

/** Kilometres by lease day. Paths begin with `/api`. */
export function createMileageRoutes(
  mileage: Pick<MileageService, 'daily' | 'ledger'>,
  plateOf: (vehicle: VehicleId) => Promise<string | undefined>,
): FastifyPluginAsyncZod {
  const check = async (vehicle: VehicleId, days: z.infer<typeof Days>): Promise<void> => {
    checkDays(days)
    if ((await plateOf(vehicle)) === undefined) throw new Fault('vehicle/unknown')
  }
  const config = { roles: EVERY_ROLE }
  const answer = <Item extends z.ZodType>(item: Item) => ({ 200: z.object({ items: z.array(item).readonly() }) })
  return async (app) => {
    app.get(
      '/api/vehicles/:id/mileage/daily',
      {
        config,
        schema: {
          ...{ tags, summary: 'Kilometres of a vehicle by lease day, the running day too' },
          ...{ params: Where, querystring: Days, response: answer(DailyView) },
        },
      },
      async ({ params, query }) => {
        await check(params.id, query)
        const days = await mileage.daily(params.id, query.from, query.to)
        return {
          items: days.map(({ day, frames, state, km, errorKm, source, gaps }) => ({
            ...{ day, frames, state, mileage: { km, errorKm, source, gaps } },
          })),
        }
      },
    )
    app.get(
      '/api/vehicles/:id/mileage/ledger',
      {
        config,
        schema: {
          ...{ tags, summary: 'The mileage ledger of a vehicle: every value of every closed lease day, and why' },
          ...{ params: Where, querystring: Days, response: answer(LedgerDayView) },
        },
      },
      async ({ params, query }) => {
        await check(params.id, query)
        const days = await mileage.ledger(params.id, query.from, query.to)
        return {
          items: days.map(({ day, revisions }) => ({
            day,
            revisions: revisions.map(({ revision, frames, reason, computedAt, km, errorKm, source, gaps }) => ({
              ...{ revision, frames, reason, computedAt, mileage: { km, errorKm, source, gaps } },
            })),
          })),
        }
      },
    )
  }
}

function checkDays({ from, to }: z.infer<typeof Days>): void {
  if (to < from) throw new Fault('history/range', 'to must not lie before from')
  const days = (boundsOf(to).to - boundsOf(from).from) / 86_400_000
  if (days > LONGEST_DAYS) throw new Fault('history/range', `at most ${LONGEST_DAYS} days at a time`)
}
