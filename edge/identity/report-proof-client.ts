import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { type ProvenReport, provenText } from '#contract/order.ts'
import type { Identity } from './identity.ts'

/** Signs reports with the gateway's own key; undefined where it has none (sign-in by password). */
export type ProveReport = (report: ProvenReport) => string | undefined

/**
 * The prover of this identity. ES256 as a detached JWS; the certificate goes along in `x5c` (RFC 7515 §4.1.6), so that a
 * proof can be checked years later with nothing but the authority's certificate.
 */
export function createReportProver({ grant, keyPem }: Identity): ProveReport {
  if (grant.by === 'password' || keyPem === '') return () => undefined
  const key = createPrivateKey(keyPem)
  const certificate = new X509Certificate(grant.certificatePem).raw.toString('base64')
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', x5c: [certificate] })).toString('base64url')
  return (report) => {
    const payload = Buffer.from(provenText(report)).toString('base64url')
    const signature = sign('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' })
    return `${header}..${signature.toString('base64url')}`
  }
}
