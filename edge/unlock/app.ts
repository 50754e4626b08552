import type { GatewayEvent } from '#contract/event.ts'
import type { Clock } from '#contract/instant.ts'
import type { UnlockSecret } from '#contract/provisioning.ts'
import type { Log } from '../log.ts'
import { type LocalPage, runUnlockPageLoop } from './unlock-page-loop.ts'
import { createUnlockRoutes } from './unlock-routes.ts'
import { createUnlockService, type UnlockAnswer } from './unlock-service.ts'
import type { UnlockStore } from './unlock-store.ts'

type Parts = {
  readonly secret: UnlockSecret | undefined
  readonly store: UnlockStore
  readonly releaseLocally: () => void
  readonly keepEvent: (event: GatewayEvent) => void
  /** Absent: no page is offered. */
  readonly page: LocalPage | undefined
  readonly clock: Clock
  readonly log: Log
}

export type Unlock = {
  enter(typed: string): UnlockAnswer
  /** Where the page answers now. */
  port(): number | undefined
  /** Ends what a power cut has left undone, then offers the page until told to stop. */
  run(stop: AbortSignal): Promise<void>
}

/** Wires one-time codes at the car; starts nothing. */
export function createUnlock({ page, clock, log, ...parts }: Parts): Unlock {
  const service = createUnlockService({ ...parts, clock, log })
  let port: number | undefined
  const listening = (on: number | undefined): void => {
    port = on
  }
  return {
    enter: service.enter,
    port: () => port,
    run: async (stop) => {
      service.resume()
      if (parts.secret === undefined) log.warn({}, 'unlock-code.no-secret')
      if (page !== undefined)
        await runUnlockPageLoop({ page, routes: createUnlockRoutes(service, log), listening, clock, log }, stop)
    },
  }
}
