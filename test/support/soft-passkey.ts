import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What an attacker, or a broken device, answers in place of the right thing. */
export type Twist = {
  readonly type?: string
  readonly origin?: string
  readonly rpId?: string
  readonly flags?: number
  /** Where the key's counter stands in this answer; it counts on from there. */
  readonly counter?: number
}

/** A passkey in software: what a browser and its authenticator would answer (WebAuthn level 3, attestation none). */
export function createSoftPasskey(rpId: string, origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  let counter = 0
  const clientData = (type: string, challenge: string, from = origin) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: from, crossOrigin: false }))
  // User present, user verified, and for a new key its data attached.
  const authenticatorData = (flags: number, more: Uint8Array = new Uint8Array(), party = rpId) => {
    counter += 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([createHash('sha256').update(party).digest(), Buffer.of(flags), count, more])
  }
  const envelope = <Response extends object>(response: Response) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key' as const,
    clientExtensionResults: {},
    response,
  })
  return {
    register: (challenge: string, twist: Twist = {}) => {
      // COSE: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
      const cose = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, cose])
      const data = authenticatorData(twist.flags ?? 0x45, attested, twist.rpId)
      // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
        Buffer.of(0x58, data.length),
        data,
      ])
      return envelope({
        clientDataJSON: clientData(twist.type ?? 'webauthn.create', challenge, twist.origin).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      })
    },
    answer: (challenge: string, twist: Twist = {}) => {
      const client = clientData(twist.type ?? 'webauthn.get', challenge, twist.origin)
      if (twist.counter !== undefined) counter = twist.counter - 1
      const data = authenticatorData(twist.flags ?? 0x05, undefined, twist.rpId)
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
      return envelope({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      })
    },
  }
}
