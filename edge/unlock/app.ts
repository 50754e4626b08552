import type { RequestListener } from 'node:http'
import type { GatewayEvent } from '#contract/event.ts'
import type { Clock } from '#contract/instant.ts'
import type { UnlockSecret } from '#contract/provisioning.ts'
import type { Log } from '../log.ts'
import { createUnlockRoutes } from './unlock-routes.ts'
import { createUnlockService, type UnlockAnswer } from './unlock-service.ts'
import type { UnlockStore } from './unlock-store.ts'

type Parts = {
  readonly secret: UnlockSecret | undefined
  readonly store: UnlockStore
  readonly releaseLocally: () => void
  readonly keepEvent: (event: GatewayEvent) => void
  readonly clock: Clock
  readonly log: Log
}

export type Unlock = {
  enter(typed: string): UnlockAnswer
  /** The page on which a code is typed. */
  readonly form: RequestListener
  /** Ends what a power cut has left undone. */
  resume(): void
}

/** Wires one-time codes at the car; starts nothing. */
export function createUnlock({ clock, log, ...parts }: Parts): Unlock {
  const service = createUnlockService({ ...parts, clock, log })
  return {
    enter: service.enter,
    form: createUnlockRoutes(service, log),
    resume: () => {
      service.resume()
      if (parts.secret === undefined) log.warn({}, 'unlock-code.no-secret')
    },
  }
}
