import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import type { Assertion, Registration } from '../factors/key-answer.ts'
import { type CborMap, readCbor } from './cbor.ts'
import type { NewPasskeyQuestion, PasskeyQuestion } from './signer-message.ts'

/** Under which name browsers know the console. */
type Party = { readonly id: string; readonly origins: readonly string[] }
type NewKey = { readonly credentialId: string; readonly publicKey: string; readonly counter: number }

export type PasskeyClient = ReturnType<typeof createPasskeyClient>

const ClientData = z.looseObject({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
})
const [PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED] = [0x01, 0x04, 0x08, 0x10, 0x40]
const SHORTEST_RSA = 2048
const ANSWER_WITHIN = 300_000
const named = (id: string) => ({ id, type: 'public-key' as const })

/**
 * Checks what passkeys answer (WebAuthn level 3, §7.1 and §7.2; no attestation). By Node's own cryptography and forty lines of
 * CBOR: the process that holds the signing key loads no parser of certificates and nothing that can open a connection.
 */
export function createPasskeyClient(party: Party) {
  const name = sha256(Buffer.from(party.id))

  const isOurs = (clientData: Buffer, type: string, challenge: string): boolean => {
    const said = ClientData.parse(JSON.parse(clientData.toString('utf8')))
    return (
      said.type === type &&
      said.challenge === challenge &&
      party.origins.includes(said.origin) &&
      said.crossOrigin !== true
    )
  }
  /** Made for this console, with the person present and recognised by the device; else undefined. */
  const dataOf = (bytes: Buffer) => {
    const flags = bytes.at(32) ?? 0
    const has = (flag: number): boolean => (flags & flag) !== 0
    if (bytes.length < 37 || !bytes.subarray(0, 32).equals(name)) return undefined
    if (!has(PRESENT) || !has(VERIFIED) || (has(BACKED_UP) && !has(ELIGIBLE))) return undefined
    return { counter: bytes.readUInt32BE(33), attested: has(ATTESTED) ? bytes.subarray(37) : undefined }
  }

  return {
    /** What a browser asks of one of these keys. */
    question: (challenge: string, keys: readonly string[]): PasskeyQuestion => ({
      challenge,
      rpId: party.id,
      allowCredentials: keys.map(named),
      userVerification: 'required',
      timeout: ANSWER_WITHIN,
    }),
    /**
     * What a browser is asked to make a key of. Its user is another one than that of the keys for signing in: a device
     * would put one in the other's place.
     */
    newQuestion: (
      challenge: string,
      who: { id: string; name: string },
      keys: readonly string[],
    ): NewPasskeyQuestion => ({
      challenge,
      rp: { id: party.id, name: 'Kordon' },
      user: {
        id: sha256(Buffer.from(`kordon signer ${who.id}`)).toString('base64url'),
        name: `${who.name} · Kordon signer`,
        displayName: `${who.name} · Kordon signer`,
      },
      pubKeyCredParams: KINDS.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: keys.map(named),
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
      attestation: 'none',
      timeout: ANSWER_WITHIN,
    }),

    /** Undefined when the answer is not one to this challenge, or is of a kind that is not taken. */
    registered: ({ id, response }: Registration, challenge: string): NewKey | undefined =>
      orUndefined(() => {
        if (!isOurs(bytesOf(response.clientDataJSON), 'webauthn.create', challenge)) return undefined
        const { value } = readCbor(bytesOf(response.attestationObject))
        const said = value instanceof Map ? value.get('authData') : undefined
        const data = said instanceof Uint8Array ? dataOf(Buffer.from(said)) : undefined
        if (data?.attested === undefined) return undefined
        const length = data.attested.readUInt16BE(16)
        const credentialId = data.attested.subarray(18, 18 + length).toString('base64url')
        const { value: cose } = readCbor(data.attested, 18 + length)
        if (length === 0 || credentialId !== id || !(cose instanceof Map)) return undefined
        const publicKey = keyOf(cose)?.export({ format: 'der', type: 'spki' }).toString('base64url')
        return publicKey === undefined ? undefined : { credentialId, publicKey, counter: data.counter }
      }),

    /** The key's counter; undefined when the answer is not this key's to this challenge. */
    answered: (
      { id, response }: Assertion,
      key: Pick<NewKey, 'credentialId' | 'publicKey'>,
      challenge: string,
    ): number | undefined =>
      orUndefined(() => {
        const clientData = bytesOf(response.clientDataJSON)
        const said = bytesOf(response.authenticatorData)
        const data = dataOf(said)
        if (id !== key.credentialId || data === undefined || !isOurs(clientData, 'webauthn.get', challenge))
          return undefined
        const opened = createPublicKey({ key: bytesOf(key.publicKey), format: 'der', type: 'spki' })
        const signed = Buffer.concat([said, sha256(clientData)])
        const digest = opened.asymmetricKeyType === 'ed25519' ? null : 'sha256'
        return verify(digest, signed, opened, bytesOf(response.signature)) ? data.counter : undefined
      }),
  }
}

/** By their numbers in COSE: ES256, EdDSA, RS256. */
const KINDS = [-7, -8, -257]

/** A COSE key (RFC 9053) of one of our kinds. */
function keyOf(cose: CborMap): KeyObject | undefined {
  const text = (label: number): string => {
    const value = cose.get(label)
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : ''
  }
  const jwk = ((): Record<string, string> | undefined => {
    switch (`${cose.get(1)} ${cose.get(3)}`) {
      case '2 -7':
        return cose.get(-1) === 1 ? { kty: 'EC', crv: 'P-256', x: text(-2), y: text(-3) } : undefined
      case '1 -8':
        return cose.get(-1) === 6 ? { kty: 'OKP', crv: 'Ed25519', x: text(-2) } : undefined
      case '3 -257':
        return { kty: 'RSA', n: text(-1), e: text(-2) }
      default:
        return undefined
    }
  })()
  if (jwk === undefined) return undefined
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return (key.asymmetricKeyDetails?.modulusLength ?? SHORTEST_RSA) < SHORTEST_RSA ? undefined : key
}

/** Words that cannot be read are no answer. */
function orUndefined<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
