import type { Identity } from '../identity/identity.ts'
import { type CloudAccess, type CloudClient, type CloudClientDeps, createCloudClient } from './cloud-client.ts'

type Deps = Omit<CloudClientDeps, 'brokerUrl' | 'gatewayId' | 'access' | 'protocolVersion'> & {
  /** Asked at each connect: a renewed certificate is used from the next one on. */
  readonly identity: () => Identity
  /** Instead of the broker named at provisioning. */
  readonly brokerUrl: string | undefined
  readonly brokerVersion: 4 | 5 | undefined
}

/** The connection to the cloud that this identity entitles to. */
export function createUplink({ identity, brokerUrl, brokerVersion, ...deps }: Deps): CloudClient {
  return createCloudClient({
    ...deps,
    brokerUrl: brokerUrl ?? identity().grant.brokerUrl,
    gatewayId: identity().grant.gatewayId,
    get access() {
      return accessOf(identity())
    },
    protocolVersion: brokerVersion ?? 4,
  })
}

function accessOf({ grant, keyPem }: Identity): CloudAccess {
  return grant.by === 'password'
    ? { by: 'password', password: grant.password, caPem: grant.caPem }
    : { by: 'certificate', keyPem, certificatePem: grant.certificatePem, caPem: grant.caPem }
}
