import type { RequestListener } from 'node:http'
import type { Clock } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { LocalRoute } from './local-request.ts'
import { type LocalPage, runPageLoop } from './page-loop.ts'
import { createServerRoutes } from './server-routes.ts'

export type LocalServer = {
  /** Where the page answers now. */
  port(): number | undefined
  run(stop: AbortSignal): Promise<void>
}

type Deps = {
  /** Absent: no page. */
  readonly page: LocalPage | undefined
  /** Absent: no technician's commands. */
  readonly socketPath: string | undefined
  readonly routes: readonly LocalRoute[]
  readonly form: () => RequestListener | undefined
  readonly clock: Clock
  readonly log: Log
}

/** Wires the gateway's own server; starts nothing. */
export function createLocalServer({ page, socketPath, routes, form, clock, log }: Deps): LocalServer {
  let port: number | undefined
  const listening = (on: number | undefined): void => {
    port = on
  }
  const common = { routes, form, log }
  return {
    port: () => port,
    run: async (stop) => {
      await Promise.all([
        page === undefined
          ? undefined
          : runPageLoop(
              {
                place: page,
                routes: createServerRoutes({ ...common, where: 'page', host: page.host }),
                listening,
                clock,
                log,
              },
              stop,
            ),
        socketPath === undefined
          ? undefined
          : runPageLoop(
              {
                place: { socketPath },
                routes: createServerRoutes({ ...common, where: 'socket' }),
                listening: () => {},
                clock,
                log,
              },
              stop,
            ),
      ])
    },
  }
}
