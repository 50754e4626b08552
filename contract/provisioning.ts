import { z } from 'zod'
import { GatewayId, VehicleId } from './ids.ts'

/** Public Ed25519 key (RFC 8037) that signs orders; a gateway accepts only keys it was given at provisioning. */
export const SignerKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA').exactOptional(),
  use: z.literal('sig').exactOptional(),
})
export type SignerKey = z.infer<typeof SignerKey>

/** One use, ten minutes; shown as text and QR. Letters that are easily confused are left out. */
export const ClaimCode = z
  .string()
  .regex(/^[A-HJ-NP-Z2-9]{8}$/, 'a claim code is 8 characters of A-Z (no I, O) and 2-9')
export type ClaimCode = z.infer<typeof ClaimCode>

/** `POST /api/gateways/claim`. Without a CSR the gateway gets a password that works on the loopback listener only. */
export const ClaimRequest = z.strictObject({ code: ClaimCode, csrPem: z.string().max(8192).exactOptional() })
export type ClaimRequest = z.infer<typeof ClaimRequest>

/** 160 random bits (RFC 4226 §4, R6), base64url: what one-time codes of this gateway are made from. */
export const UnlockSecret = z.string().regex(/^[A-Za-z0-9_-]{27}$/, 'an unlock secret is 20 bytes in base64url')
export type UnlockSecret = z.infer<typeof UnlockSecret>

const granted = {
  gatewayId: GatewayId,
  vehicleId: VehicleId,
  signerKeys: z.array(SignerKey).min(1),
  caPem: z.string(),
  /** Absent in a grant from before there were one-time codes: claim again to get it. */
  unlockSecret: UnlockSecret.exactOptional(),
}

export const ClaimGrant = z.discriminatedUnion('by', [
  z.strictObject({ ...granted, by: z.literal('certificate'), certificatePem: z.string(), brokerUrl: z.string() }),
  z.strictObject({ ...granted, by: z.literal('password'), password: z.string(), brokerUrl: z.string() }),
])
export type ClaimGrant = z.infer<typeof ClaimGrant>

/** `typ` in the header of a request for a next certificate: ES256 by the gateway's present key, its certificate in `x5c`. */
export const RENEWAL_TYP = 'kordon-renewal'

/** Claims of that request. A copy of it is worth nothing: the certificate it gives fits a key that never left the gateway. */
export const Renewal = z.strictObject({ gatewayId: GatewayId, csrPem: z.string().max(8192) })
export type Renewal = z.infer<typeof Renewal>

/** `POST /api/gateways/renew`. */
export const RenewalRequest = z.strictObject({ request: z.string().max(32_768) })
export const RenewalGrant = z.strictObject({ certificatePem: z.string(), caPem: z.string() })
export type RenewalGrant = z.infer<typeof RenewalGrant>
