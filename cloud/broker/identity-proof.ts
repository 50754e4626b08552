import type { Credentials, Phones } from './broker.ts'
import { gatewayNamed, type Identity, isClientId } from './topic-access.ts'

/** What a client says of itself, and what TLS proved about it. */
export type Claim = {
  readonly clientId: string
  readonly username: string | undefined
  readonly password: string
  /** The CN of a certificate our own authority issued; undefined on the password listener. */
  readonly certificateName: string | undefined
  /** Its number, hex. */
  readonly certificateSerial?: string | undefined
  readonly by: 'certificate' | 'password'
}
export type Keys = { readonly credentials: Credentials; readonly phones?: Phones }

/**
 * Who is this? Client id = user name = certificate CN for a gateway; a phone is its user name. Undefined: nobody we know.
 * Rejects when the credentials cannot be checked now.
 */
export async function proveIdentity(claim: Claim, keys: Keys): Promise<Identity | undefined> {
  const gateway = gatewayNamed(claim.clientId)
  if (claim.by === 'certificate') {
    if (gateway === undefined || claim.certificateName !== gateway || keys.credentials.isRevoked(gateway))
      return undefined
    if (!keys.credentials.certificateCounts(gateway, claim.certificateSerial?.toLowerCase() ?? '')) return undefined
    return claim.username === undefined || claim.username === gateway ? { kind: 'gateway', gateway } : undefined
  }
  if (gateway !== undefined) {
    if (claim.username !== gateway || keys.credentials.isRevoked(gateway)) return undefined
    return (await keys.credentials.checkPassword(gateway, claim.password)) ? { kind: 'gateway', gateway } : undefined
  }
  const user = claim.username
  if (user === undefined || !isClientId(user) || gatewayNamed(user) !== undefined) return undefined
  return (await keys.phones?.checkPassword(user, claim.password)) === true ? { kind: 'phone', user } : undefined
}
