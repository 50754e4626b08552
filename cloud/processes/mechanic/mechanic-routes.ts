import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { TaskView } from '../desk/card-view.ts'
import type { DeskService } from '../desk/desk-service.ts'
import type { Machine } from '../engine/machine.ts'
import { offlinePack } from './pack.ts'

const Template = TaskView.pick({ title: true, help: true, form: true, outcomes: true })
const MOST = 200

type Deps = {
  readonly desk: Pick<DeskService, 'tasks'>
  readonly active: () => Promise<Machine | undefined>
}

/** Everything that a mechanic needs for a day without a network, in one answer. */
export function createMechanicRoutes({ desk, active }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/mechanic',
      {
        config: { roles: ['owner', 'head', 'service', 'mechanic'] },
        schema: {
          tags: ['tasks'],
          summary: 'My tasks that may be closed without a network, and those that follow them',
          response: {
            200: z.object({
              tasks: z.array(TaskView),
              follows: z.record(z.string(), z.string()),
              templates: z.record(z.string(), Template),
            }),
          },
        },
      },
      async (request) => {
        const machine = await active()
        if (machine === undefined) throw new Fault('definition/none')
        const tasks = await desk.tasks(callerOf(request), { whose: 'mine', card: undefined, limit: MOST })
        const { follows, templates } = offlinePack(machine)
        return { tasks: tasks.filter(({ offline }) => offline), follows: { ...follows }, templates: { ...templates } }
      },
    )
  }
}
