import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import pg from 'pg'
import { createPkiService } from '../../cloud/pki/pki-service.ts'
import { createPkiStore } from '../../cloud/pki/pki-store.ts'
import type { LoadGateway } from './load-plan.ts'
import { systemClock } from './system-clock.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** The authority of a cloud that runs on this data folder, and its server's own certificate. */
export async function openAuthority(dataDir: string) {
  const store = createPkiStore(join(dataDir, 'pki'))
  const pki = createPkiService({ store, hosts: [], clock: systemClock, randomBytes: (length) => randomBytes(length) })
  const server = await pki.open()
  /** As a gateway has it that has claimed: a key of its own, and a certificate for it. */
  const prove = async (gateway: LoadGateway) => {
    const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: EC })
    const csr = await pki.readCsr(request.toString('pem'))
    if (csr === undefined) throw new Error('the authority does not read the request')
    const { certificatePem: cert, serial, expiresAt } = await pki.sign(csr, gateway.id)
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
    return { serial, expiresAt, gateway: { ...gateway, proof: { key, cert, ca: server.ca } } }
  }
  return {
    server,
    prove: async (gateways: readonly LoadGateway[]): Promise<readonly LoadGateway[]> =>
      (await Promise.all(gateways.map(prove))).map(({ gateway }) => gateway),
    /** The same, and the cloud's registry knows the certificates; a cloud that runs already looks every 15 s. */
    claim: async (databaseUrl: string, gateways: readonly LoadGateway[]): Promise<readonly LoadGateway[]> => {
      const proven = await Promise.all(gateways.map(prove))
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      await client.query(
        `insert into gateway_certificates (serial, gateway_id, issued_at, expires_at)
         select serial, id, 0, expires from unnest($1::text[], $2::text[], $3::bigint[]) as c (serial, id, expires)`,
        [
          proven.map(({ serial }) => serial),
          proven.map(({ gateway }) => gateway.id),
          proven.map(({ expiresAt }) => expiresAt),
        ],
      )
      await client.end()
      return proven.map(({ gateway }) => gateway)
    },
  }
}
