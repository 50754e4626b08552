import { type Clock, seconds } from '#contract/instant.ts'
import type { ClaimRequest } from '#contract/provisioning.ts'
import type { Log } from '../log.ts'
import { type ClaimClient, ClaimRefused, createClaimClient, postJson } from './claim-client.ts'
import type { Identity } from './identity.ts'
import { createIdentityStore } from './identity-store.ts'
import { createGatewayKey } from './key-client.ts'
import { createRenewalClient } from './renewal-client.ts'
import { runRenewalLoop } from './renewal-loop.ts'

export type IdentityConfig = {
  readonly dir: string
  readonly cloudUrl?: string
  readonly claimCode?: string
  readonly caPem?: string
  /** `password` asks for no certificate; it works on the cloud's loopback listener only. */
  readonly transport?: 'certificate' | 'password'
}

type World = { readonly clock: Clock; readonly log: Log }

/**
 * The gateway's identity: the stored one or, the first time, one claimed from the cloud with the technician's code.
 * Waits while the cloud cannot be reached; throws when it refuses, or when there is nothing to claim with.
 */
export async function identify(config: IdentityConfig, world: World, stop: AbortSignal): Promise<Identity | undefined> {
  const store = createIdentityStore(config.dir)
  const known = store.load()
  if (known !== undefined) return known
  const { cloudUrl, claimCode } = config
  if (cloudUrl === undefined || claimCode === undefined)
    throw new Error(`${config.dir} holds no identity: a cloud address and a claim code are needed once`)
  const cloud = { cloudUrl, ...(config.caPem === undefined ? {} : { caPem: config.caPem }) }
  store.mustTake()
  const client = createClaimClient(cloud)
  const key = config.transport === 'password' ? undefined : await createGatewayKey()
  const request = { code: claimCode, ...(key === undefined ? {} : { csrPem: key.csrPem }) }
  const grant = await claimed(client, request, world, stop)
  if (grant === undefined) return undefined
  const identity: Identity = { schema: 'kordon-identity/1', grant, keyPem: key?.keyPem ?? '', cloud }
  store.save(identity)
  world.log.info({ gatewayId: grant.gatewayId, vehicleId: grant.vehicleId }, 'identity.claimed')
  return identity
}

const AGAIN = seconds(5)

/**
 * Keeps an identity's certificate from running out. `renewed` hears of each next identity once it is on disk. Without an
 * address of the cloud, or without a certificate, there is nothing to do.
 */
export function createRenewal(
  config: IdentityConfig,
  identity: () => Identity,
  renewed: (identity: Identity) => void,
  world: World,
): (stop: AbortSignal) => Promise<void> {
  const store = createIdentityStore(config.dir)
  const known =
    config.cloudUrl === undefined
      ? undefined
      : { cloudUrl: config.cloudUrl, ...(config.caPem === undefined ? {} : { caPem: config.caPem }) }
  const cloud = identity().cloud ?? known
  if (cloud === undefined || identity().grant.by === 'password') return async () => {}
  const ask = createRenewalClient((body) => postJson(new URL('/api/gateways/renew', cloud.cloudUrl), body, cloud.caPem))
  const keep = (next: Identity): void => {
    store.save({ ...next, cloud })
    renewed(next)
  }
  return (stop) => runRenewalLoop({ identity, newKey: createGatewayKey, ask, renewed: keep, ...world }, stop)
}

async function claimed(client: ClaimClient, request: ClaimRequest, world: World, stop: AbortSignal) {
  while (!stop.aborted) {
    try {
      return await client.claim(request)
    } catch (cause) {
      if (cause instanceof ClaimRefused) throw cause
      world.log.warn({ err: cause }, 'claim.unreachable')
      await world.clock.sleep(AGAIN, stop)
    }
  }
  return undefined
}
