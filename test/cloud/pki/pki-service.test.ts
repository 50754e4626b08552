import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { createPkiService } from '../../../cloud/pki/pki-service.ts'
import { createPkiStore } from '../../../cloud/pki/pki-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const DAY = 86_400_000
const GATEWAY = GatewayId.parse('gw-abcdefgh')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-pki-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const clock = () => createManualClock(Date.now())
const service = (hosts: readonly string[] = [], at = clock()) =>
  createPkiService({
    store: createPkiStore(join(folder, 'pki')),
    hosts,
    clock: at,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  })

/** A request made by OpenSSL, so that this test trusts no code of ours. */
function csr(...key: string[]): string {
  execFileSync(
    'openssl',
    ['req', '-new', '-newkey', ...key, '-nodes', '-keyout', 'gw.key', '-out', 'gw.csr', '-subj', '/CN=gw-somebodyelse'],
    { cwd: folder, stdio: 'ignore' },
  )
  return readFileSync(join(folder, 'gw.csr'), 'utf8')
}
const P256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

test('the authority is made once, 0600, and the server certificate is kept', async () => {
  const first = await service().open()
  expect(await service().open()).toEqual(first)
  for (const name of ['ca.key.pem', 'server.key.pem', 'ca.pem'])
    expect(statSync(join(folder, 'pki', name)).mode & 0o777).toBe(0o600)
})

test('the server certificate names localhost, 127.0.0.1 and the configured hosts', async () => {
  const { cert, ca } = await service(['fleet.example', '10.1.2.3']).open()
  const certificate = new X509Certificate(cert)
  expect(certificate.subjectAltName).toContain('DNS:localhost')
  expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1')
  expect(certificate.checkHost('fleet.example')).toBe('fleet.example')
  expect(certificate.checkIP('10.1.2.3')).toBe('10.1.2.3')
  expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
})

test('a new host name brings a new server certificate under the same authority', async () => {
  const before = await service().open()
  const after = await service(['fleet.example']).open()
  expect(after.ca).toBe(before.ca)
  expect(after.cert).not.toBe(before.cert)
})

test('the server certificate is renewed before it ends', async () => {
  const before = await service().open()
  const much = createManualClock(Date.now() + 340 * DAY)
  expect((await service([], much).open()).cert).not.toBe(before.cert)
})

test('a gateway certificate carries the id we chose, for 90 days, for clients only', async () => {
  const pki = service()
  const { ca } = await pki.open()
  const request = await pki.readCsr(csr(...P256))
  if (request === undefined) throw new Error('the request was refused')
  const made = await pki.sign(request, GATEWAY)
  const certificate = new X509Certificate(made.certificatePem)
  expect(certificate.subject).toBe(`CN=${GATEWAY}`)
  expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  expect(certificate.ca).toBe(false)
  expect(Math.round((Date.parse(certificate.validTo) - Date.now()) / DAY)).toBe(90)
  expect(BigInt(`0x${made.serial}`)).toBe(BigInt(`0x${certificate.serialNumber}`))
})

test('OpenSSL accepts the chain', async () => {
  const pki = service()
  const { ca } = await pki.open()
  const request = await pki.readCsr(csr(...P256))
  if (request === undefined) throw new Error('the request was refused')
  writeFileSync(join(folder, 'ca.pem'), ca)
  writeFileSync(join(folder, 'gw.pem'), (await pki.sign(request, GATEWAY)).certificatePem)
  const verified = execFileSync(
    'openssl',
    ['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'gw.pem'],
    { cwd: folder, encoding: 'utf8' },
  )
  expect(verified).toContain('OK')
})

test('mutual TLS between our server certificate and a gateway certificate works', async () => {
  const pki = service()
  const identity = await pki.open()
  const request = await pki.readCsr(csr(...P256))
  if (request === undefined) throw new Error('the request was refused')
  const { certificatePem } = await pki.sign(request, GATEWAY)
  const name = await new Promise<string | undefined>((done, fail) => {
    const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: true }, (socket) => {
      done([socket.getPeerCertificate().subject.CN].flat()[0])
      socket.end()
      server.close()
    })
    server.on('tlsClientError', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const key = readFileSync(join(folder, 'gw.key'))
      connect({ port, host: '127.0.0.1', ca: identity.ca, key, cert: certificatePem }).on('error', fail).resume()
    })
  })
  expect(name).toBe(GATEWAY)
})

test.each([
  { name: 'an RSA key', make: () => csr('rsa:2048') },
  { name: 'another curve', make: () => csr('ec', '-pkeyopt', 'ec_paramgen_curve:P-384') },
  { name: 'no request at all', make: () => 'hello' },
  {
    name: 'a request with a broken signature',
    make: () => {
      const der = Buffer.from(csr(...P256).replaceAll(/-----.*-----|\s/g, ''), 'base64')
      const last = der.length - 1
      der[last] = (der[last] ?? 0) ^ 1
      return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    },
  },
])('a certificate request with $name is refused', async ({ make }) => {
  const pki = service()
  await pki.open()
  expect(await pki.readCsr(make())).toBeUndefined()
})
