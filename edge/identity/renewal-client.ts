import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { RENEWAL_TYP, RenewalGrant } from '#contract/provisioning.ts'
import type { Identity } from './identity.ts'

/**
 * Asks for a next certificate for a next key, on the word of the present one. Throws when the cloud cannot be reached, and
 * `ClaimRefused` when it refuses.
 */
export type AskRenewal = (identity: Identity, csrPem: string) => Promise<RenewalGrant>

/** `post` sends a body to the cloud's route of renewals and answers what came back as JSON. */
export function createRenewalClient(post: (body: object) => Promise<unknown>): AskRenewal {
  return async (identity, csrPem) => RenewalGrant.parse(await post({ request: renewalRequest(identity, csrPem) }))
}

/** The request as a JWS: ES256 by the present key, its certificate in `x5c`. */
export function renewalRequest({ grant, keyPem }: Identity, csrPem: string): string {
  if (grant.by === 'password') throw new Error('a gateway that signs in by password has no certificate to renew')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const certificate = new X509Certificate(grant.certificatePem).raw.toString('base64')
  const signed = `${part({ alg: 'ES256', typ: RENEWAL_TYP, x5c: [certificate] })}.${part({ gatewayId: grant.gatewayId, csrPem })}`
  const key = { key: createPrivateKey(keyPem), dsaEncoding: 'ieee-p1363' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}
