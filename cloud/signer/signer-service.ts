import { createPublicKey } from 'node:crypto'
import { CompactSign, calculateJwkThumbprint } from 'jose'
import type { OrderSeq } from '#contract/ids.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import type { SignerStore } from './signer-store.ts'

/** Claims of an order before the signer has numbered it. */
export type UnnumberedOrder = Order extends infer One ? (One extends Order ? Omit<One, 'seq'> : never) : never

export type SignedOrder = { readonly jws: string; readonly seq: OrderSeq }

/** The only holder of the signing key; shaped so that it can become a process of its own. */
export type Signer = {
  /**
   * JWS compact, EdDSA, of these claims with the next number of the gateway, above `above`. Asked again for the same
   * order id it answers the very same words, whatever the claims: an order is never two.
   */
  sign(claims: UnnumberedOrder, above: number): Promise<SignedOrder>
  /** Public keys that gateways pin when they are provisioned. */
  keys(): Promise<readonly SignerKey[]>
}

export function createSignerService(store: SignerStore): Signer {
  const x = String(createPublicKey(store.privateKey).export({ format: 'jwk' }).x)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x }
  const thumbprint = calculateJwkThumbprint(jwk)
  return {
    sign: async (unnumbered, above) => {
      const { seq, claims } = store.reserve({
        orderId: unnumbered.orderId,
        gatewayId: unnumbered.aud,
        above,
        claims: (next) => JSON.stringify(Order.parse({ ...unnumbered, seq: next })),
      })
      const jws = await new CompactSign(new TextEncoder().encode(claims))
        .setProtectedHeader({ alg: 'EdDSA', kid: await thumbprint })
        .sign(store.privateKey)
      return { jws, seq }
    },
    keys: async () => [SignerKey.parse({ ...jwk, kid: await thumbprint, alg: 'EdDSA', use: 'sig' })],
  }
}
