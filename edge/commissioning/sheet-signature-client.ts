import { X509Certificate } from 'node:crypto'
import { CompactSign, importPKCS8 } from 'jose'
import { type CommissioningSheet, SHEET_TYP } from '#contract/commissioning.ts'
import type { Identity } from '../identity/identity.ts'

/** JWS compact, ES256, by the key that never left this gateway; its certificate stands in the header. */
export type SignSheet = (sheet: CommissioningSheet) => Promise<string>

/** Undefined for a gateway that signs in by password: it has no key of its own. */
export function createSheetSigner({ grant, keyPem }: Identity): SignSheet | undefined {
  if (grant.by !== 'certificate') return undefined
  const x5c = [new X509Certificate(grant.certificatePem).raw.toString('base64')]
  return async (sheet) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(sheet)))
      .setProtectedHeader({ alg: 'ES256', typ: SHEET_TYP, kid: grant.gatewayId, x5c })
      .sign(await importPKCS8(keyPem, 'ES256'))
}
