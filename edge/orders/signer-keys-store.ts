import { compactVerify, importJWK } from 'jose'
import type { SignerKey } from '#contract/provisioning.ts'
import type { VerifyJws } from './order-signature.ts'

type ImportedKey = Awaited<ReturnType<typeof importJWK>>

/**
 * The signer keys given at provisioning, as a verifier. Only EdDSA by one of these keys passes; the header's `kid` may
 * choose among them and cannot bring a key or an algorithm of its own.
 */
export function createSignerKeysStore(pinned: readonly SignerKey[]): { readonly verify: VerifyJws } {
  const imported = new Map<string, Promise<ImportedKey>>()
  const keyOf = (jwk: SignerKey): Promise<ImportedKey> => {
    const known = imported.get(jwk.kid) ?? Promise.resolve(importJWK({ ...jwk }, 'EdDSA'))
    imported.set(jwk.kid, known)
    return known
  }
  const verifyWith = async (jws: string, jwk: SignerKey): Promise<Uint8Array | undefined> => {
    try {
      const key = await keyOf(jwk)
      const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['EdDSA', 'Ed25519'] })
      return protectedHeader.kid === undefined || protectedHeader.kid === jwk.kid ? payload : undefined
    } catch {
      return undefined
    }
  }
  return {
    verify: async (jws) => {
      for (const jwk of pinned) {
        const payload = await verifyWith(jws, jwk)
        if (payload !== undefined) return payload
      }
      return undefined
    },
  }
}
