import { createHash, createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCompactBatch, parseCompactBatch } from '#contract/compact-batch.ts'
import { GatewayId, Seq, StreamId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import { isProvenReport, OrderReport, type ProvenReport, provenText } from '#contract/order.ts'
import { createPkiService } from '../../../cloud/pki/pki-service.ts'
import { createPkiStore } from '../../../cloud/pki/pki-store.ts'
import { type CheckProof, createProofCheck } from '../../../cloud/pki/report-proof-client.ts'
import type { Identity } from '../../../edge/identity/identity.ts'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'
import { createReportProver, type ProveReport } from '../../../edge/identity/report-proof-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const [OWN, OTHER] = [GatewayId.parse('gw-testtest1'), GatewayId.parse('gw-testtest2')]
const clock = createManualClock()
const report = OrderReport.parse({
  kind: 'report',
  orderId: '8d7f3c52-58a4-4f0a-9b1e-000000000001',
  orderSeq: 7,
  relay: 'open',
  evidence: { speedKmh: 0.1, ignition: false, ignitionOffForMs: 90_000, drive: 'blocked', software: 'test' },
  at: clock.now(),
  lastMinute: Array.from({ length: 62 }, (_, index) => ({
    ageMs: 61_000 - index * 1000,
    speedKmh: index / 10,
    ignition: false,
    motion: false,
    fromFirstM: 12_345.6,
  })),
  state: 'verified',
})

const folder = mkdtempSync(join(tmpdir(), 'kordon-proof-'))
const base64url = (value: string | object) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

describe('a report and its signature', async () => {
  const house = async (name: string) => {
    const world = { clock, randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }
    const pki = createPkiService({ ...world, store: createPkiStore(join(folder, name)), hosts: [] })
    const { ca } = await pki.open()
    return { pki, ca }
  }
  const identityOf = async ({ pki, ca }: Awaited<ReturnType<typeof house>>, gateway: GatewayId): Promise<Identity> => {
    const key = await createGatewayKey()
    const csr = await pki.readCsr(key.csrPem)
    if (csr === undefined) throw new Error('no request')
    const { certificatePem } = await pki.sign(csr, gateway)
    const grant = {
      by: 'certificate',
      gatewayId: gateway,
      vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11',
      signerKeys: [],
      caPem: ca,
      brokerUrl: 'mqtts://127.0.0.1:8883',
      certificatePem,
    }
    return { schema: 'kordon-identity/1', grant, keyPem: key.keyPem } as unknown as Identity
  }
  let check: CheckProof
  let own: Identity
  let prove: ProveReport
  let other: Identity
  let stranger: Identity
  const proven = (by: ProveReport, said = report): ProvenReport => {
    if (!isProvenReport(said)) throw new Error('not a final report')
    const proof = by(said)
    return proof === undefined ? said : { ...said, proof }
  }

  beforeAll(async () => {
    const [ours, theirs] = [await house('ours'), await house('theirs')]
    own = await identityOf(ours, OWN)
    other = await identityOf(ours, OTHER)
    stranger = await identityOf(theirs, OWN)
    prove = createReportProver(own)
    check = createProofCheck(() => ours.ca)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('it holds after the journey as JSON and in the compact encoding, and stays small', () => {
    const sent = proven(prove)
    expect(OrderReport.safeParse(sent).success).toBe(true)
    const json = JSON.parse(JSON.stringify(sent))
    expect(check(OWN, OrderReport.parse(json) as ProvenReport, clock.now())).toBe('verified')
    const bytes = encodeCompactBatch(
      StreamId.parse('00112233-4455-4677-8899-aabbccddeeff'),
      Seq.parse(1),
      Array.from({ length: 8 }, () => sent),
    )
    const batch = parseCompactBatch(bytes)
    const items = batch.ok ? batch.items : []
    expect(items.length).toBe(8)
    for (const item of items)
      expect('record' in item && check(OWN, item.record as ProvenReport, clock.now())).toBe('verified')
    expect(JSON.stringify(sent).length).toBeLessThan(8000)
  })

  test('the order of the keys means nothing', () => {
    const sent = proven(prove)
    const turned = Object.fromEntries(Object.entries(sent).toReversed()) as unknown as ProvenReport
    expect(check(OWN, turned, clock.now())).toBe('verified')
  })

  test.each<[string, (sent: ProvenReport) => object]>([
    ['another relay', (sent) => ({ ...sent, relay: 'closed' })],
    ['another order', (sent) => ({ ...sent, orderId: '8d7f3c52-58a4-4f0a-9b1e-000000000002' })],
    ['another number', (sent) => ({ ...sent, orderSeq: 8 })],
    ['another moment', (sent) => ({ ...sent, at: sent.at + 1 })],
    ['another state', (sent) => ({ ...sent, state: 'failed', reason: 'relay-fault' })],
    ['calmer evidence', (sent) => ({ ...sent, evidence: { ...sent.evidence, speedKmh: 0 } })],
    ['a calmer minute', (sent) => ({ ...sent, lastMinute: sent.lastMinute?.slice(1) })],
    ['a flipped bit of the signature', (sent) => ({ ...sent, proof: flipped(String(sent.proof)) })],
  ])('%s: the signature does not fit', (_, change) => {
    const changed = OrderReport.parse(change(proven(prove))) as ProvenReport
    expect(check(OWN, changed, clock.now())).toBe('false')
  })

  test.each<[string, () => string | undefined, string]>([
    ['none came', () => undefined, 'unsigned'],
    ['of another gateway of ours', () => createReportProver(other)(report as ProvenReport), 'foreign'],
    ['of another installation, in our name', () => createReportProver(stranger)(report as ProvenReport), 'foreign'],
    ['our certificate, another key', () => forged({ alg: 'ES256', x5c: [certificateOf(own)] }), 'false'],
    ['another algorithm', () => forged({ alg: 'none', x5c: [certificateOf(own)] }), 'foreign'],
    ['HS256 with the public key as secret', () => confused(), 'foreign'],
    [
      'a header with more in it',
      () => forged({ alg: 'ES256', crit: ['b64'], b64: false, x5c: [certificateOf(own)] }),
      'foreign',
    ],
    ['no certificate', () => forged({ alg: 'ES256' }), 'foreign'],
    ['a header that is no JSON', () => `${base64url('abc')}..${'A'.repeat(86)}`, 'foreign'],
  ])('a signature that is not ours: %s', (_, make, expected) => {
    const proof = make()
    const said = (proof === undefined ? report : { ...report, proof }) as ProvenReport
    expect(check(OWN, said, clock.now())).toBe(expected)
  })

  test('a certificate whose time is over proves nothing new', () => {
    expect(check(OWN, proven(prove), later(clock.now(), 91 * 86_400_000))).toBe('foreign')
  })

  test('a gateway that signs in by password has no key to sign with', () => {
    const password = {
      ...own,
      keyPem: '',
      grant: { ...own.grant, by: 'password', password: 'x' },
    } as unknown as Identity
    expect(createReportProver(password)(report as ProvenReport)).toBeUndefined()
  })

  const flipped = (proof: string): string => `${proof.slice(0, -2)}${proof.at(-2) === 'A' ? 'B' : 'A'}${proof.at(-1)}`
  const certificateOf = ({ grant }: Identity): string =>
    grant.by === 'certificate' ? grant.certificatePem.replace(/-----[A-Z ]+-----/g, '').replaceAll('\n', '') : ''
  const forged = (header: object): string => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signer = createSign('sha256').update(`${base64url(header)}.${base64url(provenText(report as ProvenReport))}`)
    const signature = signer.sign({ key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${base64url(header)}..${signature.toString('base64url')}`
  }
  const confused = (): string => {
    const header = base64url({ alg: 'HS256', x5c: [certificateOf(own)] })
    const secret = createHash('sha256').update(certificateOf(own)).digest()
    const mac = createHmac('sha512', secret).update(`${header}.${base64url(provenText(report as ProvenReport))}`)
    return `${header}..${mac.digest('base64url').slice(0, 86)}`
  }
})

test('a report of a step on the way carries no proof', () => {
  const waiting = { ...report, state: 'waiting', reason: 'moving', proof: 'a..b' }
  expect(OrderReport.safeParse(waiting).success).toBe(false)
  expect(epochMs(report.at)).toBe(report.at)
})
