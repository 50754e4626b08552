import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import { CONFIGURATION_TYP } from '#contract/configuration.ts'
import type { SignerKey } from '#contract/provisioning.ts'
import type { VerifyJws } from './order-signature.ts'

/** What a signed document's header may say. Anything more asks for a treatment that we do not give: it is refused. */
const Header = z.strictObject({
  alg: z.enum(['EdDSA', 'Ed25519']),
  kid: z.string().exactOptional(),
  typ: z.string().exactOptional(),
})

/** `header.payload.signature`, the signature of 64 bytes in 86 characters. */
const COMPACT = /^([A-Za-z0-9_-]{2,1024})\.([A-Za-z0-9_-]{2,})\.([A-Za-z0-9_-]{86})$/

/**
 * The signer keys given at provisioning, as a verifier. Only EdDSA by one of these keys passes; the header's `kid` may
 * choose among them and cannot bring a key or an algorithm of its own. What does not look like such a document is
 * turned away before any arithmetic on curves, so that a flood costs little. `typ` keeps the two kinds of document apart:
 * what is signed as a configuration is no order, and only what is signed as one is a configuration.
 */
export function createSignerKeysStore(pinned: readonly SignerKey[]): {
  readonly verify: VerifyJws
  readonly verifyConfiguration: VerifyJws
} {
  const keys = pinned.map(({ kid, kty, crv, x }) => ({
    kid,
    key: createPublicKey({ key: { kty, crv, x }, format: 'jwk' }),
  }))
  const verifyAs =
    (kind: 'order' | 'configuration'): VerifyJws =>
    async (jws) => {
      const [, header = '', payload = '', tail = ''] = COMPACT.exec(jws) ?? []
      const said = headerIn(header)
      const signature = Buffer.from(tail, 'base64url')
      // 86 characters hold four bits more than 64 bytes: one signature, one spelling.
      if (said === undefined || signature.toString('base64url') !== tail) return undefined
      if ((said.typ === CONFIGURATION_TYP) !== (kind === 'configuration')) return undefined
      const signed = Buffer.from(`${header}.${payload}`)
      const isOurs = ({ kid, key }: { readonly kid: string; readonly key: KeyObject }): boolean =>
        (said.kid === undefined || said.kid === kid) && verify(null, signed, key, signature)
      return keys.some(isOurs) ? new Uint8Array(Buffer.from(payload, 'base64url')) : undefined
    }
  return { verify: verifyAs('order'), verifyConfiguration: verifyAs('configuration') }
}

function headerIn(text: string): z.infer<typeof Header> | undefined {
  try {
    return Header.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
