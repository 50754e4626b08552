import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { acceptOrder } from '../../edge/orders/order-acceptance.ts'
import { readOrder } from '../../edge/orders/order-signature.ts'
import { createSignerKeysStore } from '../../edge/orders/signer-keys-store.ts'
import { type Random, seededRandom } from './seeded-random.ts'

const OWN = {
  gatewayId: GatewayId.parse('gw-testtest1'),
  vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
}
const SEEN = 1000
const base64url = (value: string | object): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const orderIdOf = (seq: number): OrderId => OrderId.parse(`8d7f3c52-58a4-4f0a-9b1e-${String(seq).padStart(12, '0')}`)
const claimsOf = (seq: number, change: object = {}): object => ({
  orderId: orderIdOf(seq),
  seq: OrderSeq.parse(seq),
  aud: OWN.gatewayId,
  vehicleId: OWN.vehicleId,
  action: 'block',
  reasons: ['theft'],
  iat: epochMs(1_795_000_000_000),
  notAfter: epochMs(1_795_000_900_000),
  by: 'user:attacker',
  ...change,
})

/** What an attacker who owns the broker can put on `down/order`: everything but the signer's key. */
export function createForger(seed: number) {
  const random = seededRandom(seed, 'forger')
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  const genuine = generateKeyPairSync('ed25519')
  const x = String(genuine.publicKey.export({ format: 'jwk' }).x)
  const pinned = SignerKey.parse({ kty: 'OKP', crv: 'Ed25519', x, kid: 'signer-1' })
  const HEADER = { alg: 'EdDSA', kid: pinned.kid }
  const jwsBy = (key: KeyObject, header: string, payload: string): string => {
    const signed = `${header}.${payload}`
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
  }
  const real = (claims: string | object, header: object = HEADER): string =>
    jwsBy(genuine.privateKey, base64url(header), base64url(claims))

  // What went over the broker before, and what it carried for others: genuine, and all of it in the attacker's hands.
  const replayed = Array.from({ length: 60 }, (_, index) => real(claimsOf(SEEN - index)))
  const foreign = Array.from({ length: 30 }, (_, index) => real(claimsOf(5000 + index, { aud: 'gw-someoneelse' })))
  const otherCar = Array.from({ length: 10 }, (_, index) =>
    real(claimsOf(6000 + index, { vehicleId: '00000000-0000-4000-8000-000000000001' })),
  )
  const otherDocuments = [
    real({ version: 7, gatewayId: OWN.gatewayId }, { ...HEADER, typ: 'kordon-configuration' }),
    real('block!'),
    real({ ...claimsOf(7000), force: true }),
    real([claimsOf(7001)]),
  ]
  const captured = [...replayed, ...foreign, ...otherCar, ...otherDocuments]
  // The one that the attacker would love to change: newer than all, ours, on the air right now.
  const fresh = real(claimsOf(SEEN + 1))
  const strangers = Array.from({ length: 4 }, () => generateKeyPairSync('ed25519').privateKey)
  const wanted = Array.from({ length: 200 }, (_, index) =>
    jwsBy(
      pick(strangers),
      base64url(pick([HEADER, { alg: 'EdDSA' }, { alg: 'Ed25519', kid: 'other' }])),
      base64url(claimsOf(SEEN + 2 + index)),
    ),
  )
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x }
  const ownJwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: pinned.kid }
  const HEADERS: readonly string[] = [
    base64url({ alg: 'none' }),
    base64url({ alg: 'NONE', kid: pinned.kid }),
    base64url({ alg: 'ES256', kid: pinned.kid }),
    base64url({ ...HEADER, jwk: ownJwk }),
    base64url({ ...HEADER, x5c: ['MIIB'] }),
    base64url({ ...HEADER, crit: ['b64'], b64: false }),
    base64url({ ...HEADER, zip: 'DEF' }),
    base64url('{"alg":"EdDSA","alg":"none","kid":"signer-1"}'),
    base64url('{"alg":"none","alg":"EdDSA","kid":"signer-1"}'),
    base64url('{"__proto__":{"alg":"EdDSA"},"kid":"signer-1"}'),
    base64url({ ...HEADER, typ: 'kordon-configuration' }),
    base64url({ ...HEADER, kid: 'constructor' }),
    base64url('null'),
  ]
  const SECRETS = [
    x,
    JSON.stringify(publicJwk),
    genuine.publicKey.export({ format: 'pem', type: 'spki' }),
    '',
    Buffer.from(x, 'base64url'),
  ]

  const flipped = (bytes: Buffer): Buffer => {
    const at = Math.floor(random() * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return bytes
  }
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const relettered = (text: string): string => {
    const at = Math.floor(random() * text.length)
    const letter = pick([...LETTERS].filter((candidate) => candidate !== text[at]))
    return `${text.slice(0, at)}${letter}${text.slice(at + 1)}`
  }
  const partsOf = (jws: string): readonly [string, string, string] => {
    const [header = '', payload = '', tail = ''] = jws.split('.')
    return [header, payload, tail]
  }
  const [freshHeader, freshPayload, freshTail] = partsOf(fresh)
  const macOf = (signed: string): string => createHmac('sha512', pick(SECRETS)).update(signed).digest('base64url')

  const KINDS: Readonly<Record<string, () => Uint8Array | string>> = {
    'random bytes': () => Uint8Array.from({ length: Math.floor(random() * 300) }, () => random() * 256),
    'a flipped bit of the newest order': () => flipped(Buffer.from(fresh)),
    'another letter in its claims': () => `${freshHeader}.${relettered(freshPayload)}.${freshTail}`,
    'another letter in its signature': () => `${freshHeader}.${freshPayload}.${relettered(freshTail)}`,
    'another letter in its header': () => `${relettered(freshHeader)}.${freshPayload}.${freshTail}`,
    'cut short': () => fresh.slice(0, Math.floor(random() * (fresh.length - 1))),
    'made longer': () => `${fresh}${pick(['A', '.', '=', '\n', '\0', `.${freshTail}`, `\n${fresh}`])}`,
    'parts of different orders': () => {
      const [one, two, three] = [partsOf(pick(captured)), partsOf(pick(captured)), partsOf(fresh)]
      return pick([
        `${three[0]}.${three[1]}.${one[2]}`,
        `${one[0]}.${two[1]}.${three[2]}`,
        `${three[0]}.${base64url(claimsOf(SEEN + 9))}.${three[2]}`,
      ])
    },
    'a header of my own': () => `${pick(HEADERS)}.${freshPayload}.${pick([freshTail, '', 'A'.repeat(86)])}`,
    'HS256 by the public key': () => {
      const signed = `${base64url({ alg: pick(['HS256', 'HS512']), kid: pinned.kid })}.${base64url(claimsOf(SEEN + 3))}`
      return `${signed}.${macOf(signed)}`
    },
    'signed by a stranger': () => pick(wanted),
    'an order of before': () => pick(replayed),
    'an order for somebody else': () => pick(foreign),
    'an order for another vehicle': () => pick(otherCar),
    'another signed document': () => pick(otherDocuments),
    'unsigned claims': () => JSON.stringify(claimsOf(SEEN + 4 + Math.floor(random() * 1e6))),
    'the JSON serialisation of JWS': () =>
      JSON.stringify({ payload: freshPayload, signatures: [{ protected: freshHeader, signature: freshTail }] }),
    'too large': () => `${freshHeader}.${'A'.repeat(16_400)}.${freshTail}`,
  }
  const names = Object.keys(KINDS)
  // Those that reach the curve cost a hundred times the others: one of theirs to four of the others.
  const COSTLY = /letter in its|flipped|parts of|header of my own|stranger|order (of|for)|another signed/
  const drawn = names.flatMap((name) => Array.from({ length: COSTLY.test(name) ? 1 : 4 }, () => name))
  return {
    kinds: names,
    fresh,
    keys: [pinned],
    /** The next envelope and what it tries. */
    next: (): { readonly kind: string; readonly payload: Uint8Array } => {
      const kind = pick(drawn)
      const made = KINDS[kind]?.() ?? ''
      return { kind, payload: typeof made === 'string' ? new TextEncoder().encode(made) : made }
    },
    random: random as Random,
  }
}

export type Forger = ReturnType<typeof createForger>

/** Gives envelopes to the gateway's own checks: how many of each kind came, and which became new orders. */
export async function bombard(forger: Forger, count: number) {
  const { verify } = createSignerKeysStore(forger.keys)
  const known = new Set(Array.from({ length: 64 }, (_, index) => orderIdOf(SEEN - index)))
  const memory = { highestSeq: SEEN, timeFloor: epochMs(1_794_999_000_000) }
  const tried = new Map<string, number>()
  const accepted: string[] = []
  const isNew = async (payload: Uint8Array): Promise<boolean> => {
    const read = await readOrder(payload, verify)
    return read.ok && acceptOrder(Order.parse(read.order), OWN, memory, (id) => known.has(id)).acceptance === 'new'
  }
  for (let index = 0; index < count; index += 1) {
    const { kind, payload } = forger.next()
    tried.set(kind, (tried.get(kind) ?? 0) + 1)
    if (await isNew(payload)) accepted.push(`${kind}: ${Buffer.from(payload).toString('latin1').slice(0, 400)}`)
  }
  return { tried, accepted, genuine: await isNew(new TextEncoder().encode(forger.fresh)) }
}
