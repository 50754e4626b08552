import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { type CommissioningSheet, SHEET_TYP } from '#contract/commissioning.ts'
import type { Identity } from '../identity/identity.ts'

/** JWS compact, ES256, by the key that never left this gateway; its certificate stands in the header. */
export type SignSheet = (sheet: CommissioningSheet) => string

/** Undefined for a gateway that signs in by password: it has no key of its own. */
export function createSheetSigner({ grant, keyPem }: Identity): SignSheet | undefined {
  if (grant.by !== 'certificate' || keyPem === '') return undefined
  const key = createPrivateKey(keyPem)
  const x5c = [new X509Certificate(grant.certificatePem).raw.toString('base64')]
  const header = base64url({ alg: 'ES256', typ: SHEET_TYP, kid: grant.gatewayId, x5c })
  return (sheet) => {
    const signed = `${header}.${base64url(sheet)}`
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
    return `${signed}.${signature.toString('base64url')}`
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
