import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { cryptoProvider, PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

export type GatewayKey = {
  /** PKCS #8, PEM. It never leaves the gateway. */
  readonly keyPem: string
  /** Asks for a certificate; the cloud decides the name in it. */
  readonly csrPem: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Makes a new EC P-256 key pair on this machine, and the request that proves its possession. */
export async function createGatewayKey(): Promise<GatewayKey> {
  cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=kordon-gateway',
    keys,
    signingAlgorithm: ALGORITHM,
  })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { keyPem: PemConverter.encode(pkcs8, 'PRIVATE KEY'), csrPem: request.toString('pem') }
}
