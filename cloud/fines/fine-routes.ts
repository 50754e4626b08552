import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { FineService } from './fine-service.ts'

const POSTS: RouteRoles = ['owner', 'head', 'accountant']

type Deps = {
  readonly fines: FineService
  /** Whether a vehicle of this plate is there for who sees these parks. */
  readonly isInSight: (plate: string, parks: ParksInSight) => Promise<boolean>
}

/** Fines that a person enters or a file brings: to whoever drove, once by the number of the resolution. */
export function createFineRoutes({ fines, isInSight }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/fines',
      {
        config: { roles: POSTS },
        schema: {
          tags: ['ledger'],
          summary: 'A fine by plate and moment: posted to whoever drove, else a person is asked; known: it was there',
          body: z.strictObject({
            /** Number of the resolution. */
            no: z.string().trim().min(1).max(100),
            plate: z.string().trim().min(2).max(20),
            at: Instant,
            kopecks: z.int().min(1).max(100_000_000),
            article: z.string().trim().min(1).max(200).optional(),
          }),
          response: { 200: z.object({ outcome: z.enum(['posted', 'known', 'unclear']) }) },
        },
      },
      async (request) => {
        const { kopecks, ...fine } = request.body
        if (!(await isInSight(fine.plate, callerOf(request).parks))) throw new Fault('vehicle/unknown')
        return { outcome: await fines.take({ ...fine, amount: kopecks }) }
      },
    )
  }
}
