import { type Clock, seconds } from '#contract/instant.ts'
import type { Provisioned } from './provision-client.ts'

/** As much of the edge as this loop needs. */
export type RunnableGateway = { run(stop: AbortSignal): Promise<void> }

export type GatewayLoopDeps = {
  readonly key: string
  /** Whether the gateway's folder still holds what it was granted at an earlier start. */
  identity(): 'kept' | 'none'
  /** Puts the gateway's folder out of the way, whole: it belongs to an installation that is no more. */
  setAside(): void
  provision(identity: 'kept' | 'none'): Promise<Provisioned>
  /** Refused by the cloud until the gateway was claimed. */
  seal(provisioned: Provisioned): Promise<void>
  /** Builds the real edge for what the technician left; called anew after every failure. */
  open(provisioned: Provisioned): RunnableGateway
  readonly clock: Clock
  readonly log: { info(fields: object, event: string): void; warn(fields: object, event: string): void }
}

const AGAIN = seconds(3)
const SEAL_AGAIN = seconds(1)

/** Installs a car's gateway and keeps it running until told to stop; a cloud that is not there yet is asked again. */
export async function runGatewayLoop(deps: GatewayLoopDeps, stop: AbortSignal): Promise<void> {
  const { key, clock, log } = deps
  while (!stop.aborted) {
    try {
      const identity = deps.identity()
      const provisioned = await deps.provision(identity)
      // The cloud hands out a code although the gateway has an identity: it no longer knows that one.
      if (identity === 'kept' && provisioned.claimCode !== undefined) deps.setAside()
      const gateway = deps.open(provisioned)
      log.info({ vehicle: key, gatewayId: provisioned.gatewayId }, 'demo.gateway-starting')
      // The sheet is sealed at the running gateway, when its claim is done; the next run finds it so.
      const ending = new AbortController()
      const sealing = sealed(deps, provisioned, AbortSignal.any([stop, ending.signal]))
      try {
        await gateway.run(stop)
      } finally {
        ending.abort()
        await sealing
      }
    } catch (cause) {
      if (stop.aborted) return
      log.warn({ vehicle: key, err: cause }, 'demo.gateway-failed')
    }
    await clock.sleep(AGAIN, stop)
  }
}

async function sealed(deps: GatewayLoopDeps, provisioned: Provisioned, stop: AbortSignal): Promise<void> {
  let isSealed = provisioned.commissioning === 'sealed'
  while (!isSealed && !stop.aborted) {
    await deps.clock.sleep(SEAL_AGAIN, stop)
    if (stop.aborted || deps.identity() === 'none') continue
    try {
      await deps.seal(provisioned)
      isSealed = true
    } catch (cause) {
      deps.log.warn({ vehicle: deps.key, err: cause }, 'demo.sealing-failed')
    }
  }
}
