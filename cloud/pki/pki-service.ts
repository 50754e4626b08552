import 'reflect-metadata'
import { createHash, createPublicKey, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { GatewayId } from '#contract/ids.ts'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import type { World } from '../world.ts'
import type { PkiStore } from './pki-store.ts'

export type ServerIdentity = { readonly key: string; readonly cert: string; readonly ca: string }

/** A certificate request that proved to hold its own key. */
export type ReadCsr = { readonly pem: string /** SHA-256 of the public key, hex. */; readonly key: string }

export type GatewayCertificate = {
  readonly certificatePem: string
  readonly serial: string
  readonly expiresAt: EpochMs
}

export type Pki = {
  /** Makes what is missing: the installation's own authority at first start, the server certificate when it is due. */
  open(): Promise<ServerIdentity>
  /** Undefined unless it is a PEM request, signed by its own key, on EC P-256. What else it asks for is ignored. */
  readCsr(pem: string): Promise<ReadCsr | undefined>
  /** A client certificate for 90 days whose CN is the gateway id, whatever name the request carried. */
  sign(csr: ReadCsr, gateway: GatewayId): Promise<GatewayCertificate>
  /** The list of revoked certificates (RFC 5280 §5), PEM; of two lists the broker takes the one made in a later second. */
  revocationList(retired: readonly Retired[]): Promise<string>
}

export type Retired = { readonly serial: string; readonly retiredAt: EpochMs }

type Deps = Pick<World, 'clock' | 'randomBytes'> & {
  readonly store: PkiStore
  /** Names and addresses under which gateways reach us, besides localhost and 127.0.0.1. */
  readonly hosts: readonly string[]
}

const DAY = 86_400_000
const GATEWAY_LIFETIME = 90 * DAY
const SERVER_LIFETIME = 397 * DAY
const SERVER_RENEWAL = 60 * DAY
/** A broker lets nobody in by a list that has run out: longer than any cloud stays away. */
const LIST_LIFETIME = 400 * DAY
const CA_LIFETIME = 20 * 365 * DAY
/** Gateways whose clock is a little late must accept a certificate made just now. */
const BACKDATED = 3_600_000
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

x509.cryptoProvider.set(webcrypto)

type Authority = { readonly certificate: x509.X509Certificate; readonly key: webcrypto.CryptoKey; readonly pem: string }

/** The installation's own certificate authority, EC P-256. */
export function createPkiService({ store, hosts, clock, randomBytes }: Deps): Pki {
  let authority: Authority | undefined
  const validFor = (length: number) => ({
    notBefore: new Date(later(clock.now(), -BACKDATED)),
    notAfter: new Date(later(clock.now(), length)),
  })
  // The first byte stays below 0x80: a serial number is a positive integer (RFC 5280 §4.1.2.2).
  const serialNumber = () => `2a${Buffer.from(randomBytes(15)).toString('hex')}`

  const makeAuthority = async (): Promise<Authority> => {
    const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: `CN=Kordon ${Buffer.from(randomBytes(6)).toString('hex')}`,
      ...validFor(CA_LIFETIME),
      signingAlgorithm: EC,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    store.write('ca.key.pem', await privatePem(keys.privateKey))
    store.write('ca.pem', certificate.toString('pem'))
    return { certificate, key: keys.privateKey, pem: certificate.toString('pem') }
  }
  const openAuthority = async (): Promise<Authority> => {
    const pem = store.read('ca.pem')
    const keyPem = store.read('ca.key.pem')
    if (pem === undefined || keyPem === undefined) return makeAuthority()
    return { certificate: new x509.X509Certificate(pem), key: await privateKey(keyPem), pem }
  }

  const issue = async (
    by: Authority,
    subject: string,
    publicKey: webcrypto.CryptoKey | x509.PublicKey,
    length: number,
    extensions: readonly x509.Extension[],
  ): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: by.certificate.subject,
      ...validFor(length),
      signingKey: by.key,
      signingAlgorithm: EC,
      publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(by.certificate.publicKey),
        ...extensions,
      ],
    })

  const serverIdentity = async (by: Authority): Promise<ServerIdentity> => {
    const names = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])]
    const cert = store.read('server.pem')
    const key = store.read('server.key.pem')
    if (cert !== undefined && key !== undefined && isGood(cert, names, by, later(clock.now(), SERVER_RENEWAL)))
      return { key, cert, ca: by.pem }
    const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
    const made = await issue(by, 'CN=Kordon cloud', keys.publicKey, SERVER_LIFETIME, [
      new x509.SubjectAlternativeNameExtension(names.map(generalName)),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ])
    const identity = { key: await privatePem(keys.privateKey), cert: made.toString('pem'), ca: by.pem }
    store.write('server.key.pem', identity.key)
    store.write('server.pem', identity.cert)
    return identity
  }

  return {
    open: async () => {
      authority = await openAuthority()
      return serverIdentity(authority)
    },
    readCsr: async (pem) => {
      try {
        const request = new x509.Pkcs10CertificateRequest(pem)
        const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' })
        if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || !(await request.verify())) return undefined
        return { pem, key: createHash('sha256').update(Buffer.from(request.publicKey.rawData)).digest('hex') }
      } catch {
        return undefined
      }
    },
    sign: async (csr, gateway) => {
      if (authority === undefined) throw new Error('the certificate authority is not open yet')
      const request = new x509.Pkcs10CertificateRequest(csr.pem)
      const made = await issue(authority, `CN=${gateway}`, request.publicKey, GATEWAY_LIFETIME, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ])
      return {
        certificatePem: made.toString('pem'),
        serial: made.serialNumber,
        expiresAt: epochMs(made.notAfter.getTime()),
      }
    },
    revocationList: async (retired) => {
      if (authority === undefined) throw new Error('the certificate authority is not open yet')
      const list = await x509.X509CrlGenerator.create({
        issuer: authority.certificate.subject,
        thisUpdate: new Date(clock.now()),
        nextUpdate: new Date(later(clock.now(), LIST_LIFETIME)),
        entries: retired.map(({ serial, retiredAt }) => ({
          serialNumber: serial,
          revocationDate: new Date(retiredAt),
        })),
        signingKey: authority.key,
        signingAlgorithm: EC,
        extensions: [await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey)],
      })
      // The library's own label is one that OpenSSL does not know.
      return x509.PemConverter.encode(list.rawData, 'X509 CRL')
    },
  }
}

/** The stored server certificate is ours, names every host, and lasts beyond `until`. */
function isGood(pem: string, names: readonly string[], by: Authority, until: EpochMs): boolean {
  const certificate = new x509.X509Certificate(pem)
  const named = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? []
  const values = new Set(named.map((name) => name.value))
  return (
    certificate.issuer === by.certificate.subject &&
    certificate.notAfter.getTime() > until &&
    names.every((name) => values.has(name))
  )
}

const generalName = (host: string): x509.JsonGeneralName => ({
  type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns',
  value: host,
})

const privatePem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

const privateKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), EC, false, ['sign'])
