import { type Clock, seconds } from '#contract/instant.ts'
import type { Provisioned } from './provision-client.ts'

/** As much of the edge as this loop needs. */
export type RunnableGateway = { run(stop: AbortSignal): Promise<void> }

export type GatewayLoopDeps = {
  readonly key: string
  /** Whether the gateway's folder holds anything from an earlier start. */
  hasFolder(): boolean
  provision(identity: 'kept' | 'none'): Promise<Provisioned>
  /** Builds the real edge for what the technician left; called anew after every failure. */
  open(provisioned: Provisioned): RunnableGateway
  readonly clock: Clock
  readonly log: { info(fields: object, event: string): void; warn(fields: object, event: string): void }
}

const AGAIN = seconds(3)

/** Installs a car's gateway and keeps it running until told to stop; a cloud that is not there yet is asked again. */
export async function runGatewayLoop(deps: GatewayLoopDeps, stop: AbortSignal): Promise<void> {
  const { key, clock, log } = deps
  let failedRuns = 0
  while (!stop.aborted) {
    try {
      // A gateway that could not run with what it kept is claimed anew, as a technician would do.
      const identity = deps.hasFolder() && failedRuns === 0 ? 'kept' : 'none'
      const provisioned = await deps.provision(identity)
      const gateway = deps.open(provisioned)
      log.info({ vehicle: key, gatewayId: provisioned.gatewayId }, 'demo.gateway-starting')
      await gateway.run(stop)
      failedRuns = 0
    } catch (cause) {
      if (stop.aborted) return
      failedRuns += 1
      log.warn({ vehicle: key, err: cause }, 'demo.gateway-failed')
    }
    await clock.sleep(AGAIN, stop)
  }
}
