/** DER tags of the few types that a certification request is made of (X.690). */
const TAG = { integer: 0x02, bits: 0x03, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31, attributes: 0xa0 } as const

/** 2.5.4.3 and 1.2.840.10045.4.3.2, encoded. */
const COMMON_NAME = [0x55, 0x04, 0x03]
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]

function der(tag: number, ...parts: readonly Iterable<number>[]): Uint8Array {
  const content = parts.flatMap((part) => [...part])
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([tag, ...size, ...content])
}

/** Pure. What an EC key signs to ask for a certificate (RFC 2986): version 0, the name, the public key as SPKI in DER. */
export function requestInfo(commonName: string, publicKey: Uint8Array): Uint8Array {
  const name = der(TAG.sequence, der(TAG.oid, COMMON_NAME), der(TAG.utf8, new TextEncoder().encode(commonName)))
  return der(TAG.sequence, der(TAG.integer, [0]), der(TAG.sequence, der(TAG.set, name)), publicKey, der(TAG.attributes))
}

/** Pure. The whole request, PEM. `signature`: ECDSA with SHA-256 over `info`, in DER. */
export function requestPem(info: Uint8Array, signature: Uint8Array): string {
  const algorithm = der(TAG.sequence, der(TAG.oid, ECDSA_WITH_SHA256))
  const request = der(TAG.sequence, info, algorithm, der(TAG.bits, [0], signature))
  const lines =
    Buffer.from(request)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n')
}
