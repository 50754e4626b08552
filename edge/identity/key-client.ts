import { generateKeyPairSync, sign } from 'node:crypto'
import { requestInfo, requestPem } from './certificate-request.ts'

export type GatewayKey = {
  /** PKCS #8, PEM. It never leaves the gateway. */
  readonly keyPem: string
  /** Asks for a certificate; the cloud decides the name in it. */
  readonly csrPem: string
}

/**
 * Makes a new EC P-256 key pair on this machine, and the request that proves its possession. The request is written by
 * hand: a certificate library would stay in the memory of every gateway for the sake of one call in its life.
 */
export async function createGatewayKey(): Promise<GatewayKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const info = requestInfo('kordon-gateway', publicKey.export({ type: 'spki', format: 'der' }))
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    csrPem: requestPem(info, sign('sha256', info, privateKey)),
  }
}
