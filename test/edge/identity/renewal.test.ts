import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createPkiService } from '../../../cloud/pki/pki-service.ts'
import { createRenewalReader } from '../../../cloud/pki/report-proof-client.ts'
import { createRenewal } from '../../../edge/identity/app.ts'
import type { Identity } from '../../../edge/identity/identity.ts'
import { createIdentityStore } from '../../../edge/identity/identity-store.ts'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'
import { renewalRequest } from '../../../edge/identity/renewal-client.ts'
import { isDue } from '../../../edge/identity/renewal-loop.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const DAY = 86_400_000
const GATEWAY = GatewayId.parse('gw-abcdefgh')
const clock = createManualClock(Date.UTC(2026, 10, 1))
const files = new Map<string, string>()
const pki = createPkiService({
  store: { read: (name) => files.get(name), write: (name, text) => void files.set(name, text) },
  hosts: [],
  clock,
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
})
let ca = ''
const dir = mkdtempSync(join(tmpdir(), 'kordon-renewal-'))
beforeAll(async () => {
  ca = (await pki.open()).ca
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const grantFor = async (csrPem: string): Promise<string> => {
  const csr = await pki.readCsr(csrPem)
  if (csr === undefined) throw new Error('unreadable')
  return (await pki.sign(csr, GATEWAY)).certificatePem
}
async function claimed(): Promise<Identity> {
  const { keyPem, csrPem } = await createGatewayKey()
  return {
    schema: 'kordon-identity/1',
    keyPem,
    grant: {
      by: 'certificate',
      gatewayId: GATEWAY,
      vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
      signerKeys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k' }],
      caPem: ca,
      certificatePem: await grantFor(csrPem),
      brokerUrl: 'mqtts://127.0.0.1:8883',
    },
  }
}

test.each([
  { days: 1, due: false },
  { days: 59, due: false },
  { days: 61, due: true },
  { days: 89, due: true },
  { days: 91, due: false },
])('a certificate of 90 days is renewed after $days days: $due', async ({ days, due }) => {
  expect(isDue(await claimed(), clock.now() + days * DAY)).toBe(due)
})

test('it asks with the present key for a next one, keeps both on disk together, and goes on with them', async () => {
  const read = createRenewalReader(() => ca)
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (text) => (body += text))
    request.on('end', async () => {
      const asked = read(JSON.parse(body).request, clock.now())
      if (asked === undefined) return response.writeHead(403).end('{}')
      response.end(JSON.stringify({ certificatePem: await grantFor(asked.csrPem), caPem: ca }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(() => server.close())
  const address = server.address()
  const cloudUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  let current = await claimed()
  const first = current
  const renewed = new Promise<void>((done) => {
    const stop = new AbortController()
    closing.push(() => stop.abort())
    const run = createRenewal(
      { dir, cloudUrl },
      () => current,
      (next) => {
        current = next
        done()
      },
      { clock, log: silentLog },
    )
    void clock.advance(65 * DAY).then(() => run(stop.signal))
  })
  await renewed
  expect(current.keyPem).not.toBe(first.keyPem)
  const kept = createIdentityStore(dir).load()
  expect(kept).toEqual({ ...current, cloud: { cloudUrl } })
  if (current.grant.by !== 'certificate') throw new Error('expected a certificate')
  const certificate = new X509Certificate(current.grant.certificatePem)
  expect(certificate.subject).toBe(`CN=${GATEWAY}`)
  expect(certificate.publicKey.equals(createPublicKey(current.keyPem))).toBe(true)
  expect(certificate.validToDate.getTime()).toBeGreaterThan(clock.now() + 89 * DAY)
})

test('nobody else’s word renews: another name inside, another key, another kind of document, a certificate that has ended', async () => {
  const read = createRenewalReader(() => ca)
  const [own, other] = [await claimed(), await claimed()]
  const { csrPem } = await createGatewayKey()
  const genuine = renewalRequest(own, csrPem)
  const now = clock.now()
  expect(read(genuine, now)).toMatchObject({ gateway: GATEWAY, csrPem })
  const [header = '', payload = '', signature = ''] = genuine.split('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const head = JSON.parse(Buffer.from(header, 'base64url').toString())
  for (const forged of [
    `${header}.${part({ ...claims, gatewayId: 'gw-zzzzzzzz' })}.${signature}`,
    `${header}.${part({ ...claims, csrPem: 'mine' })}.${signature}`,
    `${part({ ...head, typ: 'kordon-commissioning' })}.${payload}.${signature}`,
    renewalRequest({ ...own, keyPem: other.keyPem }, csrPem),
    'x.y.z',
    '',
  ])
    expect(read(forged, now)).toBeUndefined()
  expect(read(genuine, epochMs(now + 91 * DAY))).toBeUndefined()
})
