import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import type { GatewayId } from '#contract/ids.ts'
import { createPkiService } from '../../cloud/pki/pki-service.ts'
import { createPkiStore } from '../../cloud/pki/pki-store.ts'
import { createManualClock } from './manual-clock.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A gateway's key and certificate, as the cloud of this data folder would grant them. */
export async function grantedIdentity(dataDir: string, gateway: GatewayId): Promise<{ key: string; cert: string }> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: EC })
  const pki = createPkiService({
    store: createPkiStore(join(dataDir, 'pki')),
    hosts: [],
    clock: createManualClock(Date.now()),
    randomBytes: (n) => webcrypto.getRandomValues(new Uint8Array(n)),
  })
  await pki.open()
  const csr = await pki.readCsr(request.toString('pem'))
  if (csr === undefined) throw new Error('the request was not understood')
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { key, cert: (await pki.sign(csr, gateway)).certificatePem }
}
