import { verify, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { CommissioningSheet, SHEET_TYP } from '#contract/commissioning.ts'
import { GatewayId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { type ProvenReport, provenText } from '#contract/order.ts'
import { RENEWAL_TYP, Renewal } from '#contract/provisioning.ts'
import type { ProofWord } from './report-proof.ts'

const Header = z.strictObject({
  alg: z.literal('ES256'),
  x5c: z.tuple([z.base64()]),
  typ: z.string().exactOptional(),
  kid: z.string().exactOptional(),
})

/** Checks the signature of a report that reached us at `receivedAt` from this gateway. */
export type CheckProof = (gateway: GatewayId, report: ProvenReport, receivedAt: EpochMs) => ProofWord

/** Only ES256 by a certificate of `authority` whose name is the gateway's; nothing in the header is believed without it. */
export function createProofCheck(authority: () => string): CheckProof {
  return (gateway, report, receivedAt) => {
    if (report.proof === undefined) return 'unsigned'
    const [header = '', , signature = ''] = report.proof.split('.')
    const certificate = certificateIn(header)
    if (certificate === undefined || !isIssued(certificate, authority(), gateway, receivedAt)) return 'foreign'
    const signed = Buffer.from(`${header}.${Buffer.from(provenText(report)).toString('base64url')}`)
    const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const
    return verify('sha256', signed, key, Buffer.from(signature, 'base64url')) ? 'verified' : 'false'
  }
}

/** Reads a commissioning sheet that this very gateway signed; undefined for any other. */
export type ReadSheet = (gateway: GatewayId, sheet: string, receivedAt: EpochMs) => CommissioningSheet | undefined

/** The same proof for a whole JWS, which says in its header that it is a sheet. */
export function createSheetReader(authority: () => string): ReadSheet {
  return (gateway, sheet, receivedAt) => {
    const said = signedBy(authority(), sheet, SHEET_TYP, receivedAt)
    const claims = CommissioningSheet.safeParse(said?.claims).data
    return said?.gateway === gateway && claims?.gatewayId === gateway ? claims : undefined
  }
}

/** Reads a request for a next certificate, signed by the key of a certificate of ours; undefined for any other. */
export type ReadRenewal = (
  request: string,
  receivedAt: EpochMs,
) => { readonly gateway: GatewayId; readonly serial: string; readonly csrPem: string } | undefined

export function createRenewalReader(authority: () => string): ReadRenewal {
  return (request, receivedAt) => {
    const said = signedBy(authority(), request, RENEWAL_TYP, receivedAt)
    const claims = Renewal.safeParse(said?.claims).data
    if (said === undefined || claims === undefined || said.gateway !== claims.gatewayId) return undefined
    return { gateway: claims.gatewayId, serial: said.serial, csrPem: claims.csrPem }
  }
}

/** The claims of a JWS of this kind, and whose valid certificate of ours signed them. */
function signedBy(authorityPem: string, jws: string, typ: string, at: EpochMs) {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const certificate = certificateIn(header)
  if (certificate === undefined || headerIn(header)?.typ !== typ) return undefined
  const gateway = GatewayId.safeParse(certificate.subject.replace(/^CN=/, '')).data
  if (gateway === undefined || !isIssued(certificate, authorityPem, gateway, at)) return undefined
  const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) return undefined
  return { gateway, serial: certificate.serialNumber.toLowerCase(), claims: parsed(payload) }
}

function parsed(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const headerIn = (header: string) => Header.safeParse(parsed(header)).data

function certificateIn(header: string): X509Certificate | undefined {
  try {
    const { x5c } = Header.parse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')))
    return new X509Certificate(Buffer.from(x5c[0], 'base64'))
  } catch {
    return undefined
  }
}

function isIssued(certificate: X509Certificate, authorityPem: string, gateway: GatewayId, at: EpochMs): boolean {
  const issued = certificate.verify(new X509Certificate(authorityPem).publicKey)
  const named = certificate.subject === `CN=${gateway}`
  const curve = certificate.publicKey.asymmetricKeyDetails?.namedCurve
  const valid = certificate.validFromDate.getTime() <= at && at <= certificate.validToDate.getTime()
  return issued && named && curve === 'prime256v1' && valid
}
